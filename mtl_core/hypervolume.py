"""Hypervolume: how much of the objective space a set of points dominates, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtl_core.fronts import non_dominated, toward_less

Numbers = NDArray[np.float64]


def hypervolume(points: ArrayLike, reference: Sequence[float], lower_is_better: Sequence[bool]) -> float:
    """Volume between the points and the reference point that at least one point dominates.

    Two objectives: a sweep along the sorted front. Three: the same in slices along the third objective. More: WFG,
    which adds what each point covers alone over those after it (While, Bradstreet & Barone 2012, A fast way of
    calculating exact hypervolumes), down to three. Exact up to rounding; the time for M > 3
    grows exponentially in M at worst.

    Args:
        points: (N, M), a row a run; rows with NaN, and those not better than the reference in every objective, add
            nothing.
        reference: M values.
        lower_is_better: M directions.

    Returns:
        The volume, in the product of the objectives' units; 0 for no points.

    Raises:
        ValueError: for shapes that do not go together, or a reference that is not finite.
    """
    return _volume(_thinned(_boxes(points, reference, lower_is_better)))


def contributions(points: ArrayLike, reference: Sequence[float], lower_is_better: Sequence[bool]) -> Numbers:
    """(N,) the hypervolume that would be missing without each point; 0 for dominated points and for equal ones.

    Args, raises: as :func:`hypervolume`.
    """
    boxes = _boxes(points, reference, lower_is_better)
    lost = np.zeros(len(boxes))
    for i in np.flatnonzero((boxes > 0).all(axis=1)):
        shared = np.minimum(np.delete(boxes, i, axis=0), boxes[i])
        lost[i] = max(0.0, float(boxes[i].prod()) - _volume(_thinned(shared)))
    return lost


def _boxes(points: ArrayLike, reference: Sequence[float], lower_is_better: Sequence[bool]) -> Numbers:
    """(N, M) how far each point lies inside the reference; a row of zeros where it does not in every objective."""
    table = toward_less(points, lower_is_better)
    corner = toward_less([list(reference)], lower_is_better)[0]
    if not np.isfinite(corner).all():
        raise ValueError(f"the reference must be finite (found {list(reference)})")
    inside = np.asarray((table < corner).all(axis=1))
    boxes: Numbers = np.where(inside[:, None], corner - table, 0.0)
    return boxes


def _thinned(sizes: Numbers) -> Numbers:
    """Boxes with a volume that no other box holds, each once."""
    unique = np.unique(sizes[(sizes > 0).all(axis=1)], axis=0)
    return unique[non_dominated(unique, [False] * unique.shape[1])] if len(unique) else unique


def _volume(sizes: Numbers) -> float:
    """Of the union of boxes from 0 to each row (N, M), none inside another."""
    if len(sizes) == 0:
        return 0.0
    if len(sizes) == 1:
        return float(sizes[0].prod())
    match sizes.shape[1]:
        case 1:
            return float(sizes.max())
        case 2:
            return _area(sizes)
        case 3:
            return _slices(sizes)
    return _wfg(sizes)


def _area(sizes: Numbers) -> float:
    """By falling width, each box adds its width times what it is higher than all before."""
    order = sizes[np.lexsort((-sizes[:, 1], -sizes[:, 0]))]
    before = np.concatenate([[0.0], np.maximum.accumulate(order[:, 1])[:-1]])
    return float((order[:, 0] * np.maximum(order[:, 1] - before, 0.0)).sum())


def _slices(sizes: Numbers) -> float:
    """From the deepest box up: the area of all boxes that reach a slice, times its thickness."""
    order = sizes[np.argsort(-sizes[:, 2], kind="stable")]
    thickness = order[:, 2] - np.append(order[1:, 2], 0.0)
    return float(sum(_area(order[: i + 1, :2]) * thick for i, thick in enumerate(thickness) if thick > 0))


def _wfg(sizes: Numbers) -> float:
    """Each box's own volume less what the boxes after it share with it."""
    order = sizes[np.argsort(sizes[:, -1], kind="stable")[::-1]]
    total = 0.0
    for i, box in enumerate(order):
        total += float(box.prod()) - _volume(_thinned(np.minimum(order[i + 1 :], box)))
    return total
