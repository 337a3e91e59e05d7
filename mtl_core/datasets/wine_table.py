"""The red wine table: where it is, how it is checked, and the stand-in where there is none."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets.base import SPLIT_SEED
from mtl_core.datasets.copula import correlated_ranks, values_from_quantiles
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import checksum_of, first_file, read_bytes
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

URL_VARIABLE = "MTL_WINE_URL"
"""Environment variable with another address of the same file, e.g. a mirror within an institute."""
URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/winequality-red.csv"
FILE_NAME = "winequality-red.csv"
CHECKSUM = "sha256:4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e"
SIZE = 84_199
ROWS = 1599
COLUMNS = (
    "fixed acidity",
    "volatile acidity",
    "citric acid",
    "residual sugar",
    "chlorides",
    "free sulfur dioxide",
    "total sulfur dioxide",
    "density",
    "pH",
    "sulphates",
    "alcohol",
    "quality",
)


def remote_file() -> RemoteFile:
    """The file at UCI, or at the address in ``MTL_WINE_URL``."""
    return RemoteFile(FILE_NAME, (os.environ.get(URL_VARIABLE) or URL,), CHECKSUM, SIZE)


def home_of(folder: Path) -> Path:
    """Where the file belongs in the data folder."""
    return folder / "wine_quality" / FILE_NAME


def locate(folder: Path) -> Path | None:
    """The file in the data folder, in its own folder or beside the others; None where it is in neither.

    Raises:
        DataError: if the data folder cannot be looked into.
    """
    return first_file(home_of(folder), folder / FILE_NAME)


def read_file(path: Path) -> Table:
    """The 1599 × 12 values of a file.

    Raises:
        DataError: if it cannot be read or is not the published file (see :func:`parse`).
    """
    return parse(read_bytes(path), str(path))


def parse(content: bytes, place: str) -> Table:
    """The 1599 × 12 values of the published file; line ends may have become those of Windows.

    Args:
        content: the file.
        place: how an error names it.

    Raises:
        DataError: naming what is wrong: no text, a missing column, a cell that is no number, missing rows, or a
            checksum that shows that values were changed.
    """
    content = content.replace(b"\r\n", b"\n")
    table = _checked_values(content, place)
    found = checksum_of(content, CHECKSUM)
    if found != CHECKSUM:
        raise _bad(place, f"its values were altered: its checksum is {found}, that of the published file {CHECKSUM}")
    return table


def _checked_values(content: bytes, place: str) -> Table:
    try:
        header, *lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise _bad(place, f"it is corrupt: byte {error.start} is no text") from error
    except ValueError:
        raise _bad(place, "it is empty") from None
    names = [name.strip().strip('"') for name in header.split(";")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise _bad(place, f"column {missing[0]!r} is missing; its columns, separated by ';', are {names}")
    table = np.array([_row(line, names, i, place) for i, line in enumerate(lines, start=2)])
    if len(table) < ROWS:
        raise _bad(place, f"it is truncated: {len(table)} of {ROWS} rows")
    return np.ascontiguousarray(table[:, [names.index(name) for name in COLUMNS]])


def _row(line: str, names: list[str], number: int, place: str) -> list[float]:
    cells = line.split(";")
    if len(cells) != len(names):
        raise _bad(place, f"line {number} has {len(cells)} cells, not {len(names)}: it is truncated or corrupt")
    values = []
    for name, cell in zip(names, cells, strict=True):
        try:
            value = float(cell or "nan")
        except ValueError:
            raise _bad(place, f"line {number}, column {name!r}: {cell[:40]!r} is no number") from None
        if not np.isfinite(value):
            raise _bad(place, f"line {number}, column {name!r}: every value must be a finite number, found {cell!r}")
        values.append(value)
    return values


def _bad(place: str, what: str) -> DataError:
    return DataError(
        f"{place} is not the published {FILE_NAME}: {what}. "
        f"Delete or rename it, and it is downloaded again; or put the file from {remote_file().urls[0]} in its place."
    )


@cache
def facts() -> dict[str, Any]:
    """The published summary that the stand-in is made from."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("wine_facts.json").read_text("utf-8"))
    return loaded


@cache
def stand_in() -> Table:
    """1599 × 12 synthetic values with the published quantiles, rank correlations and counts of quality."""
    known = facts()
    marginals = []
    for column in COLUMNS[:-1]:
        about = known["columns"][column]
        values = values_from_quantiles(np.array(about["quantiles"]), about["mean"], ROWS)
        marginals.append(np.round(values, about["decimals"]))
    counts = known["quality_counts"]
    marginals.append(np.repeat([float(score) for score in counts], list(counts.values())))
    table = correlated_ranks(np.array(known["spearman"]), ROWS, marginals, SPLIT_SEED)
    table.setflags(write=False)
    return table
