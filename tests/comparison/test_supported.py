"""Which points of a front a weighted sum reaches."""

from __future__ import annotations

import numpy as np

from mtl_core.fronts import non_dominated
from mtl_core.supported import supported

LESS = [True, True]


def test_a_convex_front_has_no_dent_and_a_concave_one_only_its_ends() -> None:
    s = np.linspace(0, 1, 9)
    bulge = np.stack([s**2, (1 - s) ** 2], axis=1)
    dent = np.stack([np.sqrt(s), np.sqrt(1 - s)], axis=1)
    line = np.stack([s, 1 - s], axis=1)
    on = np.ones(9, dtype=bool)
    assert supported(bulge, on, LESS).all()
    assert supported(line, on, LESS).all(), "each of them is an optimum of the plain sum"
    assert np.flatnonzero(supported(dent, on, LESS)).tolist() == [0, 8]


def test_supported_points_are_the_optima_of_weighted_sums() -> None:
    """Against a fine sweep of weights over random fronts of two and three objectives."""
    for seed in range(20):
        random = np.random.default_rng(seed)
        k = 2 + seed % 2
        points = random.random((12, k))
        found = supported(points, non_dominated(points, [True] * k), [True] * k)
        best = set((random.dirichlet(np.ones(k) * 0.7, 20_000) @ points.T).argmin(axis=1).tolist())
        assert best <= set(np.flatnonzero(found).tolist())


def test_the_direction_of_a_metric_turns_with_it() -> None:
    points = np.array([[1.0, 0.9], [2.0, 0.91], [3.0, 0.99], [3.5, 0.9]])
    on = non_dominated(points, [True, False])
    assert on.tolist() == [True, True, True, False]
    assert supported(points, on, [True, False]).tolist() == [True, False, True, False]


def test_nothing_is_supported_of_nothing() -> None:
    assert supported(np.zeros((0, 2)), np.zeros(0, dtype=bool), LESS).shape == (0,)
    assert not supported(np.ones((3, 2)), np.zeros(3, dtype=bool), LESS).any()
