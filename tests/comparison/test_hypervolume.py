"""Hypervolume: against pymoo and Optuna, by hand, and what must hold for any set of points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from optuna._hypervolume import compute_hypervolume
from pymoo.indicators.hv import HV

from mtl_core.hypervolume import contributions, hypervolume
from tests.comparison.test_fronts import cloud, front_of

LESS = [True, True]


@pytest.mark.parametrize(
    ("objectives", "count"), [(1, 9), (2, 1), (2, 200), (3, 120), (4, 50), (5, 30), (6, 20), (8, 10)]
)
@pytest.mark.parametrize("make", [cloud, front_of])
def test_the_volume_is_that_of_pymoo_and_optuna(make: object, objectives: int, count: int) -> None:
    points = make(objectives, count, objectives)  # type: ignore[operator]
    reference = np.full(objectives, 11.0 if make is cloud else 1.1)
    found = hypervolume(points, reference, [True] * objectives)
    assert found == pytest.approx(HV(ref_point=reference)(points), rel=1e-9)
    inside = points[(points <= reference).all(axis=1)]
    assert found == pytest.approx(compute_hypervolume(inside, reference), rel=1e-9)
    assert found > 0


def test_the_area_by_hand() -> None:
    points = [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]
    assert hypervolume(points, [4.0, 4.0], LESS) == pytest.approx(6.0)
    assert hypervolume([[1.0, -3.0]], [4.0, -4.0], [True, False]) == pytest.approx(3.0)
    assert hypervolume([[0.8, 0.9]], [0.5, 0.5], [False, False]) == pytest.approx(0.12)


def test_the_volume_by_hand() -> None:
    two = [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    assert hypervolume(two, [2.0, 2.0, 2.0], [True] * 3) == pytest.approx(4 + 2 - 1)
    one = [[0.0, 0.5, 0.0, 1.0]]
    assert hypervolume(one, [1.0, 2.0, 3.0, 4.0], [True] * 4) == pytest.approx(1 * 1.5 * 3 * 3)


def test_nothing_covers_nothing() -> None:
    assert hypervolume([], [1.0, 1.0], LESS) == 0.0
    assert hypervolume([[2.0, 0.0], [1.0, 0.0], [math.nan, 0.0]], [1.0, 1.0], LESS) == 0.0
    with pytest.raises(ValueError, match="the reference must be finite"):
        hypervolume([[0.0, 0.0]], [1.0, math.inf], LESS)
    with pytest.raises(ValueError, match="directions"):
        hypervolume([[0.0, 0.0]], [1.0, 1.0, 1.0], LESS)


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_a_point_more_never_covers_less(objectives: int) -> None:
    points, reference, less = front_of(objectives, 25, 7), [1.2] * objectives, [True] * objectives
    grown = [hypervolume(points[: i + 1], reference, less) for i in range(len(points))]
    assert (np.diff(grown) > 0).all()
    assert hypervolume(np.concatenate([points, points[:5]]), reference, less) == pytest.approx(grown[-1])
    assert hypervolume(np.concatenate([points, points + 0.1]), reference, less) == pytest.approx(grown[-1])
    order = np.random.default_rng(1).permutation(len(points))
    assert hypervolume(points[order], reference, less) == pytest.approx(grown[-1])
    scaled = hypervolume(points * 3.0, [3.6] * objectives, less)
    assert scaled == pytest.approx(3.0**objectives * grown[-1])


def test_contributions_are_what_would_be_missing() -> None:
    points = [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [3.5, 3.5], [0.0, 3.9], [0.0, 3.9]]
    assert contributions(points, [4.0, 4.0], LESS) == pytest.approx([0.9, 1.0, 1.0, 0.0, 0.0, 0.0])
