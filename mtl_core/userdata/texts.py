"""Texts: a column of cells, kept compact by Arrow, and the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

MISSING = ("", "?", "na", "n/a", "#n/a", "nan", "null", "<na>")
"""Cells, in small letters, that stand for a value that is not there."""
NUMBER = {
    ".": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$",
    ",": r"^[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]{1,3})?$",
}
"""Numbers by their decimal mark."""
CONTROL = r"[\x00-\x1f\x7f]+"
NONE = pa.scalar(None, pa.string())


def packed(cells: Sequence[str | None]) -> Any:
    """Cells side by side in memory, without an object each."""
    return pa.array(cells, pa.string())


class Texts:
    """Cells of one column; a missing one is None.

    Args:
        array: Arrow's chunked array of strings.
    """

    def __init__(self, array: Any) -> None:
        self._array = array

    @classmethod
    def of(cls, pieces: Iterable[Any]) -> Texts:
        """A column out of pieces that were :func:`packed` as they were read."""
        return cls(pa.chunked_array(list(pieces), pa.string()))

    def __len__(self) -> int:
        return len(self._array)

    def cleaned(self) -> Texts:
        """Without white space around and control characters within; what stands for "missing" is missing."""
        array = self._array
        if pc.any(pc.match_substring_regex(array, CONTROL)).as_py():
            array = pc.replace_substring_regex(array, CONTROL, " ")
        array = pc.utf8_trim_whitespace(array)
        absent = pc.is_in(pc.utf8_lower(array), value_set=pa.array(MISSING))
        return Texts(pc.if_else(absent, NONE, array))

    def missing(self) -> Mask:
        """(N,) where there is no value."""
        return np.asarray(pc.is_null(self._array).to_numpy(), dtype=bool)

    def matches(self, pattern: str) -> Mask:
        """(N,) where a value has this form, in the syntax of RE2, whose time is linear whatever the text."""
        return np.asarray(pc.fill_null(pc.match_substring_regex(self._array, pattern), False).to_numpy(), dtype=bool)

    def numbers(self, decimal: str) -> NDArray[np.float64]:
        """(N,) the values with this decimal mark; NaN where there is none or it is no number."""
        array = pc.if_else(pc.match_substring_regex(self._array, NUMBER[decimal]), self._array, NONE)
        if decimal == ",":
            array = pc.replace_substring(array, ",", ".")
        return np.array(pc.cast(array, pa.float64()).to_numpy(), dtype=np.float64)

    def encoded(self) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """(N,) which of the different values each cell has, -1 where missing; and these values."""
        packed = pc.dictionary_encode(self._array).unify_dictionaries()
        if not packed.num_chunks:
            return np.empty(0, np.int32), ()
        codes = [pc.fill_null(pc.cast(chunk.indices, pa.int32()), -1).to_numpy() for chunk in packed.chunks]
        return np.concatenate(codes), tuple(packed.chunk(0).dictionary.to_pylist())

    def mean_words(self) -> float:
        """Words of a value, on average; 0 where there is none."""
        mean = pc.mean(pc.count_substring_regex(self._array, r"\S+")).as_py()
        return float(mean or 0.0)

    def most_bytes(self) -> int:
        """Length of the longest value in bytes."""
        return int(pc.max(pc.binary_length(self._array)).as_py() or 0)

    def cell(self, row: int) -> str | None:
        """One cell."""
        value: str | None = self._array[row].as_py()
        return value

    def cells(self, rows: int | None = None) -> list[str | None]:
        """The first ``rows`` cells, or all."""
        part: list[str | None] = self._array.slice(0, rows).to_pylist()
        return part

    def kept(self, rows: Mask) -> Texts:
        """Only the rows that are marked."""
        return Texts(self._array.filter(pa.array(rows)))
