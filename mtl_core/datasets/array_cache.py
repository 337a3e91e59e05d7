"""Arrays that took long to make, kept in the home's cache and made anew when what they were made from has changed."""

from __future__ import annotations

import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from mtl_core.errors import DataError
from mtl_core.mapped import array_of
from mtl_core.settings import HOME_VARIABLE, home_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

KEY = "made_from"


def key_of(files: Iterable[Path], *options: object) -> str:
    """What arrays depend on: options, and name, size and time of change of files, or of all files of a folder.

    Raises:
        DataError: if a folder or file cannot be looked at.
    """
    found = hashlib.sha256(repr(options).encode())
    for path in files:
        try:
            stats = [(entry.name, entry.stat()) for entry in os.scandir(path)] if path.is_dir() else []
            for name, stat in sorted(stats) or [(path.name, path.stat())]:
                found.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        except OSError as error:
            raise DataError(f"{path} cannot be looked at: {error.strerror or error}; mend its rights") from error
    return found.hexdigest()


def cached(name: str, key: str, wanted: Iterable[str]) -> dict[str, NDArray[Any]] | None:
    """The wanted arrays that :func:`keep` kept under this name; None where there are none or the key is another one.

    Large ones are mapped (:mod:`mtl_core.mapped`). A damaged file counts as none: what it held is made anew and kept
    in its place.
    """
    try:
        with np.load(_path(name), allow_pickle=False) as kept:
            return {array: array_of(kept, _path(name), array) for array in wanted} if str(kept[KEY]) == key else None
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):
        return None


def keep(name: str, key: str, arrays: Arrays) -> str:
    """Keep arrays in place of what was kept under the name before; returns a note, empty where that worked."""
    path = _path(name)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("xb") as stream:
                np.savez(stream, allow_pickle=False, **{KEY: np.array(key)}, **arrays)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        return (
            f"What was made ready could not be kept at {path} ({error.strerror or error}), so each run makes it "
            f"again. Set {HOME_VARIABLE} to a folder that can be written."
        )
    return ""


def _path(name: str) -> Path:
    return home_dir() / "cache" / f"{name}.npz"
