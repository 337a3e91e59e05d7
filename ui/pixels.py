"""Small PNG files written by hand, with a palette or in true colour, as text for an ``img``."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray


def png(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """The file (PNG, 3rd edition: colour type 3, depth 8, no filter).

    Args:
        indices: (rows, columns) places in the palette.
        palette: (n ≤ 256, 4) red, green, blue, alpha.
    """
    colours = (
        (b"PLTE", np.ascontiguousarray(palette[:, :3]).tobytes()),
        (b"tRNS", np.ascontiguousarray(palette[:, 3]).tobytes()),
    )
    return _file(indices, 3, colours)


def photograph(picture: NDArray[np.uint8]) -> bytes:
    """The file (colour type 0 or 2) of a picture (rows, columns, 1 or 3), grey or red, green, blue."""
    rows, columns, channels = picture.shape
    return _file(picture.reshape(rows, columns * channels), {1: 0, 3: 2}[channels], (), channels)


def _file(
    values: NDArray[np.uint8], colour_type: int, before: tuple[tuple[bytes, bytes], ...], channels: int = 1
) -> bytes:
    rows, width = values.shape
    lines = np.zeros((rows, width + 1), dtype=np.uint8)  # each line begins with its filter, 0
    lines[:, 1:] = values
    header = struct.pack(">IIBBBBB", width // channels, rows, 8, colour_type, 0, 0, 0)
    parts = ((b"IHDR", header), *before, (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def data_uri(file: bytes) -> str:
    """The file as an address that holds it."""
    return f"data:image/png;base64,{b64encode(file).decode()}"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
