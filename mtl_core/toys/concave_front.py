"""The concave front: two losses whose trade-off curve bends the wrong way for every sum of them.

Lin et al. 2019, Pareto multi-task learning, section 5.1; before it Fonseca & Fleming 1995.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import exp, sqrt

from mtl_core.toys.problems import Point, Row


@dataclass(frozen=True)
class ConcaveFront:
    """L_{1,2} = 1 − exp(−‖x ∓ 1/√n‖²) on R^n; each is 0 where the other is 1 − e⁻⁴.

    Attributes:
        size: n.
    """

    size: int = 20

    def at(self, point: Point) -> tuple[Row, list[Row]]:
        """L (2,) and J (2, n); ∇L_i = 2 (x ∓ 1/√n) exp(−‖x ∓ 1/√n‖²)."""
        losses, rows = [], []
        for centre in (1 / sqrt(self.size), -1 / sqrt(self.size)):
            away = [x - centre for x in point]
            bell = exp(-sum(step * step for step in away))
            losses.append(1 - bell)
            rows.append([2 * step * bell for step in away])
        return losses, rows

    def distance(self, point: Point) -> float:
        """How far x is from the Pareto set {s·(1, …, 1)/√n : −1 ≤ s ≤ 1}."""
        along = min(1.0, max(-1.0, sum(point) / sqrt(self.size)))
        return sqrt(sum((x - along / sqrt(self.size)) ** 2 for x in point))

    def front(self, count: int = 101) -> list[tuple[float, float]]:
        """(L1, L2) along it: (1 − e^{−(s−1)²}, 1 − e^{−(s+1)²}), s from −1 to 1."""
        places = [2 * i / (count - 1) - 1 for i in range(count)]
        return [(1 - exp(-((s - 1) ** 2)), 1 - exp(-((s + 1) ** 2))) for s in places]

    def start(self, seed: int) -> Row:
        """x0 ~ U(−½, ½)ⁿ."""
        draw = random.Random(seed)
        return [draw.uniform(-0.5, 0.5) for _ in range(self.size)]
