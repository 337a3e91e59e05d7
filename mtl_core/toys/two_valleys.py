"""The two-valley toy: two losses of a point in the plane, with a narrow valley each above one Pareto set.

Liu et al. 2021, Conflict-averse gradient descent for multi-task learning, section 5; also in Navon et al. 2022,
Multi-task learning as a bargaining game, and Liu et al. 2023, FAMO.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cosh, hypot, log, sinh, tanh

from mtl_core.toys.problems import Point, Row

LEAST = 5e-6
"""A valley's floor: below it the logarithm is cut off."""
WIDTH = 7.0
"""|x1| on the Pareto set, at most."""
NEWTON_STEPS = 20


@dataclass(frozen=True)
class TwoValleys:
    """L_i = c1·a_i + c2·q_i of x = (x1, x2).

    a1 = log max(|½(−x1−7) − tanh(−x2)|, 5e−6) + 6, a2 = log max(|½(−x1+3) + tanh(−x2) + 2|, 5e−6) + 6,
    c1 = max(tanh(x2/2), 0), c2 = max(tanh(−x2/2), 0), q_i = ((x1 ∓ 7)² + 0.1 (x2+8)²)/10 − 20.

    Attributes:
        scale: L1 is multiplied by it.
    """

    scale: float = 1.0

    def at(self, point: Point) -> tuple[Row, list[Row]]:
        """L (2,) and J (2, 2); at x2 = 0 the slope of each max is taken as 1: with 0 the start (0, 0) never moves."""
        x1, x2 = point
        lean, tilt = tanh(x2), tanh(x2 / 2)
        bend, slope = 1 - lean * lean, (1 - tilt * tilt) / 2
        upper, upper_slope = (tilt, slope) if x2 >= 0 else (0.0, 0.0)
        lower, lower_slope = (-tilt, -slope) if x2 <= 0 else (0.0, 0.0)
        losses, rows = [], []
        for inner, sign, centre, factor in (
            (0.5 * (-x1 - 7) + lean, 1.0, WIDTH, self.scale),
            (0.5 * (-x1 + 3) - lean + 2, -1.0, -WIDTH, 1.0),
        ):
            valley = log(max(abs(inner), LEAST)) + 6
            along, across = (-0.5 / inner, sign * bend / inner) if abs(inner) >= LEAST else (0.0, 0.0)
            bowl = ((x1 - centre) ** 2 + 0.1 * (x2 + 8) ** 2) / 10 - 20
            losses.append(factor * (upper * valley + lower * bowl))
            right = upper * along + lower * 0.2 * (x1 - centre)
            up = upper_slope * valley + upper * across + lower_slope * bowl + lower * 0.02 * (x2 + 8)
            rows.append([factor * right, factor * up])
        return losses, rows

    def distance(self, point: Point) -> float:
        """How far x is from the Pareto set, measured at the nearest x1 of the set."""
        x1 = min(WIDTH, max(-WIDTH, point[0]))
        return hypot(point[0] - x1, point[1] - depth(x1))

    def pareto_set(self, count: int = 101) -> list[tuple[float, float]]:
        """Points along it, from the minimum of L2 to that of L1; the scale does not change it."""
        places = [WIDTH * (2 * i / (count - 1) - 1) for i in range(count)]
        return [(x1, depth(x1)) for x1 in places]


def depth(x1: float) -> float:
    """x2 of the Pareto set at x1: −8.3551 in its middle, −8.4345 at its ends.

    There Σ w_i ∇L_i = 0 with w_1 + w_2 = 1. The first row gives x1 = 7 (w_1 − w_2); the second, with q = Σ w_i q_i,
    c2' q + 0.02 c2 (x2 + 8) = 0. As c2'/c2 = 1/sinh(x2), with y = −x2: 0.02 (y − 8) sinh(y) + q(y) = 0, by Newton's
    method.
    """
    middle = (WIDTH * WIDTH - x1 * x1) / 10 - 20
    y = 8.4
    for _ in range(NEWTON_STEPS):
        value = 0.02 * (y - 8) * sinh(y) + middle + 0.01 * (y - 8) ** 2
        y -= value / (0.02 * (sinh(y) + (y - 8) * cosh(y) + y - 8))
    return -y
