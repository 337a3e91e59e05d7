"""Looking for, reading, checking and writing the files of data sets."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from mtl_core.errors import DataError
from mtl_core.settings import DATA_DIR_VARIABLE


def first_file(*paths: Path) -> Path | None:
    """The first of these paths at which there is a file.

    Raises:
        DataError: if a folder cannot be looked into.
    """
    for path in paths:
        try:
            if path.is_file():
                return path
        except OSError as error:
            raise DataError(f"{path} cannot be looked at: {_words(error)}; mend the rights of its folder") from error
    return None


def folder_trouble(path: Path) -> str:
    """Why a file cannot be put at this path, with what to do; empty where it can. Makes the folder if it is missing."""
    advice = f"set {DATA_DIR_VARIABLE} to a folder that can be written"
    if path.is_dir():
        return f"{path} is a folder, and must be a file: move it away"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"The data folder {path.parent.parent} cannot be used ({_words(error)}): {advice}"
    return "" if os.access(path.parent, os.W_OK) else f"The folder {path.parent} cannot be written: {advice}"


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {_words(error)}; mend its rights or delete it") from error


def checksum_of(content: bytes, like: str) -> str:
    """The content's checksum by the algorithm of ``like``, e.g. ``md5:0cc175b9…``."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()}"


def write_aside(content: bytes, path: Path) -> None:
    """Write a file beside its place and rename it into it, so that a half-written one is never seen.

    Raises:
        OSError: if the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with aside.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _words(error: OSError) -> str:
    return error.strerror or str(error)
