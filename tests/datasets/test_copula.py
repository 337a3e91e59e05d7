"""The stand-in's statistics are the published ones."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from mtl_core.datasets import wine_table
from mtl_core.datasets.copula import correlated_ranks, rank_correlations, values_from_quantiles

FACTS = wine_table.facts()


def test_rank_correlations_are_spearmans() -> None:
    table = np.random.default_rng(1).integers(0, 5, (200, 4)).astype(float)
    np.testing.assert_allclose(rank_correlations(table), spearmanr(table).statistic, atol=1e-12)


def test_the_stand_in_has_the_published_rank_correlations() -> None:
    assert tuple(FACTS["columns"]) == wine_table.COLUMNS
    found = spearmanr(wine_table.stand_in()).statistic
    np.testing.assert_allclose(found, FACTS["spearman"], atol=0.015)
    assert np.abs(found - FACTS["spearman"]).mean() < 0.002


def test_the_stand_in_has_the_published_columns() -> None:
    table = wine_table.stand_in()
    assert table.shape == (1599, 12)
    for name, values in zip(wine_table.COLUMNS[:-1], table.T, strict=False):
        about = FACTS["columns"][name]
        spread = np.ptp(about["quantiles"])
        found = np.quantile(values, np.linspace(0, 1, 21))
        np.testing.assert_allclose(found, about["quantiles"], atol=0.01 * spread, err_msg=name)
        np.testing.assert_allclose(values.mean(), about["mean"], rtol=2e-3, err_msg=name)


def test_the_stand_in_has_the_published_counts_of_quality() -> None:
    scores, counts = np.unique(wine_table.stand_in()[:, -1], return_counts=True)
    assert {str(int(s)): int(n) for s, n in zip(scores, counts, strict=True)} == FACTS["quality_counts"]
    assert round(float(wine_table.stand_in()[:, -1].mean()), 4) == 5.636


def test_the_stand_in_is_always_the_same() -> None:
    first = wine_table.stand_in()
    wine_table.stand_in.cache_clear()
    assert first is not wine_table.stand_in()
    np.testing.assert_array_equal(first, wine_table.stand_in())


def test_correlations_that_cannot_be_are_brought_near() -> None:
    """Three columns cannot be pairwise at −0.9: the nearest possible is −½."""
    wanted = np.full((3, 3), -0.9) + np.eye(3) * 1.9
    table = correlated_ranks(wanted, 2000, [np.arange(2000.0)] * 3, seed=0)
    np.testing.assert_allclose(rank_correlations(table)[np.triu_indices(3, 1)], -0.48, atol=0.05)


def test_values_follow_quantiles_and_mean() -> None:
    quantiles = np.quantile(np.random.default_rng(0).exponential(size=100_000), np.linspace(0, 1, 21))
    values = values_from_quantiles(quantiles, mean=1.0, rows=20_000)
    assert (np.diff(values) >= 0).all()
    assert (values[0], values[-1]) == (quantiles[0], quantiles[-1])
    np.testing.assert_allclose(np.quantile(values, np.linspace(0, 1, 21)), quantiles, atol=0.02)
    np.testing.assert_allclose(values.mean(), 1.0, rtol=0.01)
