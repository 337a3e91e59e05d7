"""A small PNG written by hand: one byte a pixel, a palette with transparency, as text for an ``img``."""

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
    rows, columns = indices.shape
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)  # each line begins with its filter, 0
    lines[:, 1:] = indices
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", np.ascontiguousarray(palette[:, :3]).tobytes()),
        (b"tRNS", np.ascontiguousarray(palette[:, 3]).tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def data_uri(file: bytes) -> str:
    """The file as an address that holds it."""
    return f"data:image/png;base64,{b64encode(file).decode()}"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
