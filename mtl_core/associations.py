"""How closely two targets go together: Pearson's r, the correlation ratio η and Cramér's V, for many pairs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


def pearson(values: Values) -> tuple[Values, Values]:
    """r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²) of every pair of columns, on the rows that have both.

    Args:
        values: (N, K), NaN where missing.

    Returns:
        r (K, K), NaN where a column is constant on the common rows; and the number of common rows (K, K).
    """
    there = ~np.isnan(values)
    seen = there.astype(np.float64)
    # centred first, so that the differences of sums below keep their digits
    means = np.where(there, values, 0.0).sum(0) / np.maximum(seen.sum(0), 1)
    x = np.where(there, values - means, 0.0)
    rows = seen.T @ seen
    safe = np.maximum(rows, 1)
    sums, squares = x.T @ seen, (x**2).T @ seen  # [i, j]: of column i over the rows that have i and j
    covariance = x.T @ x - sums * sums.T / safe
    variance = squares - sums**2 / safe
    variance = np.where(variance > 1e-10 * np.maximum(squares, 1e-300), variance, 0.0)  # rounding, not variation
    scale = np.sqrt(variance * variance.T)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(scale > 0, covariance / scale, np.nan)
    return np.clip(r, -1.0, 1.0), rows


def correlation_ratio(classes: NDArray[np.int64], values: Values) -> tuple[Values, Values]:
    """η = √(Σ_c n_c (ȳ_c − ȳ)² / Σ (y − ȳ)²): the share of a number's spread that lies between the classes, rooted.

    Args:
        classes: (N,), −1 where missing.
        values: (N, K), NaN where missing.

    Returns:
        η (K,), NaN where a column is constant or a single class is left; and the number of common rows (K,).
    """
    there = ~np.isnan(values) & (classes >= 0)[:, None]
    seen = there.astype(np.float64)
    rows = seen.sum(0)
    mean = np.where(there, values, 0.0).sum(0) / np.maximum(rows, 1)
    x = np.where(there, values - mean, 0.0)
    known = np.unique(classes[classes >= 0])
    member = (classes[:, None] == known).astype(np.float64)
    counts, sums = member.T @ seen, member.T @ x
    between = (sums**2 / np.maximum(counts, 1)).sum(0)
    total = (x**2).sum(0)
    fine = (total > 1e-12 * np.maximum(rows * mean**2, 1e-300)) & ((counts > 0).sum(0) > 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        eta = np.where(fine, np.sqrt(between / total), np.nan)
    return np.minimum(eta, 1.0), rows


def cramers_v(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[float, int]:
    """Cramér's V with the bias correction of Bergsma (2013), on the rows that have both.

    φ̃² = max(0, χ²/n − (k − 1)(r − 1)/(n − 1)), k̃ = k − (k − 1)²/(n − 1), r̃ likewise, Ṽ = √(φ̃² / min(k̃ − 1, r̃ − 1)).

    Args:
        first, second: (N,) classes, −1 where missing.

    Returns:
        Ṽ, NaN where one of them has a single class; and the number of common rows.
    """
    both = (first >= 0) & (second >= 0)
    n = int(both.sum())
    if n < 2:
        return np.nan, n
    (_, i), (_, j) = np.unique(first[both], return_inverse=True), np.unique(second[both], return_inverse=True)
    k, r = int(i.max()) + 1, int(j.max()) + 1
    if min(k, r) < 2:
        return np.nan, n
    table = np.bincount(i * r + j, minlength=k * r).reshape(k, r).astype(np.float64)
    expected = np.outer(table.sum(1), table.sum(0)) / n
    phi = max(0.0, ((table - expected) ** 2 / expected).sum() / n - (k - 1) * (r - 1) / (n - 1))
    corrected = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return (float(min(1.0, np.sqrt(phi / corrected))) if corrected > 0 else np.nan), n
