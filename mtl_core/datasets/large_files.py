"""Files too large for memory: downloaded straight to their place, with progress and a checksum, and checked there."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Generator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import BinaryIO

from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile, Unreachable, check_not_tried, forget, pieces, remember
from mtl_core.datasets.files import folder_trouble
from mtl_core.errors import DataError
from mtl_core.settings import DATA_DIR_VARIABLE

STALE_SECONDS = 3600.0
"""A piece that nobody has written to for so long was left by a download whose process was ended."""


def obtain_large(file: RemoteFile, path: Path, *, again: bool = False) -> Generator[Progress, None, None]:
    """Download a file to ``path``; it stands there whole and with the right checksum, or not at all.

    Args:
        file: what is published, and where.
        path: where it belongs.
        again: try even if no server could be reached a short while ago.

    Raises:
        Unreachable: if no server gave the file.
        DataError: if it has another checksum, or the folder cannot be written or has no room for it.
    """
    if not again:
        check_not_tried(file)
    _check_place(file, path)
    reasons: list[str] = []
    altered: list[str] = []
    for url in file.urls:
        try:
            wrong = yield from _fill(url, file, path)
        except Unreachable as error:
            reasons.append(str(error))
            continue
        if not wrong:
            forget(file)
            return
        altered.append(wrong)
    if altered:
        advice = f"Nothing of it was kept. Try again later, or put the right file at {path} yourself."
        raise DataError(f"{'; '.join(altered)}. {advice}")
    remember(file, "; ".join(reasons))
    raise Unreachable("; ".join(reasons))


def check_large(file: RemoteFile, path: Path) -> Generator[Progress, None, None]:
    """Check a file that lies there already, piece by piece.

    Raises:
        DataError: if it cannot be read or is not the published one.
    """
    found, size = hashlib.new(file.checksum.partition(":")[0], usedforsecurity=False), 0
    try:
        with path.open("rb") as stream:
            while piece := stream.read(1 << 24):
                found.update(piece)
                size += len(piece)
                yield Progress(f"{file.name}: checksum", size, file.size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; mend its rights or delete it") from error
    if f"{found.name}:{found.hexdigest()}" != file.checksum:
        raise DataError(
            f"{path} is truncated, corrupt or altered: its {size} bytes have checksum {found.name}:"
            f"{found.hexdigest()}, the original has {file.checksum}. Delete it, and it is downloaded again."
        )


def _check_place(file: RemoteFile, path: Path) -> None:
    """Whether the file can be put there; makes no folder, as nothing has arrived yet."""
    there = next(parent for parent in path.parents if parent.exists())
    if path.is_dir() or not there.is_dir() or not os.access(there, os.W_OK):
        raise DataError(f"{file.name} cannot be kept at {path}. {folder_trouble(path)}")
    for left in path.parent.glob(f".{path.name}.*.part"):
        with suppress(OSError):  # another download may have just ended and taken its piece away
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink()
    free = shutil.disk_usage(there).free
    if free < file.size:
        raise DataError(
            f"{file.name} needs {file.size / 1e6:.0f} MB, and {there} has {free / 1e6:.0f} MB left: make room, "
            f"or set {DATA_DIR_VARIABLE} to a folder on another disk"
        )


def _fill(url: str, file: RemoteFile, path: Path) -> Generator[Progress, None, str]:
    """Download beside the place and rename into it; returns what is wrong with the content, empty where it is right."""
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        size, found = yield from _write_pieces(url, file, aside)
        if found != file.checksum:
            must = f"{file.name} must have {file.size} bytes and {file.checksum}"
            return f"{url} gave {size} bytes with checksum {found}; {must}"
        aside.replace(path)
    except OSError as error:
        raise DataError(
            f"{file.name} could not be kept at {path} ({error.strerror or error}): make room there, or set "
            f"{DATA_DIR_VARIABLE} to another folder"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return ""


def _write_pieces(url: str, file: RemoteFile, aside: Path) -> Generator[Progress, None, tuple[int, str]]:
    """Bytes and checksum of what came; the file is begun when the first piece is there."""
    found, size = hashlib.new(file.checksum.partition(":")[0], usedforsecurity=False), 0
    with ExitStack() as files:
        stream: BinaryIO | None = None
        for piece in files.enter_context(closing(pieces(url, file))):
            yield Progress(file.name, size, file.size)
            if not piece:
                continue
            if stream is None:
                aside.parent.mkdir(parents=True, exist_ok=True)
                stream = files.enter_context(aside.open("xb"))
            stream.write(piece)
            found.update(piece)
            size += len(piece)
            if size > file.size:  # more than it can be: the checksum will say so
                break
        yield Progress(file.name, size, file.size)
        if stream is not None:
            stream.flush()
            os.fsync(stream.fileno())
    return size, f"{found.name}:{found.hexdigest()}"
