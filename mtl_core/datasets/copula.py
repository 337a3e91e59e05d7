"""A table made from published quantiles and rank correlations, by a Gaussian copula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 4
"""Corrections of the latent correlations for what ties and rounding take from the ranks."""


def correlated_ranks(spearman: Floats, rows: int, marginals: list[Floats], seed: int) -> Floats:
    """A table with the given columns in an order that gives the wanted rank correlations.

    Latent normals with correlation r = 2 sin(π ρ / 6) (Pearson 1907) are drawn, whitened so that the sample has r
    exactly, and each column's values are laid out by the ranks of its latent one. What ties take away is measured
    and added to the wanted ρ, a few times.

    Args:
        spearman: (C, C) wanted rank correlations ρ.
        rows: N.
        marginals: for each of the C columns its N values in ascending order.
        seed: of the latent normals.

    Returns:
        (N, C) the table; every column holds exactly its marginal's values.
    """
    latent = np.random.default_rng(seed).standard_normal((rows, len(spearman)))
    latent -= latent.mean(axis=0)
    white = latent @ np.linalg.inv(np.linalg.cholesky(np.cov(latent.T)).T)
    wanted = spearman.copy()
    for _ in range(ROUNDS):
        ranks = np.argsort(np.argsort(white @ _root(2 * np.sin(np.pi * wanted / 6)).T, axis=0), axis=0)
        table = np.column_stack([values[ranks[:, c]] for c, values in enumerate(marginals)])
        wanted = np.clip(wanted + spearman - rank_correlations(table), -1, 1)
    return table


def rank_correlations(table: Floats) -> Floats:
    """Spearman's ρ between all columns of (N, C), ties at their mean rank."""
    ranks = np.column_stack([_mean_ranks(column) for column in table.T])
    return np.asarray(np.corrcoef(ranks.T), dtype=np.float64)


def values_from_quantiles(quantiles: Floats, mean: float, rows: int) -> Floats:
    """``rows`` ascending values with these evenly spaced quantiles and, as far as the last stretch allows, this mean.

    Linear between the quantiles; in the last stretch a + (b − a) tᵏ, where k ≥ 1 brings the mean to the wanted one:
    a straight line from the 95 % quantile to the maximum has far too heavy a tail.
    """
    steps = len(quantiles) - 1
    low, high = float(quantiles[-2]), float(quantiles[-1])
    body = float(np.sum((quantiles[:-2] + quantiles[1:-1]) / 2))
    tail_mean = mean * steps - body
    power = (high - low) / (tail_mean - low) - 1 if tail_mean > low else 20.0
    place = (np.arange(rows) + 0.5) / rows * steps
    values = np.interp(place, np.arange(steps + 1), quantiles)
    tail = place > steps - 1
    values[tail] = low + (high - low) * (place[tail] - (steps - 1)) ** np.clip(power, 1.0, 20.0)
    values[0], values[-1] = quantiles[0], quantiles[-1]
    return values


def _mean_ranks(column: Floats) -> Floats:
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)


def _root(correlation: Floats) -> Floats:
    """B with B Bᵀ = the nearest correlation matrix (eigenvalues at least 1e-6, diagonal 1), continuous in it."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 1e-6)) @ vectors.T
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True), dtype=np.float64)
