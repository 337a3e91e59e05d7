"""Whether one column almost gives another away: measured before training, on a sample of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

ALMOST = 0.99
"""Share of a target's variance, or of its rows, that one column alone explains when it gives the target away."""
CORRELATED = 0.98
"""|r| from which two numbers are almost one."""
LARGEST_CLASS = 0.95
"""Above this share of one class every column would seem to give the target away."""
ROWS_A_BIN = 5
MOST_BINS = 256
FEWEST = 30
"""Rows, below which nothing is said."""


def gives_away(feature: NDArray[Any], target: NDArray[Any], target_is_number: bool) -> str:
    """How a column gives a target away, e.g. ``R² = 0.997``; empty where it does not.

    Three measures: |r| of the values or of their ranks; the share of the target's variance between groups of equal
    (or neighbouring) values of the column, adjusted for the number of groups (η², as R² of a tree on this column
    alone); the share of rows that are right when each group votes for its most frequent class.

    Args:
        feature: (N,) float64 with NaN where missing, or whole numbers of categories, -1 where missing.
        target: (N,) the same, of a target.
        target_is_number: whether it is a regression's.
    """
    there = ~np.isnan(target) if target_is_number else target >= 0
    feature, target = feature[there], target[there]
    if len(target) < FEWEST:
        return ""
    numeric = feature.dtype.kind == "f"
    if numeric and target_is_number:
        r = correlation(feature, target.astype(np.float64))
        if r > CORRELATED:
            return f"|r| = {r:.3f}"
    groups = grouped(feature)
    if groups is None:
        return ""
    if target_is_number:
        share = explained(groups, target.astype(np.float64))
        return f"R² = {share:.3f}" if share >= ALMOST else ""
    largest = np.bincount(target).max() / len(target)
    right = purity(groups, target.astype(np.int64))
    return f"accuracy = {100 * right:.1f} %" if right >= ALMOST and largest <= LARGEST_CLASS else ""


def correlation(first: Floats, second: Floats) -> float:
    """The larger |r| of Pearson (values) and Spearman (ranks), on the rows that have both; 0 where one is constant."""
    both = ~np.isnan(first) & ~np.isnan(second)
    if both.sum() < FEWEST:
        return 0.0
    pairs = first[both], second[both]
    return max(_pearson(*pairs), _pearson(_ranks(pairs[0]), _ranks(pairs[1])))


def grouped(feature: NDArray[Any]) -> Codes | None:
    """(N,) groups of equal values, or of neighbouring numbers where there are too many; at least 5 rows a group on
    average. None for categories that are too many.
    """
    most = min(MOST_BINS, len(feature) // ROWS_A_BIN)
    different, codes = np.unique(feature, return_inverse=True)  # all NaN are one value
    codes = codes.reshape(-1).astype(np.int64)
    if len(different) <= most:
        return codes
    if feature.dtype.kind != "f":
        return None
    edges = np.unique(np.nanquantile(feature, np.linspace(0, 1, most + 1)[1:-1]))
    return np.where(np.isnan(feature), len(edges) + 1, np.searchsorted(edges, feature)).astype(np.int64)


def explained(groups: Codes, target: Floats) -> float:
    """η², the share of the target's variance between groups, adjusted as R² is: 1 − (1 − η²)(N − 1)/(N − G)."""
    rows, members = len(target), np.bincount(groups)
    spread = float(((target - target.mean()) ** 2).sum())
    count = int((members > 0).sum())
    if spread == 0 or rows <= count:
        return 0.0
    means = np.bincount(groups, target)[groups] / members[groups]
    within = float(((target - means) ** 2).sum())
    return 1 - within / spread * (rows - 1) / (rows - count)


def purity(groups: Codes, classes: Codes) -> float:
    """Share of rows that have the most frequent class of their group."""
    pairs = np.zeros((int(groups.max()) + 1, int(classes.max()) + 1), np.int64)
    np.add.at(pairs, (groups, classes), 1)
    return float(pairs.max(axis=1).sum() / len(classes))


def _pearson(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return abs(float(a @ b)) / size if size > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[place.reshape(-1)]
