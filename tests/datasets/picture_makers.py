"""Small files in the formats of the published picture data sets."""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def packed(path: Path, files: Mapping[str, bytes], *others: tarfile.TarInfo, mode: str = "w:gz") -> Path:
    """An archive of these files, and of other members that hold nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in others:
            archive.addfile(member)
    return path


def idx(values: np.ndarray) -> bytes:
    """Values in MNIST's format."""
    return struct.pack(f">I{values.ndim}I", 0x0800 + values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def binary_batch(pictures: np.ndarray, classes: np.ndarray) -> bytes:
    """A file of CIFAR-10's binary version."""
    flat = pictures.reshape(len(pictures), -1)
    return np.concatenate([classes.astype(np.uint8)[:, None], flat], axis=1).tobytes()


def pickled_batch(pictures: np.ndarray, classes: np.ndarray) -> bytes:
    """A file of CIFAR-10's Python version, as Python 2 pickled it (protocol 2)."""
    rows, columns = pictures.reshape(len(pictures), -1).shape
    shape = b"M" + struct.pack("<H", rows) + b"M" + struct.pack("<H", columns) + b"\x86"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    content = b"T" + struct.pack("<i", pictures.size) + pictures.tobytes()
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in classes) + b"e"
    return (
        b"\x80\x02}(U\x04data"
        + array
        + b"(K\x01"
        + shape
        + kind
        + b"\x89"
        + content
        + b"tbU\x06labels"
        + labels
        + b"u."
    )


def image_file(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """A picture (H, W) or (H, W, 3) as a file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()
