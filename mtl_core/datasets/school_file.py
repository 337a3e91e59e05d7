"""The file of the school data: where it is, how it is checked, and what its columns mean.

Its names come from the publication and from the file itself: boys' and girls' schools say which column is which
gender, and the schools' share of band 1 says which column is which band (a test holds both).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import checksum_of, first_file, read_bytes
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

FILE_NAME = "school.mat"
URLS = (
    "https://raw.githubusercontent.com/jiayuzhou/MALSAR/fb9751594983df020ddc4f7e4a40520ee7c37989/data/school.mat",
    "https://raw.githubusercontent.com/jiayuzhou/MALSAR/master/data/school.mat",
)
"""Where MALSAR (Zhou, Chen, Ye 2012) publishes it."""
CHECKSUM = "sha256:57fb3238fdd03a9aa17276e2ce18d9bbb5d128c3261e794fe6233b58b6909068"
SIZE = 44_759
_COUNTS = (
    "200 91 95 212 40 57 47 113 160 182 215 113 25 34 110 123 103 182 107 137 86 45 146 201 36 67 146 68 "
    "137 251 92 189 180 103 165 119 145 73 234 105 140 100 129 140 35 198 175 136 176 46 91 157 50 150 "
    "184 65 154 88 76 181 74 168 94 131 181 48 64 175 46 62 140 249 81 116 30 22 109 57 74 81 150 107 60 "
    "83 92 100 116 96 130 47 60 151 55 29 163 135 90 110 179 72 43 155 73 159 115 107 69 83 34 129 212 51 "
    "120 38 125 157 54 128 77 39 42 102 39 97 96 97 185 64 112 232 31 59 238 215 151 28 79 72 23 "
)
COUNTS = tuple(int(count) for count in _COUNTS.split())
"""Pupils of each school, in the file's order; 15 362 in all."""
SHARES = slice(3, 5)
"""The columns that are percentages; all others are 0 or 1."""
COLUMNS = (
    "year 1985",
    "year 1986",
    "year 1987",
    "school: % free school meals",
    "school: % verbal reasoning band 1",
    "girl",
    "boy",
    "verbal reasoning band 3",
    "verbal reasoning band 1",
    "verbal reasoning band 2",
    "English, Scottish, Welsh or Irish",
    "African",
    "Arab",
    "Bangladeshi",
    "Caribbean",
    "Greek",
    "Indian",
    "Pakistani",
    "South-east Asian",
    "Turkish",
    "other origin",
    "school: mixed",
    "school: boys",
    "school: girls",
    "school: maintained",
    "school: Church of England",
    "school: Roman Catholic",
    "constant",
)
CONSTANT_NOTE = f"Column {len(COLUMNS)} ('constant') is 1 for every pupil: it tells nothing, and acts as an intercept."


def remote_file() -> RemoteFile:
    """The file at MALSAR's repository."""
    return RemoteFile(FILE_NAME, URLS, CHECKSUM, SIZE)


def home_of(folder: Path) -> Path:
    """Where the file belongs in the data folder."""
    return folder / "school" / FILE_NAME


def locate(folder: Path) -> Path | None:
    """The file in the data folder, in its own folder or beside the others; None where it is in neither.

    Raises:
        DataError: if the data folder cannot be looked into.
    """
    return first_file(home_of(folder), folder / FILE_NAME)


def read_file(path: Path) -> tuple[Table, Table]:
    """The values of a file (see :func:`parse`).

    Raises:
        DataError: if it cannot be read or is not the published file.
    """
    return parse(read_bytes(path), str(path))


def parse(content: bytes, place: str) -> tuple[Table, Table]:
    """The pupils' columns (15362, 28) and exam scores (15362,), school below school.

    The checksum is looked at before anything is parsed, so that no unknown file ever reaches the MATLAB reader.

    Args:
        content: a MATLAB 5 file with the cells ``X`` (n_k, 28) and ``Y`` (n_k, 1) for each school k.
        place: how an error names it.

    Raises:
        DataError: if it is not the published file, or has not the published shape.
    """
    found = checksum_of(content, CHECKSUM)
    if found != CHECKSUM:
        what = f"its {len(content)} bytes have checksum {found}, the published {SIZE} bytes have {CHECKSUM}"
        raise _bad(place, f"it is truncated, altered or another file: {what}")
    from scipy.io import loadmat

    cells = loadmat(io.BytesIO(content), variable_names=("X", "Y"))  # type: ignore[arg-type]  # it takes streams too
    columns, scores = _stacked(cells, "X", len(COLUMNS), place), _stacked(cells, "Y", 1, place)
    if not (np.isfinite(columns).all() and np.isfinite(scores).all()):
        raise _bad(place, "every value must be a finite number")
    return columns, scores[:, 0]


def _stacked(cells: dict[str, Any], name: str, width: int, place: str) -> Table:
    """The matrices of a row of cells, one below the other."""
    if name not in cells:
        raise _bad(place, f"the variable {name!r} is missing")
    parts = list(np.ravel(cells[name]))
    if len(parts) != len(COUNTS):
        raise _bad(place, f"{name} holds {len(parts)} matrices, not {len(COUNTS)}")
    for i, (part, count) in enumerate(zip(parts, COUNTS, strict=True), start=1):
        if np.shape(part) != (count, width):
            raise _bad(place, f"{name} of school {i} has the shape {np.shape(part)}, not {(count, width)}")
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def _bad(place: str, what: str) -> DataError:
    return DataError(
        f"{place} is not the published {FILE_NAME}: {what}. "
        f"Delete or rename it, and it is downloaded again; or put the file from {URLS[0]} in its place."
    )
