"""Tasks with samples of their own, as one pooled table: the rows of one task below those of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets.base import SPLITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

MISSING_CLASS = -1


def owners(counts: Sequence[int]) -> Rows:
    """(Σ counts,) the number of the task that each pooled row belongs to."""
    return np.repeat(np.arange(len(counts)), counts)


def own_targets(names: Sequence[str], owner: Rows, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Per task its values in its own rows, and in all others that there is none: NaN, or −1 for classes.

    Args:
        names: of the tasks.
        owner: (N,) which of them each row belongs to.
        values: (N,) float32 numbers or int64 classes.
    """
    missing = values.dtype.type(np.nan if np.issubdtype(values.dtype, np.floating) else MISSING_CLASS)
    return {name: np.where(owner == i, values, missing) for i, name in enumerate(names)}


def pooled_splits(parts: Sequence[Mapping[str, Rows]], counts: Sequence[int]) -> dict[str, Rows]:
    """Splits of the pooled rows from the splits of each task's own rows, numbered from 0 in each task."""
    starts = np.cumsum([0, *counts[:-1]])
    return {
        split: np.concatenate([part[split] + start for part, start in zip(parts, starts, strict=True)])
        for split in SPLITS
    }


def pooled_sizes(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Rows of each split, summed over the tasks."""
    return {split: sum(part[split] for part in parts) for split in SPLITS}
