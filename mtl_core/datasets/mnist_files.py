"""The four files of MNIST: found packed or unpacked, checked, downloaded, and unpacked outside the data folder."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator
from pathlib import Path

from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile, obtain
from mtl_core.datasets.files import checksum_of, first_file, read_bytes, write_aside
from mtl_core.errors import DataError
from mtl_core.settings import HOME_VARIABLE, home_dir

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
"""As torchvision's ``MNIST.mirrors`` and, below, ``MNIST.resources``: repeated here because a page that downloads
must not import torch; a test holds them equal."""
PACKED = {
    "train-images-idx3-ubyte": ("md5:f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
    "train-labels-idx1-ubyte": ("md5:d53e105ee54ea40749a09fcbcd1e9432", 28_881),
    "t10k-images-idx3-ubyte": ("md5:9fb629c4189551a2d022fa330f9573f3", 1_648_877),
    "t10k-labels-idx1-ubyte": ("md5:ec29112dd5afa0611ce80d1b7f02629c", 4_542),
}
"""Checksum and bytes of each .gz."""
UNPACKED = {
    "train-images-idx3-ubyte": "md5:6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "md5:a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "md5:2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "md5:27ae3e4e09519cfbb04c329615203637",
}
"""Checksum of each file after unpacking."""


def raw_folder(folder: Path) -> Path:
    """Where torchvision keeps the files in a data folder."""
    return folder / "MNIST" / "raw"


def locate(folder: Path, name: str) -> Path | None:
    """The unpacked file or the .gz in the data folder, or what an earlier run unpacked; None where there is none.

    Raises:
        DataError: if a folder cannot be looked into.
    """
    raw = raw_folder(folder)
    return first_file(raw / name, raw / f"{name}.gz", _unpacked_at(name))


def missing(folder: Path) -> list[str]:
    """Names, without .gz, of the files that are not there."""
    return [name for name in UNPACKED if locate(folder, name) is None]


def remote_file(name: str) -> RemoteFile:
    """The .gz of a file."""
    checksum, size = PACKED[name]
    return RemoteFile(f"{name}.gz", tuple(f"{mirror}{name}.gz" for mirror in MIRRORS), checksum, size)


def unpacked(folder: Path, name: str, again: bool = False) -> Generator[Progress, None, tuple[Path, str]]:
    """The path of a checked, unpacked file, and a note; nothing is written where the file was found.

    Args:
        folder: the data folder.
        name: of the file, without .gz.
        again: try a download even where one failed a moment ago.

    Raises:
        DataError: if the file is neither there nor to be had, or is damaged.
    """
    path = locate(folder, name)
    if path is None:
        goal = raw_folder(folder) / f"{name}.gz"
        content, note = yield from obtain(remote_file(name), goal, again=again)
        return _unpack(content, name, str(goal)), note
    yield Progress(name, 0, None)
    content = read_bytes(path)
    if path.suffix == ".gz":
        _check(content, remote_file(name).checksum, path)
        return _unpack(content, name, str(path)), ""
    _check(content, UNPACKED[name], path)
    return path, ""


def _unpacked_at(name: str) -> Path:
    return raw_folder(home_dir() / "cache") / name


def _check(content: bytes, checksum: str, path: Path) -> None:
    found = checksum_of(content, checksum)
    if found != checksum:
        raise DataError(
            f"{path} is truncated, corrupt or altered: its {len(content)} bytes have checksum {found}, the original "
            f"has {checksum}. Delete it, and it is downloaded again."
        )


def _unpack(content: bytes, name: str, place: str) -> Path:
    """Unpack into the home's cache, unless a right copy is there already."""
    path = _unpacked_at(name)
    if path.is_file() and checksum_of(read_bytes(path), UNPACKED[name]) == UNPACKED[name]:
        return path
    try:
        write_aside(gzip.decompress(content), path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{place} cannot be unpacked: {error}. Delete it, and it is downloaded again.") from error
    except OSError as error:
        raise DataError(
            f"{place} cannot be unpacked to {path}: {error.strerror or error}; "
            f"set {HOME_VARIABLE} to a folder that can be written and has 60 MB left"
        ) from error
    return path
