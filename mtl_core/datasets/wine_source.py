"""A wine table from where it can be had: the file in the data folder, else the download, else the stand-in."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_core.datasets import wine_table
from mtl_core.datasets.base import Progress, Source
from mtl_core.datasets.download import Unreachable, obtain
from mtl_core.datasets.files import folder_trouble
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from mtl_core.datasets.wine_table import Colour, Table


def obtain_table(folder: Path, colour: Colour) -> Generator[Progress, None, tuple[Table, Source, tuple[str, ...]]]:
    """The values of a colour's table, where they come from, and what a person should know of that.

    Raises:
        DataError: if the file in the folder, or what a server gave, is not the published one.
    """
    file, home = wine_table.remote_file(colour), wine_table.home_of(folder, colour)
    yield Progress(file.name, 0, file.size)
    path = wine_table.locate(folder, colour)
    if path is not None:
        return wine_table.read_file(path, colour), "uci", ()
    try:
        content, unkept = yield from obtain(file, home)
    except Unreachable as error:
        trouble = folder_trouble(home)
        notes = (stand_in_note(folder, colour, f"no download: {error}"), *((trouble,) if trouble else ()))
        return wine_table.stand_in(colour), "synthetic", notes
    return wine_table.parse(content, file.urls[0], colour), "uci", (unkept,) if unkept else ()


def first_look(folder: Path, colour: Colour) -> tuple[Table, Source, tuple[str, ...]]:
    """As :func:`obtain_table`, without a download: the file or the stand-in.

    Raises:
        DataError: if the file in the folder is not the published one.
    """
    path = wine_table.locate(folder, colour)
    if path is None:
        return wine_table.stand_in(colour), "synthetic", (stand_in_note(folder, colour, "it is not there yet"),)
    return wine_table.read_file(path, colour), "uci", ()


def fetch_table(folder: Path, colour: Colour) -> Generator[Progress, None, None]:
    """Download a colour's file into the data folder, or check the one that is there.

    Raises:
        DataError: if it cannot be had or kept, or is not the published one.
    """
    path = wine_table.locate(folder, colour)
    if path is not None:
        wine_table.read_file(path, colour)
        return
    _, unkept = yield from obtain(wine_table.remote_file(colour), wine_table.home_of(folder, colour), again=True)
    if unkept:
        raise DataError(unkept)


def stand_in_note(folder: Path, colour: Colour, reason: str) -> str:
    """What is said of rows that are not the real ones, and how to get those."""
    return (
        f"Synthetic stand-in: {wine_table.rows_of(colour)} rows made from the published quantiles and rank "
        f"correlations, because {wine_table.home_of(folder, colour)} was not found ({reason}). For the real data put "
        f"{wine_table.remote_file(colour).urls[0]} there."
    )
