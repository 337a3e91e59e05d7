"""A folder or zip with a ``data.csv``: which of its columns name pictures and masks, and these as arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mtl_core.errors import DataError
from mtl_core.userdata.archives import Files
from mtl_core.userdata.findings import Finding, finding, named
from mtl_core.userdata.inference import MOSTLY, ColumnReport
from mtl_core.userdata.limits import Limits
from mtl_core.userdata.pictures import (
    NO_LABEL,
    SUFFIXES,
    Look,
    decoded,
    decoded_mask,
    dense_masks,
    look_at,
    side_for,
    without_idle_colour,
)
from mtl_core.userdata.reading import RawTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

T = TypeVar("T")
MASK_NAME = re.compile(r"mask|segment|trimap|annotation|掩|分割", re.IGNORECASE)
PICTURE_NAME = re.compile(r"image|picture|photo|img|图", re.IGNORECASE)
MASK_MODES = ("1", "L", "P", "I;16", "I")
PICTURE_BYTES = 20 * 2**20


@dataclass(frozen=True)
class FileColumn:
    """A column of file names, and a look at each file that is named; None where a row names none."""

    name: str
    files: tuple[str | None, ...]
    rows: tuple[Look | None, ...]

    @property
    def looks(self) -> list[Look]:
        """The looks at the files that are there."""
        return [look for look in self.rows if look is not None]


def file_columns(table: RawTable, files: Files, limits: Limits) -> dict[str, FileColumn]:
    """The columns whose values name pictures, each file's header looked at.

    Raises:
        DataError: naming line and column, if a file is not there, leads outside or is no picture; or if there are
            too many.
    """
    found: dict[str, FileColumn] = {}

    def look(cell: str, place: str) -> Look:
        return look_at(files.read(cell, PICTURE_BYTES), place, limits.pixels)

    for name, texts in zip(table.names, table.columns, strict=True):
        present = len(texts) - int(texts.missing().sum())
        if not present or texts.matches(SUFFIXES).sum() < MOSTLY * present:
            continue
        cells = tuple(texts.cells())
        count = present + sum(len(column.looks) for column in found.values())
        if count > limits.pictures:
            raise DataError(f"{count} pictures and masks are named; at most {limits.pictures} are read")
        looks = _each(table, name, cells, look)
        found[name] = FileColumn(name, cells, tuple(looks))
        pixels = sum(look.width * look.height for column in found.values() for look in column.looks)
        if pixels > limits.all_pixels:
            raise DataError(f"the pictures have {pixels} pixels together; at most {limits.all_pixels} are decoded")
    return found


def with_files(reports: Sequence[ColumnReport], columns: dict[str, FileColumn]) -> tuple[ColumnReport, ...]:
    """The reports, with columns of file names called ``image`` or ``mask``: by name, else the grey ones of several."""
    images = [name for name in columns if not MASK_NAME.search(name)]
    masks = {name for name in columns if name not in images}
    grey = {name: all(look.mode in MASK_MODES for look in columns[name].looks) for name in images}
    images.sort(key=lambda name: (grey[name], not PICTURE_NAME.search(name)))
    masks |= {name for name in images[1:] if grey[name]}
    return tuple(
        replace(report, type="mask" if report.name in masks else "image", id_like=False, constant=False)
        if report.name in columns
        else report
        for report in reports
    )


def pictures_of(table: RawTable, column: FileColumn, files: Files, limits: Limits) -> tuple[Pixels, list[Finding]]:
    """(N, C, S, S) the pictures of a column; S is the smallest side that loses nothing, up to 128.

    Raises:
        DataError: naming line and column, if a row has no picture or one is damaged.
    """
    lacking = [table.place(row) for row, cell in enumerate(column.files) if cell is None]
    if lacking:
        raise DataError(f"column {column.name!r} has no picture in {named(lacking)}; every row needs one as input")
    side = side_for(column.looks)
    _check_memory(len(column.files) * 3 * side**2, limits)
    made = np.empty((len(column.files), 3, side, side), np.uint8)

    def put(cell: str, place: str) -> Pixels:
        return decoded(files.read(cell, PICTURE_BYTES), place, limits.pixels, side)

    for row, picture in enumerate(_each(table, column.name, column.files, put)):
        assert picture is not None
        made[row] = picture
    return without_idle_colour(made), _shape_findings(column, side)


def masks_of(
    table: RawTable, column: FileColumn, files: Files, limits: Limits
) -> tuple[Pixels, list[int], list[Finding]]:
    """(N, S, S) the masks of a column with classes 0, 1, 2 …, 255 without label; their values; what was noticed.

    Raises:
        DataError: naming line and column, if one is damaged or no mask.
    """
    side = side_for(column.looks)
    _check_memory(len(column.files) * side**2, limits)
    made = np.full((len(column.files), side, side), NO_LABEL, np.uint8)

    def put(cell: str, place: str) -> Pixels:
        return decoded_mask(files.read(cell, PICTURE_BYTES), place, limits.pixels, side)

    absent = np.array([cell is None for cell in column.files])
    for row, mask in enumerate(_each(table, column.name, column.files, put)):
        if mask is not None:
            made[row] = mask
    dense, values, found = dense_masks(made[~absent], column.name)
    made[~absent] = dense
    return made, values, found


def _each(table: RawTable, name: str, cells: Sequence[str | None], act: Callable[[str, str], T]) -> Iterator[T | None]:
    """What ``act`` makes of every cell; a file that several rows name is read once in a row.

    Raises:
        DataError: naming line and column.
    """
    before: tuple[str, T] | None = None
    for row, cell in enumerate(cells):
        if cell is None:
            yield None
            continue
        place = f"{table.place(row)}, column {name!r}"
        try:
            made = before[1] if before and before[0] == cell else act(cell, f"{place}: {cell[:100]}")
        except DataError as error:
            text = str(error)
            raise DataError(text if text.startswith(place) else f"{place}: {text}") from error
        before = (cell, made)
        yield made


def _check_memory(size: int, limits: Limits) -> None:
    if size > limits.unpacked:
        raise DataError(f"the pictures would take {size} bytes; at most {limits.unpacked} are kept: use fewer of them")


def other_shape(mask: FileColumn, picture: FileColumn) -> list[Finding]:
    """Masks whose sides have another ratio than those of their picture: they cannot lie upon it."""
    pairs = [(m, p) for m, p in zip(mask.rows, picture.rows, strict=True) if m is not None and p is not None]
    odd = sum(1 for m, p in pairs if not 0.95 <= (m.width * p.height) / (m.height * p.width) <= 1.05)
    return [finding("mask_shape", mask.name, count=odd)] if odd else []


def _shape_findings(column: FileColumn, side: int) -> list[Finding]:
    found = []
    oblong = sum(1 for look in column.looks if not 0.95 <= look.width / look.height <= 1.05)
    if oblong:
        found.append(finding("stretched", column.name, count=oblong))
    smallest = min(column.looks, key=lambda look: look.width * look.height)
    if 2 * max(smallest.width, smallest.height) < side:
        found.append(finding("enlarged", column.name, size=f"{smallest.width} × {smallest.height}", side=side))
    return found
