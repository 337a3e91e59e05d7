"""Points of λ: corners, sums, and how evenly they cover the simplex."""

from __future__ import annotations

import numpy as np
import pytest

from mtl_core.errors import SpecError
from mtl_core.sweeps.simplex import points_on_simplex, spread_out


@pytest.mark.parametrize(
    ("tasks", "points"), [(1, 5), (2, 2), (2, 21), (3, 3), (3, 21), (4, 4), (4, 5), (5, 60), (8, 90)]
)
def test_rows_sum_to_one_and_hold_every_corner(tasks: int, points: int) -> None:
    found = points_on_simplex(tasks, points)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(found)), abs=1e-12)
    assert (found >= 0).all()
    assert {tuple(row) for row in np.eye(tasks)} <= {tuple(row) for row in found}
    assert len(np.unique(found, axis=0)) == len(found) == (1 if tasks == 1 else points)
    assert (points_on_simplex(tasks, points) == found).all()


def test_two_tasks_are_a_line_in_equal_steps() -> None:
    found = points_on_simplex(2, 21)
    assert found[:, 1] == pytest.approx(np.arange(21) / 20)
    assert found[10] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("points", "side"), [(3, 1), (5, 1), (6, 2), (9, 2), (10, 3), (21, 5), (27, 5), (28, 6), (66, 10)]
)
def test_three_tasks_are_a_triangular_grid(points: int, side: int) -> None:
    found = points_on_simplex(3, points)
    assert len(found) == (side + 1) * (side + 2) / 2 <= points
    assert found * side == pytest.approx(np.round(found * side), abs=1e-12)


@pytest.mark.parametrize("tasks", [4, 6])
def test_many_points_are_spread_as_evenly_as_the_uniform_law(tasks: int) -> None:
    """P(λ_i < t) = 1 − (1 − t)^(K−1), with 0.6 of the error of so many random points; the middle is the centroid."""
    count, levels = 512, np.linspace(0.02, 0.9, 40)
    found = spread_out(tasks, count)
    law = 1 - (1 - levels) ** (tasks - 1)

    def error(points: np.ndarray) -> float:
        return float(np.abs((points[:, :, None] < levels).mean(axis=0) - law).max())

    drawn = np.random.default_rng(0).dirichlet(np.ones(tasks), size=(50, count))
    assert error(found) < 0.6 * np.median([error(points) for points in drawn])
    assert found.mean(axis=0) == pytest.approx(np.full(tasks, 1 / tasks), abs=0.01)
    second = np.cov(found.T, bias=True)
    law_of_gaps = (np.eye(tasks) * tasks - 1) / (tasks**2 * (tasks + 1))
    assert second == pytest.approx(law_of_gaps, abs=0.1 * law_of_gaps.max())


def test_more_points_keep_those_that_there_were() -> None:
    assert (points_on_simplex(5, 40)[:20] == points_on_simplex(5, 20)).all()


@pytest.mark.parametrize(("tasks", "points"), [(2, 1), (4, 3), (2, 0), (3, 1001)])
def test_the_corners_must_have_room(tasks: int, points: int) -> None:
    with pytest.raises(SpecError, match=f"points: must be a whole number from {tasks}, one for each corner") as caught:
        points_on_simplex(tasks, points)
    assert caught.value.problems[0].value == points
