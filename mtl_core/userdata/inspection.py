"""Inspection: a first look at a file or folder, before anything is chosen or kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.errors import DataError
from mtl_core.userdata import parquet
from mtl_core.userdata.archives import TABLE, Files, FolderFiles, ZipFiles
from mtl_core.userdata.findings import Finding, finding
from mtl_core.userdata.folders import FileColumn, file_columns, masks_of, pictures_of, with_files
from mtl_core.userdata.inference import ColumnReport, report_on, suggested
from mtl_core.userdata.limits import PAGE, Limits
from mtl_core.userdata.manifest import Choice, Origin
from mtl_core.userdata.names import similar_names
from mtl_core.userdata.reading import RawTable, read_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Made = tuple[NDArray[np.uint8], list[int], list[Finding]]

PREVIEW_ROWS = 8


@dataclass(frozen=True)
class Inspection:
    """What is in a file or folder.

    Attributes:
        origin: the file, and how it was read.
        table: its cells.
        columns: what each column looks like.
        findings: what was noticed while it was read.
        suggested: what each column might be used for.
        limits: bounds that hold for it.
        files: pictures and masks by name; None for a mere table.
        file_columns: the columns that name them.
    """

    origin: Origin
    table: RawTable
    columns: tuple[ColumnReport, ...]
    findings: tuple[Finding, ...]
    suggested: dict[str, Choice]
    limits: Limits
    files: Files | None = None
    file_columns: dict[str, FileColumn] = field(default_factory=dict)
    _made: dict[str, Made] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return len(self.table.lines)

    @cached_property
    def preview(self) -> tuple[tuple[str | None, ...], ...]:
        """The first rows as texts, in the order of ``columns``; None where a value is missing."""
        columns = [texts.cells(PREVIEW_ROWS) for texts in self.table.columns]
        return tuple(zip(*columns, strict=True))

    def pictures(self, name: str) -> tuple[NDArray[np.uint8], list[Finding]]:
        """(N, C, S, S) the pictures that a column names, decoded once; and what was noticed.

        Raises:
            DataError: naming line and column of one that is damaged.
        """
        assert self.files is not None
        if name not in self._made:
            made, found = pictures_of(self.table, self.file_columns[name], self.files, self.limits)
            self._made[name] = made, [], found
        made, _, found = self._made[name]
        return made, found

    def masks(self, name: str) -> Made:
        """(N, S, S) the masks that a column names, decoded once; the values of their classes; what was noticed.

        Raises:
            DataError: naming line and column of one that is damaged.
        """
        assert self.files is not None
        key = f"mask of {name}"
        if key not in self._made:
            self._made[key] = masks_of(self.table, self.file_columns[name], self.files, self.limits)
        return self._made[key]


def inspect(
    source: Path | bytes,
    filename: str = "",
    *,
    limits: Limits = PAGE,
    encoding: str | None = None,
    delimiter: str | None = None,
    leave_out_bad_rows: bool = False,
) -> Inspection:
    """Look at a CSV or Parquet file, a zip archive or (by its path) a folder; nothing is written.

    Args:
        source: where it is, or its content as it was uploaded.
        filename: how it is called; by default the path's name.
        limits: bounds on what is read.
        encoding, delimiter: of a CSV file, where the guess was wrong.
        leave_out_bad_rows: rows with too many or too few fields are left out and reported, not refused.

    Raises:
        DataError: if it cannot be read, is beyond the limits, or a row or picture is broken; naming line and column.
    """
    place = Path(filename).name or (source.name if isinstance(source, Path) else "the upload")
    options: dict[str, Any] = {
        "encoding": encoding,
        "delimiter": delimiter,
        "leave_out_bad_rows": leave_out_bad_rows,
    }
    if isinstance(source, Path) and source.is_dir():
        return _of_files(FolderFiles(source, limits), Origin(name=place, format="folder"), limits, options)
    content = _content(source, limits, place)
    if content.startswith(b"PK\x03\x04") and not place.lower().endswith((".xlsx", ".ods", ".docx")):
        return _of_files(ZipFiles(content, place, limits), Origin(name=place, format="zip"), limits, options)
    origin = Origin(name=place, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    if content.startswith(parquet.MAGIC):
        table = parquet.read_parquet(content, place, limits)
        return _inspection(table, origin.model_copy(update={"format": "parquet"}), limits)
    return _inspection(read_csv(content, place, limits, **options), origin, limits)


def _content(source: Path | bytes, limits: Limits, place: str) -> bytes:
    if isinstance(source, Path):
        try:
            with source.open("rb") as stream:
                content = stream.read(limits.file + 1)
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror or error}") from error
    else:
        content = source
    if len(content) > limits.file:
        raise DataError(f"{place} has more than {limits.file / 2**20:.0f} MB, the most that can be read")
    return content


def _of_files(files: FolderFiles | ZipFiles, origin: Origin, limits: Limits, options: dict[str, Any]) -> Inspection:
    table = read_csv(files.read(TABLE, limits.file), f"{origin.name}/{TABLE}", limits, **options)
    columns = file_columns(table, files, limits)
    update = {"bytes": files.size(), "sha256": files.digest()}
    return _inspection(table, origin.model_copy(update=update), limits, files, columns)


def _inspection(
    table: RawTable,
    origin: Origin,
    limits: Limits,
    files: Files | None = None,
    columns: dict[str, FileColumn] | None = None,
) -> Inspection:
    plain = [report_on(name, texts) for name, texts in zip(table.names, table.columns, strict=True)]
    reports = with_files(plain, columns or {})
    origin = origin.model_copy(update={"encoding": table.encoding, "delimiter": table.delimiter})
    return Inspection(
        origin=origin,
        table=table,
        columns=reports,
        findings=(*table.findings, *similar_names(table.names), *_type_findings(reports, table)),
        suggested=suggested(reports, len(table.lines)),
        limits=limits,
        files=files,
        file_columns=columns or {},
    )


def _type_findings(reports: Sequence[ColumnReport], table: RawTable) -> list[Finding]:
    found = []
    for report in reports:
        if report.type == "empty":
            found.append(finding("empty", report.name))
        elif report.constant:
            found.append(finding("constant", report.name, value=report.examples[0]))
        elif report.type == "date":
            found.append(finding("date", report.name))
        elif report.id_like:
            found.append(finding("id_like", report.name))
    return found
