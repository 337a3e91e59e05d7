"""Fronts: which of many runs no other beats in everything, what they cover together, and where the front bends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

MARGIN = 0.1
"""Of the range of each objective: how far the reference point lies beyond the worst value."""
_ROWS_AT_ONCE = 256


def toward_less(points: ArrayLike, lower_is_better: Sequence[bool]) -> Numbers:
    """(N, M) with the sign turned wherever more is better, so that less is better in all objectives.

    Args:
        points: (N, M), a row a run; an empty list is no points.
        lower_is_better: M directions.

    Raises:
        ValueError: for a table that is not (N, M).
    """
    table = np.asarray(points, dtype=np.float64)
    if table.size == 0 and table.ndim == 1:
        table = table.reshape(0, len(lower_is_better))
    if table.ndim != 2 or table.shape[1] != len(lower_is_better) or not len(lower_is_better):
        rule = "points must be a table with a column an objective, and lower_is_better have an entry for each"
        raise ValueError(f"{rule} (found shape {table.shape} and {len(lower_is_better)} directions)")
    turned: Numbers = np.where(np.asarray(lower_is_better, dtype=bool), table, -table)
    return turned


def non_dominated(points: ArrayLike, lower_is_better: Sequence[bool]) -> Flags:
    """(N,) whether no other point is at least as good in all objectives and better in one (Pareto-optimal).

    Equal points do not dominate each other: all of them are kept. A point with a value missing (NaN) is never in.

    Args, raises: as :func:`toward_less`.
    """
    return _front(toward_less(points, lower_is_better))


def _front(table: Numbers) -> Flags:
    """As :func:`non_dominated`, less being better in all columns."""
    kept = np.asarray(np.isfinite(table).all(axis=1))
    whole = table[kept]
    beaten = np.zeros(len(whole), dtype=bool)
    for start in range(0, len(whole), _ROWS_AT_ONCE):
        rows = whole[start : start + _ROWS_AT_ONCE, None]
        beats = np.all(whole <= rows, axis=2) & np.any(whole < rows, axis=2)
        beaten[start : start + _ROWS_AT_ONCE] = np.any(beats, axis=1)
    kept[kept] = ~beaten
    return kept


def ideal(points: ArrayLike, lower_is_better: Sequence[bool]) -> Numbers:
    """(M,) the best value of each objective.

    Args, raises: as :func:`toward_less`; also ValueError where no point has all its values.
    """
    return _signed(_complete(points, lower_is_better).min(axis=0), lower_is_better)


def nadir(points: ArrayLike, lower_is_better: Sequence[bool]) -> Numbers:
    """(M,) the worst value of each objective over the non-dominated points.

    Args, raises: as :func:`ideal`.
    """
    table = _complete(points, lower_is_better)
    return _signed(table[_front(table)].max(axis=0), lower_is_better)


def reference_point(
    points: ArrayLike, lower_is_better: Sequence[bool], corners: ArrayLike = (), margin: float = MARGIN
) -> Numbers:
    """(M,) the point against which hypervolume is measured: beyond the worst that is worth having, by a tenth.

    The worst value of each objective over the non-dominated points and the single-task ``corners``, moved out by
    ``margin`` of the range from the best to it, so that the ends of the front count too (Ishibuchi et al. 2018, How
    to specify a reference point in hypervolume calculation for fair performance comparison; it names 1 + 1/H, which
    is 1.1 for ten steps along the front). Where an objective has no range, by ``margin`` of its size (or of 1).
    Give it only points that train every task: an untrained head's error has no bound, and would hide all else.

    Args:
        points: (N, M).
        lower_is_better: M directions.
        corners: (C, M) points that shall lie inside, e.g. the single-task runs.
        margin: share of the range, at least 0.

    Raises:
        ValueError: as :func:`ideal`.
    """
    table = _complete(points, lower_is_better)
    inside = np.concatenate([table[_front(table)], toward_less(corners, lower_is_better)])
    inside = inside[np.isfinite(inside).all(axis=1)]
    best, worst = inside.min(axis=0), inside.max(axis=0)
    size = np.where(worst != 0, np.abs(worst), 1.0)
    return _signed(worst + margin * np.where(worst > best, worst - best, size), lower_is_better)


def normalised(points: ArrayLike, lower_is_better: Sequence[bool]) -> Numbers:
    """(N, M) with 0 at the best of each objective and 1 at the worst of the front; less is better in all columns.

    A column without range is 0. Points that are dominated may lie beyond 1.

    Args, raises: as :func:`ideal`.
    """
    table = toward_less(points, lower_is_better)
    there = _complete(points, lower_is_better)
    low, high = there.min(axis=0), there[_front(there)].max(axis=0)
    scaled: Numbers = (table - low) / np.where(high > low, high - low, 1.0)
    return scaled


def knee(points: ArrayLike, lower_is_better: Sequence[bool]) -> int | None:
    """Row of the non-dominated point farthest from the plane through the extremes, on the side of the ideal point.

    In normalised objectives; the extremes are the points that are best in one objective (of equal ones, best in the
    sum of all). Das 1999, On characterizing the "knee" of the Pareto curve based on normal-boundary intersection,
    Structural Optimization 18. For two objectives the plane is the line through the two ends.

    None where nothing bulges towards the ideal point (a straight or concave front), fewer than M + 1 different
    points are on the front, or the extremes span no plane.

    Args, raises: as :func:`toward_less`.
    """
    table = toward_less(points, lower_is_better)
    rows = np.flatnonzero(_front(table))
    objectives = table.shape[1]
    if len(rows) == 0 or len(np.unique(table[rows], axis=0)) <= objectives:
        return None
    scaled = normalised(points, lower_is_better)[rows]
    extremes = scaled[[np.lexsort((scaled.sum(axis=1), scaled[:, i]))[0] for i in range(objectives)]]
    if np.linalg.matrix_rank(extremes) < objectives:
        return None
    normal = np.linalg.solve(extremes, np.ones(objectives))
    distance = (1.0 - scaled @ normal) / np.linalg.norm(normal)
    best = int(distance.argmax())
    return int(rows[best]) if distance[best] > 1e-9 else None


def _complete(points: ArrayLike, lower_is_better: Sequence[bool]) -> Numbers:
    table = toward_less(points, lower_is_better)
    whole: Numbers = table[np.isfinite(table).all(axis=1)]
    if not len(whole):
        raise ValueError(f"needs a point that has all its values (found {len(table)} points, none of them whole)")
    return whole


def _signed(values: Numbers, lower_is_better: Sequence[bool]) -> Numbers:
    turned: Numbers = np.where(np.asarray(lower_is_better, dtype=bool), values, -values)
    return turned
