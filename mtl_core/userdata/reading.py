"""A CSV file as named columns of text, each row with the line on which it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from mtl_core.errors import DataError
from mtl_core.userdata import limits as most
from mtl_core.userdata.findings import SHOWN, Finding, finding, named
from mtl_core.userdata.limits import Limits
from mtl_core.userdata.names import usable_names
from mtl_core.userdata.sniffing import SAMPLE, check_encoding, delimiter_of, encoding_of
from mtl_core.userdata.texts import NUMBER, Texts, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 20_000
"""Rows that are turned into columns at a time."""
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class RawTable:
    """Columns of text, as they stand in a file.

    Attributes:
        names: of the columns, made usable.
        columns: their cells, cleaned; all of one length.
        lines: (N,) where each row begins; counted from 1.
        unit: what ``lines`` counts: ``line`` of a text file, ``row`` of a Parquet file.
        encoding, delimiter: how the text was read; empty for Parquet.
        findings: what was noticed on the way.
    """

    names: tuple[str, ...]
    columns: tuple[Texts, ...]
    lines: NDArray[np.int64]
    unit: str
    encoding: str = ""
    delimiter: str = ""
    findings: tuple[Finding, ...] = ()

    def column(self, name: str) -> Texts:
        """The cells of one column."""
        return self.columns[self.names.index(name)]

    def place(self, row: int) -> str:
        """How a person finds a row: ``line 17``."""
        return f"{self.unit} {self.lines[row]}"


def read_csv(
    content: bytes,
    place: str,
    limits: Limits,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    leave_out_bad_rows: bool = False,
) -> RawTable:
    """The table in a CSV file (RFC 4180, other delimiters too).

    Args:
        content: the file.
        place: how an error names it.
        limits: bounds on rows and columns.
        encoding, delimiter: None to find out.
        leave_out_bad_rows: rows with too many or too few fields are left out and reported, not refused.

    Raises:
        DataError: if it is no text, has no header or no rows, is beyond the limits, or a row is broken; the message
            names line and column.
    """
    found = []
    if encoding is None:
        encoding = encoding_of(content, place)
        if encoding in ("gb18030", "cp1252"):
            found.append(finding("encoding", encoding={"gb18030": "GB 18030", "cp1252": "Windows-1252"}[encoding]))
    else:
        check_encoding(content, encoding, place)
    stream = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    said, begin = _said_delimiter(stream, encoding)
    delimiter = delimiter or said or delimiter_of(content[:SAMPLE].decode(encoding, "ignore")[begin:])
    rows = _rows(stream, delimiter, place, first=2 if said else 1)
    header = next((cells for _, cells in rows if any(cell.strip() for cell in cells)), None)
    if header is None:
        raise DataError(f"{place} has no header: its first line must name the columns")
    table = _columns(rows, header, place, limits, leave_out_bad_rows)
    names, renamed = usable_names(header[: len(table.columns)])
    found += [*table.findings, *renamed, *_header_looks_like_data(header)]
    return RawTable(names, table.columns, table.lines, "line", encoding, delimiter, tuple(found))


def _said_delimiter(stream: TextIO, encoding: str) -> tuple[str | None, int]:
    """The delimiter that Excel's first line ``sep=;`` says, if there is one, and where the table begins."""
    first = stream.readline(16)
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
        return first[4], len(first)
    stream.seek(0)
    return None, 0


def _rows(stream: TextIO, delimiter: str, place: str, first: int) -> Iterator[Row]:
    """Every row that is not blank, with the line on which it begins."""
    reader = csv.reader(_lines(stream, place), delimiter=delimiter, strict=True)
    begin = first
    try:
        for cells in reader:
            if cells:
                yield begin, cells
            begin = first + reader.line_num
    except csv.Error as error:
        why = str(error)
        if "field larger" in why:
            why = f"a field is longer than {csv.field_size_limit()} characters: is a quotation mark not closed?"
        elif "unexpected end" in why or "expected after" in why:
            why = "a quotation mark is not closed, or stands within a quoted field without being doubled"
        raise DataError(f"{place}, line {begin}: {why}") from error


def _lines(stream: TextIO, place: str) -> Iterator[str]:
    number = 0
    while line := stream.readline(most.LONGEST_LINE + 1):
        number += 1
        if len(line) > most.LONGEST_LINE:
            raise DataError(f"{place}, line {number} is longer than {most.LONGEST_LINE} characters: this is no table")
        yield line


def _columns(rows: Iterator[Row], header: Sequence[str], place: str, limits: Limits, leave_out: bool) -> RawTable:
    """The rows as columns; names are still those of the file."""
    if len(header) > limits.columns:
        raise DataError(f"{place} has {len(header)} columns; at most {limits.columns} can be read")
    pieces: list[list[Any]] = [[] for _ in header]
    lines: list[int] = []
    bad: list[Row] = []
    empty = 0
    piece: list[list[str]] = []
    for line, cells in rows:
        if len(cells) != len(header):
            bad.append((line, cells))
        elif not any(cell.strip() for cell in cells):
            empty += 1
        else:
            lines.append(line)
            piece.append(cells)
        if len(lines) > limits.rows:
            raise DataError(f"{place} has more than {limits.rows} rows; at most so many can be read")
        if len(piece) == PIECE:
            _put(piece, pieces)
            piece = []
    _put(piece, pieces)
    if bad and not leave_out:
        shown = [_ragged(line, cells, header) for line, cells in bad[:SHOWN]]
        raise DataError(f"{place}: {named(shown, len(bad))}. Mend the rows, or have them left out")
    if not lines:
        raise DataError(f"{place} has a header and no rows")
    columns = [Texts.of(column).cleaned() for column in pieces]
    while len(columns) > 1 and not header[len(columns) - 1].strip() and columns[-1].missing().all():
        columns.pop()  # a delimiter at the end of every line
    places = named([f"{line} ({len(cells)})" for line, cells in bad[:SHOWN]], len(bad))
    found = [finding("bad_rows", count=len(bad), places=places)] if bad else []
    found += [finding("empty_rows", count=empty)] if empty else []
    return RawTable((), tuple(columns), np.array(lines, np.int64), "line", findings=tuple(found))


def _put(piece: list[list[str]], pieces: list[list[Any]]) -> None:
    for column, cells in zip(pieces, zip(*piece, strict=True), strict=False):
        column.append(packed(cells))


def _ragged(line: int, cells: Sequence[str], header: Sequence[str]) -> str:
    extra = len(cells) - len(header)
    where = f"{cells[-extra][:30]!r} is beyond the last column" if extra > 0 else f"{header[extra]!r} is lacking"
    return f"line {line} has {len(cells)} fields instead of {len(header)} ({where})"


def _header_looks_like_data(header: Sequence[str]) -> list[Finding]:
    names = Texts.of([packed(header)]).cleaned()
    numbers = names.matches(NUMBER["."]) | names.matches(NUMBER[","])
    return [finding("no_header")] if numbers.all() else []
