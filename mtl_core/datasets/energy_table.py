"""The energy table: where it is, how it is read and checked, and the stand-in where there is none.

It is a full design: 12 building shapes × 4 orientations × (no glazing, or 3 shares of glazing × 5 distributions).
"""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.base import SPLIT_SEED
from mtl_core.datasets.delimited import read_numbers
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import checksum_of, first_file, read_bytes
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

FOLDER = "energy_efficiency"
WORKBOOK, CSV = "ENB2012_data.xlsx", "ENB2012.csv"
"""What UCI publishes, and the same table as text, which many have made from it."""
URLS = ("https://archive.ics.uci.edu/ml/machine-learning-databases/00242/ENB2012_data.xlsx",)
CHECKSUM = "sha256:0089fcffc1415e41e2ff63730cca5280efe54fc43d722dfde1b0aaa808e35dc4"
SIZE = 76_189
VALUES_CHECKSUM = "sha256:740da7fc284d5ded1e131ec1c76fb4d3fe9ebb0c527563c73d140e3df02ac290"
"""Of the values in hundredths as 32-bit integers, row by row: the same for the workbook and for a text made of it."""
ROWS = 768
SHAPES = 12
CODES = ("X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "Y1", "Y2")
COLUMNS = (
    "relative compactness",
    "surface area",
    "wall area",
    "roof area",
    "overall height",
    "orientation",
    "glazing area",
    "glazing area distribution",
    "heating load",
    "cooling load",
)
OUTLINES = (
    (0.98, 514.5, 294.0, 110.25, 7.0, 22.9, 25.7),
    (0.90, 563.5, 318.5, 122.5, 7.0, 26.8, 30.3),
    (0.86, 588.0, 294.0, 147.0, 7.0, 23.8, 27.4),
    (0.82, 612.5, 318.5, 147.0, 7.0, 20.8, 24.6),
    (0.79, 637.0, 343.0, 147.0, 7.0, 33.8, 36.8),
    (0.76, 661.5, 416.5, 122.5, 7.0, 30.9, 32.9),
    (0.74, 686.0, 245.0, 220.5, 3.5, 7.1, 11.3),
    (0.71, 710.5, 269.5, 220.5, 3.5, 7.2, 11.6),
    (0.69, 735.0, 294.0, 220.5, 3.5, 7.6, 11.8),
    (0.66, 759.5, 318.5, 220.5, 3.5, 8.0, 12.4),
    (0.64, 784.0, 343.0, 220.5, 3.5, 11.8, 16.8),
    (0.62, 808.5, 367.5, 220.5, 3.5, 9.5, 11.8),
)
"""The 12 shapes (first five columns), and the loads without glazing of a least-squares fit to the published table."""
GLAZING = (20.4, 14.8)
SPREAD = (1.38, 1.78)
"""Of that fit: loads per unit of glazing area, and the standard deviations of what it leaves."""


def remote_file() -> RemoteFile:
    """The workbook at UCI."""
    return RemoteFile(WORKBOOK, URLS, CHECKSUM, SIZE)


def home_of(folder: Path) -> Path:
    """Where the workbook belongs in the data folder."""
    return folder / FOLDER / WORKBOOK


def locate(folder: Path) -> Path | None:
    """The workbook, else the text, in its own folder or beside the others; None where there is neither.

    Raises:
        DataError: if the data folder cannot be looked into.
    """
    own = folder / FOLDER
    return first_file(own / WORKBOOK, folder / WORKBOOK, own / CSV, folder / CSV)


def read_file(path: Path) -> Table:
    """The 768 × 10 values of a file, to two decimals.

    Raises:
        DataError: if it cannot be read or does not hold the published values.
    """
    return parse(read_bytes(path), str(path))


def parse(content: bytes, place: str) -> Table:
    """The 768 × 10 values of the workbook or of a text with its columns, to two decimals.

    A workbook's checksum is looked at before anything of it is unpacked.

    Args:
        content: the file.
        place: how an error names it; a name that ends in .csv is read as text.

    Raises:
        DataError: naming what is wrong.
    """

    def bad(what: str) -> DataError:
        return DataError(
            f"{place} is not the published table of building energy: {what}. "
            f"Delete or rename it, and the workbook is downloaded; or put {URLS[0]} into its folder."
        )

    if place.endswith(".csv"):
        table = np.round(read_numbers(content, CODES, ",", ROWS, bad), 2)
    else:
        found = checksum_of(content, CHECKSUM)
        if found != CHECKSUM:
            what = f"its {len(content)} bytes have checksum {found}, the published {SIZE} bytes have {CHECKSUM}"
            raise bad(f"it is truncated, altered or another file: {what}")
        table = np.round(_from_workbook(content), 2)
    found = values_checksum(table)
    if found != VALUES_CHECKSUM:
        raise bad(f"its values were altered: their checksum is {found}, that of the published ones {VALUES_CHECKSUM}")
    return table


def values_checksum(table: Table) -> str:
    """Of the values in hundredths, so that ``7`` and ``7.0`` are the same."""
    return checksum_of(np.rint(table * 100).astype("<i4").tobytes(), VALUES_CHECKSUM)


def _from_workbook(content: bytes) -> Table:
    """The numbers of the first sheet: its rows after the header that hold any."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    rows = [re.findall(r"<v>([^<]*)</v>", row) for row in re.findall(r"<row .*?</row>", sheet)[1:]]
    return np.array([[float(cell) for cell in row] for row in rows if row])


@cache
def design() -> Table:
    """(768, 8) the inputs, in the order of the published table."""
    panes = [(0.0, 0.0), *((area, float(spread)) for area in (0.1, 0.25, 0.4) for spread in range(1, 6))]
    rows = [
        (*outline[:5], orientation, *pane)
        for pane in panes
        for outline in OUTLINES
        for orientation in (2.0, 3.0, 4.0, 5.0)
    ]
    return np.array(rows)


def shape_numbers() -> NDArray[np.int64]:
    """(768,) which of the 12 shapes each row of the table has."""
    return np.tile(np.repeat(np.arange(SHAPES), 4), ROWS // SHAPES // 4)


@cache
def stand_in() -> Table:
    """The published inputs with made-up loads: those of the shape, more with more glazing, and normal noise."""
    inputs, outlines = design(), np.array(OUTLINES)
    loads = outlines[shape_numbers(), 5:] + inputs[:, 6:7] * np.array(GLAZING)
    noise = np.random.default_rng(SPLIT_SEED).standard_normal((ROWS, 2)) * np.array(SPREAD)
    table = np.column_stack((inputs, np.round(loads + noise, 2)))
    table.setflags(write=False)
    return table
