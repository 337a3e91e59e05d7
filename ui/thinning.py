"""The arithmetic of thinned series, on arrays: buckets made into one, and what many series come to at each step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}
LOW_X, LOW_Y, HIGH_X, HIGH_Y = range(4)
"""Rows of an array of buckets."""
Numbers = NDArray[np.float64]


def summarised(rows: Numbers) -> list[dict[str, float | None]]:
    """Mean and quantiles of the values that are there, of each of (n, series) rows; none of them all missing."""
    ordered, counts = np.sort(rows, axis=1), np.isfinite(rows).sum(axis=1)
    every = np.arange(len(rows))
    found = {"mean": np.nansum(rows, axis=1) / counts}
    for name, share in QUANTILES.items():
        place = share * (counts - 1)
        below = np.floor(place).astype(np.int64)
        above, part = np.minimum(below + 1, counts - 1), place - below
        found[name] = ordered[every, below] * (1 - part) + ordered[every, above] * part
    columns = {name: values.tolist() for name, values in found.items()}
    return [{name: values[i] for name, values in columns.items()} for i in range(len(rows))]


def merged(index: NDArray[np.int64], cells: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Buckets of equal number made into one, pair by pair; of equal values the earlier one stays.

    Args:
        index: (n,) their numbers, ascending.
        cells: (4, n, series) step and value of the smallest, then of the largest value; NaN where a series has none.
    """
    while len(index) > 1 and (index[1:] == index[:-1]).any():
        begins = np.append(True, index[1:] != index[:-1])
        place = np.arange(len(index)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
        left = np.flatnonzero(place % 2 == 0)
        paired = np.append(place[1:], 0)[left] % 2 == 1
        a, b = left[paired], left[paired] + 1
        joined = cells[:, left].copy()
        for x, y, better in ((LOW_X, LOW_Y, np.less), (HIGH_X, HIGH_Y, np.greater)):
            take = better(cells[y, b], cells[y, a]) | ~np.isfinite(cells[y, a])
            joined[x : y + 1, paired] = np.where(take, cells[x : y + 1, b], cells[x : y + 1, a])
        index, cells = index[left], joined
    return index, cells
