"""Numbers in a text file with a header line and separated cells; whatever is wrong is named by line and column."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

Bad = Callable[[str], DataError]
"""From what is wrong to the error that says it, with the file's name and what to do."""


def read_numbers(content: bytes, columns: Sequence[str], separator: str, rows: int, bad: Bad) -> Table:
    """(N, columns) values, in the order of ``columns``; N ≥ ``rows``.

    Args:
        content: the file; line ends of any system.
        columns: names in the header that are wanted, quoted there or not.
        separator: between cells.
        rows: least number of rows.
        bad: makes the error.

    Raises:
        DataError: naming what is wrong: no text, a missing column, a cell that is no finite number, missing rows.
    """
    try:
        header, *lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise bad(f"it is corrupt: byte {error.start} is no text") from error
    except ValueError:
        raise bad("it is empty") from None
    names = [name.strip().strip('"') for name in header.split(separator)]
    missing = [name for name in columns if name not in names]
    if missing:
        raise bad(f"column {missing[0]!r} is missing; its columns, separated by {separator!r}, are {names}")
    table = np.array([_row(line.split(separator), names, i, bad) for i, line in enumerate(lines, start=2)])
    if len(table) < rows:
        raise bad(f"it is truncated: {len(table)} of {rows} rows")
    return np.ascontiguousarray(table[:, [names.index(name) for name in columns]])


def _row(cells: list[str], names: list[str], number: int, bad: Bad) -> list[float]:
    if len(cells) != len(names):
        raise bad(f"line {number} has {len(cells)} cells, not {len(names)}: it is truncated or corrupt")
    try:
        values = [float(cell or "nan") for cell in cells]
    except ValueError:
        name, cell = next(pair for pair in zip(names, cells, strict=True) if not _is_number(pair[1]))
        raise bad(f"line {number}, column {name!r}: {cell[:40]!r} is no number") from None
    if not all(map(math.isfinite, values)):
        place = next(i for i, value in enumerate(values) if not math.isfinite(value))
        what = f"line {number}, column {names[place]!r}"
        raise bad(f"{what}: every value must be a finite number, found {cells[place]!r}")
    return values


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True
