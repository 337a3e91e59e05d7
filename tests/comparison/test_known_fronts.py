"""Sweeps of λ on problems whose front is known: what is found lies on it, and what no λ finds is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from mtl_core.fronts import knee, non_dominated
from mtl_core.hypervolume import hypervolume
from mtl_core.supported import supported
from mtl_core.sweeps.simplex import points_on_simplex
from mtl_core.toys.concave_front import ConcaveFront
from mtl_core.toys.problems import Point, Problem, Row
from mtl_core.toys.walking import Plain, method, walk

LESS = [True, True]
PLACES = points_on_simplex(2, 21)[1:-1]
"""λ of two tasks, neither of them 0."""


@dataclass(frozen=True)
class Quadratics:
    """L_1 = ‖x − a‖², L_2 = ‖x + a‖² with ‖a‖ = ½: the front is √L_1 + √L_2 = 1, a convex curve."""

    size: int = 5

    def at(self, point: Point) -> tuple[Row, list[Row]]:
        side = 0.5 / self.size**0.5
        away = [[x - sign * side for x in point] for sign in (1, -1)]
        return [sum(step * step for step in row) for row in away], [[2 * step for step in row] for row in away]

    def distance(self, point: Point) -> float:
        along = min(0.5, max(-0.5, sum(point) / self.size**0.5))
        return sum((x - along / self.size**0.5) ** 2 for x in point) ** 0.5


def swept(problem: Problem, name: str, steps: int, lr: float, start: Point) -> NDArray[np.float64]:
    """(L1, L2) where a walk of the shipped method ends, for every λ."""
    ends = []
    for place in PLACES:
        *_, last = walk(problem, method(name), start, steps, Plain(lr), lambdas=place.tolist())
        ends.append(last.losses)
    return np.array(ends)


def test_a_sweep_finds_a_convex_front() -> None:
    ends = swept(Quadratics(), "fixed", 60, 0.3, [0.4, -0.3, 0.2, 0.0, 0.1])
    *_, last = walk(Quadratics(), method("fixed"), [0.4, -0.3, 0.2, 0.0, 0.1], 60, Plain(0.3), lambdas=(0.3, 0.7))
    assert Quadratics().distance(last.point) < 1e-6
    first, second = np.sqrt(ends).T
    assert np.abs(first + second - 1).max() < 1e-2
    front = non_dominated(ends, LESS)
    assert front.all()
    assert supported(ends, front, LESS).all(), "a weighted sum reaches all of it"
    assert knee(ends, LESS) == len(PLACES) // 2, "in the middle, where the curve is nearest to the ideal point"
    covered = hypervolume(ends, [1.0, 1.0], LESS)
    assert covered == pytest.approx(1 - 1 / 6, abs=0.02), "1 − ∫ (1 − √L)² dL"


def test_no_lambda_finds_the_middle_of_a_concave_front_and_stch_finds_it() -> None:
    problem = ConcaveFront()
    curve = np.array(problem.front(2001))
    by_sum = swept(problem, "fixed", 100, 1.0, problem.start(0))
    assert by_sum.min(axis=1).max() < 0.02, "every λ ends beside one of the ends"
    by_stch = swept(problem, "stch", 300, 0.2, problem.start(0))
    nearest = np.sqrt(((by_stch[:, None] - curve[None]) ** 2).sum(axis=2)).min(axis=1)
    assert nearest.max() < 1e-2, "on the front"
    inside = by_stch[(by_stch.min(axis=1) > 0.1)]
    assert len(inside) >= 5, "and not at its ends alone"
    both = np.concatenate([by_sum, by_stch])
    front = non_dominated(np.round(both, 4), LESS)
    reached = supported(both, front, LESS)
    dent = both[front & ~reached]
    assert len(dent) >= 5
    assert dent.min() > 1e-3, "what a weighted sum misses is the middle"
    worst = [1.0, 1.0]
    assert hypervolume(both, worst, LESS) > hypervolume(by_sum, worst, LESS) + 0.05
