"""Arrays of an .npz file; large ones are mapped, so that their rows are read when they are asked for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_STORED, BadZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.lib.npyio import NpzFile
    from numpy.typing import NDArray

MAPPED = 32 * 2**20
"""Bytes from which on an array is mapped; smaller ones are read at once, and their checksum is held against them."""
HEADER = 30
"""Bytes of a zip's local header before the name, whose length and that of what follows it are its last four."""


def array_of(file: NpzFile, path: Path, name: str) -> NDArray[Any]:
    """One array of an open .npz file; what is written into a mapped one stays in this process.

    Raises:
        KeyError: if there is none of this name.
        ValueError: if it is damaged or holds objects.
        BadZipFile: likewise.
        OSError: if it cannot be read.
    """
    assert file.zip is not None  # it is open
    info = file.zip.getinfo(f"{name}.npy")
    if info.file_size < MAPPED or info.compress_type != ZIP_STORED:
        found: NDArray[Any] = file[name]
        return found
    return _mapped(path, info)


def _mapped(path: Path, info: ZipInfo) -> NDArray[Any]:
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        header = stream.read(HEADER)
        if len(header) < HEADER:
            raise BadZipFile(f"{info.filename} is cut off")
        stream.seek(sum(struct.unpack("<HH", header[-4:])), 1)
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_columns, kind = read(stream)
        if kind.hasobject:
            raise ValueError(f"{info.filename} holds objects")
        order = "F" if by_columns else "C"
        made = np.memmap(path, kind, "c", offset=stream.tell(), shape=shape, order=order)  # type: ignore[call-overload]
    return np.asarray(made)
