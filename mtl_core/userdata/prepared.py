"""Prepared: the chosen columns as arrays, as they are kept on the disk and trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.userdata.manifest import Column, Pictures, Sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUPS = "groups"


@dataclass(frozen=True)
class Prepared:
    """A table of arrays.

    Attributes:
        columns: inputs and targets.
        arrays: ``c0``, ``c1`` … for each column: numeric and regression float64 (N,) with NaN where missing;
            categorical int32 (N,) numbers of its categories, then one for the others, -1 where missing; binary and
            multiclass int32 (N,) classes, -1 where missing; image uint8 (N, C, S, S); text int32 (N, L) word numbers;
            segmentation uint8 (N, S, S), 255 without label. ``groups`` int64 (N,): rows with the same inputs have
            the same number; left out where every row is alone.
        pictures, sentences: their sizes, if there are any.
        words: the vocabulary, the word with number 2 first.
    """

    columns: tuple[Column, ...]
    arrays: Mapping[str, NDArray[Any]]
    pictures: Pictures | None = None
    sentences: Sentences | None = None
    words: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """N."""
        return len(self.arrays["c0"])

    def of(self, column: Column) -> NDArray[Any]:
        """The array of one column."""
        return self.arrays[self._keys[column.name]]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {column.name: f"c{i}" for i, column in enumerate(self.columns)}

    def inputs(self) -> list[Column]:
        """Columns that a network reads."""
        return [column for column in self.columns if column.role == "input"]

    def targets(self) -> list[Column]:
        """Columns that it predicts."""
        return [column for column in self.columns if column.role == "target"]

    @property
    def groups(self) -> NDArray[np.int64] | None:
        """(N,) which rows have the same inputs; None where every row is alone."""
        found: NDArray[np.int64] | None = self.arrays.get(GROUPS)
        return found


def labelled(column: Column, values: NDArray[Any]) -> NDArray[np.bool_]:
    """(N,) whether a row has this target."""
    if column.kind == "regression":
        return np.asarray(~np.isnan(values))
    if column.kind == "segmentation":
        return np.asarray((values != 255).any(axis=(1, 2)))
    return np.asarray(values >= 0)


def with_targets_only(prepared: Prepared) -> Prepared:
    """Without the rows that have no target at all, and with rows of the same inputs grouped."""
    kept = np.zeros(prepared.rows, bool)
    for column in prepared.targets():
        kept |= labelled(column, prepared.of(column))
    arrays = prepared.arrays if kept.all() else {key: values[kept] for key, values in prepared.arrays.items()}
    made = replace(prepared, arrays=arrays)
    groups = equal_rows([made.of(column) for column in made.inputs()])
    alone = not len(groups) or int(groups.max()) + 1 == len(groups)
    return made if alone else replace(made, arrays={**arrays, GROUPS: groups})


def equal_rows(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """(N,) numbers that are equal where the rows of all arrays are, by a 64-bit hash (splitmix64, Steele 2014)."""
    state = np.zeros(len(arrays[0]) if arrays else 0, np.uint64)
    for array in arrays:
        flat = array.reshape(len(array), -1)
        for column in flat.T if flat.shape[1] <= 256 else _checksums(flat):
            state = _mixed(state ^ _bits(column))
    _, groups = np.unique(state, return_inverse=True)
    return groups.reshape(-1).astype(np.int64)


def _checksums(flat: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Wide rows (pictures) as one number each."""
    digests = (hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in flat)
    return [np.frombuffer(b"".join(digests), np.int64)]


def _bits(column: NDArray[Any]) -> NDArray[np.uint64]:
    if column.dtype.kind == "f":
        values = np.where(np.isnan(column), np.nan, column).astype(np.float64) + 0.0  # one NaN, one zero
        return values.view(np.uint64)
    return column.astype(np.int64).view(np.uint64)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
