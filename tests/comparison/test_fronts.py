"""Fronts: against pymoo, by hand, and what must hold for any set of points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from mtl_core.fronts import ideal, knee, nadir, non_dominated, normalised, reference_point

LESS = [True, True]


def cloud(objectives: int, count: int = 60, seed: int = 0) -> np.ndarray:
    """Points on a coarse grid, so that some are equal and many share a coordinate."""
    return np.random.default_rng(seed).integers(0, 12, size=(count, objectives)).astype(float)


def front_of(objectives: int, count: int = 40, seed: int = 0) -> np.ndarray:
    """Points on a sphere about (1, …, 1), none of which dominates another."""
    random = np.abs(np.random.default_rng(seed).normal(size=(count, objectives)))
    return 1 - random / np.linalg.norm(random, axis=1, keepdims=True)


@pytest.mark.parametrize("objectives", [2, 3, 5, 8])
@pytest.mark.parametrize("count", [1, 60, 700])
def test_the_front_is_pymoos(objectives: int, count: int) -> None:
    points = cloud(objectives, count, seed=objectives)
    first = NonDominatedSorting().do(points, only_non_dominated_front=True)
    assert sorted(np.flatnonzero(non_dominated(points, [True] * objectives))) == sorted(first)


def test_the_front_by_hand_with_equal_and_missing_points() -> None:
    points = [[1, 3], [2, 2], [2, 2], [3, 1], [3, 3], [2, 3], [math.nan, 0], [0.5, math.inf]]
    assert non_dominated(points, LESS).tolist() == [True, True, True, True, False, False, False, False]
    assert non_dominated([], LESS).tolist() == []
    assert non_dominated([[5.0]], [True]).tolist() == [True]


def test_directions_turn_objectives() -> None:
    points = cloud(3, seed=4)
    signs = np.array([1.0, -1.0, 1.0])
    assert (non_dominated(points * signs, [True, False, True]) == non_dominated(points, [True] * 3)).all()
    assert ideal(points * signs, [True, False, True]) == pytest.approx(points.min(0) * signs)
    front = points[non_dominated(points, [True] * 3)]
    assert nadir(points * signs, [True, False, True]) == pytest.approx(front.max(0) * signs)


def test_the_front_does_not_depend_on_the_order() -> None:
    points = cloud(3, 200, seed=2)
    order = np.random.default_rng(3).permutation(len(points))
    assert (non_dominated(points[order], [True] * 3) == non_dominated(points, [True] * 3)[order]).all()


def test_the_worst_of_the_front_is_not_the_worst_of_all() -> None:
    points = [[1.0, 4.0], [2.0, 1.0], [50.0, 2.0]]
    assert nadir(points, LESS) == pytest.approx([2.0, 4.0])
    assert normalised(points, LESS)[0] == pytest.approx([0.0, 1.0])
    assert normalised(points, LESS)[2, 0] == pytest.approx(49.0)


def test_the_reference_lies_a_tenth_of_the_range_beyond_the_worst() -> None:
    points = [[1.0, 0.9], [2.0, 0.4], [9.0, 0.1]]  # the last is dominated
    directions = [True, False]
    assert reference_point([*points[:1], [3.0, 0.95]], directions) == pytest.approx([3.2, 0.895])
    assert reference_point([[1.0, 0.9]], directions, corners=[[2.0, 0.5]]) == pytest.approx([2.1, 0.46])
    assert reference_point([[1.0, 0.9]], directions) == pytest.approx([1.1, 0.81])  # no range: a tenth of the size
    assert reference_point([[0.0, 0.9]], directions, margin=0.2) == pytest.approx([0.2, 0.72])
    assert reference_point(points, directions, corners=[[math.nan, 0.0]]) == pytest.approx([1.1, 0.81])


def test_points_without_values_have_no_extremes() -> None:
    for function in (ideal, nadir, reference_point, normalised):
        with pytest.raises(ValueError, match="needs a point that has all its values"):
            function([[math.nan, 1.0]], LESS)
    with pytest.raises(ValueError, match=r"found shape \(1, 3\) and 2"):
        non_dominated([[1.0, 2.0, 3.0]], LESS)


def test_the_knee_is_where_the_front_bends() -> None:
    points = [[0.0, 10.0], [1.0, 2.0], [4.0, 1.0], [10.0, 0.0], [9.0, 9.0]]
    assert knee(points, LESS) == 1  # 3 of 10 from the ideal in the sum; the other 5 of 10
    assert knee([[x, 100 - y] for x, y in points], [True, False]) == 1
    assert knee([[1000 * x, y] for x, y in points], LESS) == 1  # the objectives' units do not matter


def test_the_knee_of_a_circle_is_its_middle() -> None:
    angles = np.linspace(0, np.pi / 2, 41)
    circle = np.stack([1 - np.cos(angles), 1 - np.sin(angles)], axis=1)
    assert knee(circle, LESS) == 20
    middle = np.full((1, 3), 1 - 1 / math.sqrt(3))
    ball = np.concatenate([front_of(3, 300), 1 - np.eye(3), middle])
    assert knee(ball, [True] * 3) == len(ball) - 1


def test_straight_concave_and_small_fronts_have_no_knee() -> None:
    angles = np.linspace(0, np.pi / 2, 11)
    assert knee(np.stack([np.sin(angles), np.cos(angles)], axis=1), LESS) is None
    assert knee([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]], LESS) is None
    assert knee([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], LESS) is None
    assert knee([], LESS) is None
