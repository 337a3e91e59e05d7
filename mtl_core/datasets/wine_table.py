"""The two wine tables, red and white: where they are, how they are checked, and the stand-in where there is none."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mtl_core.datasets.base import SPLIT_SEED
from mtl_core.datasets.copula import correlated_ranks, values_from_quantiles
from mtl_core.datasets.delimited import read_numbers
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import checksum_of, first_file, read_bytes
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

Colour = Literal["red", "white"]
COLOURS: tuple[Colour, ...] = ("red", "white")
URL_VARIABLE = "MTL_WINE_URL"
"""Environment variable with another address of the red file, e.g. a mirror within an institute; the white one is
looked for beside it."""
URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/winequality-red.csv"
FILE_NAME = "winequality-red.csv"
CHECKSUM = "sha256:4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e"
SIZE = 84_199
ROWS = 1599
WHITE_FILE_NAME = "winequality-white.csv"
WHITE_CHECKSUM = "sha256:76c3f809815c17c07212622f776311faeb31e87610d52c26d87d6e361b169836"
WHITE_SIZE = 264_426
WHITE_ROWS = 4898
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


def rows_of(colour: Colour) -> int:
    """Wines of a colour."""
    return ROWS if colour == "red" else WHITE_ROWS


def remote_file(colour: Colour = "red") -> RemoteFile:
    """The file at UCI, or at the address in ``MTL_WINE_URL``; the white one is looked for beside the red one."""
    address = os.environ.get(URL_VARIABLE) or URL
    if colour == "red":
        return RemoteFile(FILE_NAME, (address,), CHECKSUM, SIZE)
    beside = f"{address.rpartition('/')[0]}/{WHITE_FILE_NAME}"
    return RemoteFile(WHITE_FILE_NAME, (beside,), WHITE_CHECKSUM, WHITE_SIZE)


def home_of(folder: Path, colour: Colour = "red") -> Path:
    """Where the file belongs in the data folder."""
    return folder / "wine_quality" / remote_file(colour).name


def locate(folder: Path, colour: Colour = "red") -> Path | None:
    """The file in the data folder, in its own folder or beside the others; None where it is in neither.

    Raises:
        DataError: if the data folder cannot be looked into.
    """
    return first_file(home_of(folder, colour), folder / remote_file(colour).name)


def read_file(path: Path, colour: Colour = "red") -> Table:
    """The 1599 × 12 or 4898 × 12 values of a file.

    Raises:
        DataError: if it cannot be read or is not the published file (see :func:`parse`).
    """
    return parse(read_bytes(path), str(path), colour)


def parse(content: bytes, place: str, colour: Colour = "red") -> Table:
    """The values of the published file; line ends may have become those of Windows.

    Args:
        content: the file.
        place: how an error names it.
        colour: whose file it must be.

    Raises:
        DataError: naming what is wrong: no text, a missing column, a cell that is no number, missing rows, or a
            checksum that shows that values were changed.
    """
    file = remote_file(colour)

    def bad(what: str) -> DataError:
        return DataError(
            f"{place} is not the published {file.name}: {what}. "
            f"Delete or rename it, and it is downloaded again; or put the file from {file.urls[0]} in its place."
        )

    content = content.replace(b"\r\n", b"\n")
    table = read_numbers(content, COLUMNS, ";", rows_of(colour), bad)
    found = checksum_of(content, file.checksum)
    if found != file.checksum:
        raise bad(f"its values were altered: its checksum is {found}, that of the published file {file.checksum}")
    return table


@cache
def facts(colour: Colour = "red") -> dict[str, Any]:
    """The published summary that the stand-in is made from."""
    loaded = json.loads(Path(__file__).with_name("wine_facts.json").read_text("utf-8"))
    known: dict[str, Any] = loaded[colour]
    return known


@cache
def stand_in(colour: Colour = "red") -> Table:
    """As many synthetic rows as the file has, with the published quantiles, rank correlations and quality counts."""
    known, rows = facts(colour), rows_of(colour)
    marginals = []
    for column in COLUMNS[:-1]:
        about = known["columns"][column]
        values = values_from_quantiles(np.array(about["quantiles"]), about["mean"], rows)
        marginals.append(np.round(values, about["decimals"]))
    counts = known["quality_counts"]
    marginals.append(np.repeat([float(score) for score in counts], list(counts.values())))
    table = correlated_ranks(np.array(known["spearman"]), rows, marginals, SPLIT_SEED)
    table.setflags(write=False)
    return table
