"""The settings that come from the environment, and the folders they name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtl_core.errors import MTLError

DATA_DIR_VARIABLE = "MTL_DATA_DIR"
HOME_VARIABLE = "MTL_HOME"
MEMORY_VARIABLE = "MTL_DEVICE_MEMORY"
PROJECT = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """Folder in which data sets are looked for and to which they are downloaded (default ``data/``)."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or PROJECT / "data").expanduser().absolute()


@contextmanager
def data_folder(folder: str) -> Iterator[None]:
    """Within it data are looked for in this folder, as a process that trains a run does it."""
    before = os.environ.get(DATA_DIR_VARIABLE)
    os.environ[DATA_DIR_VARIABLE] = folder
    try:
        yield
    finally:
        os.environ.pop(DATA_DIR_VARIABLE)
        if before is not None:
            os.environ[DATA_DIR_VARIABLE] = before


def home_dir() -> Path:
    """Folder of the run store, artifacts and logs (default ``.mtl_lab/``)."""
    return Path(os.environ.get(HOME_VARIABLE) or PROJECT / ".mtl_lab").expanduser().absolute()


def device_memory() -> int | None:
    """Bytes that a run's data may take on its device, as MTL_DEVICE_MEMORY says in MiB; None where it says nothing.

    Raises:
        MTLError: if it is no whole number of at least 1.
    """
    wanted = os.environ.get(MEMORY_VARIABLE, "")
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit()) or int(wanted) < 1:
        raise MTLError(f"{MEMORY_VARIABLE} must be a whole number of MiB, at least 1 (found {wanted!r})")
    return int(wanted) * 2**20
