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

UNPACKED = {
    "train-images-idx3-ubyte": "md5:6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "md5:a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "md5:2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "md5:27ae3e4e09519cfbb04c329615203637",
}
"""Checksums of the files as they are after unpacking; those of the .gz files are torchvision's."""
PACKED_BYTES = {
    "train-images-idx3-ubyte": 9_912_422,
    "train-labels-idx1-ubyte": 28_881,
    "t10k-images-idx3-ubyte": 1_648_877,
    "t10k-labels-idx1-ubyte": 4_542,
}
MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
"""The first of torchvision's mirrors, for people; a download takes torchvision's own list."""


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
    """The .gz of a file with torchvision's addresses and checksum."""
    from torchvision.datasets import MNIST

    packed = f"{name}.gz"
    return RemoteFile(
        packed,
        tuple(f"{mirror}{packed}" for mirror in MNIST.mirrors),
        f"md5:{dict(MNIST.resources)[packed]}",
        PACKED_BYTES[name],
    )


def unpacked(folder: Path, name: str) -> Generator[Progress, None, tuple[Path, str]]:
    """The path of a checked, unpacked file, and a note; nothing is written where the file was found.

    Raises:
        DataError: if the file is neither there nor to be had, or is damaged.
    """
    path = locate(folder, name)
    if path is None:
        goal = raw_folder(folder) / f"{name}.gz"
        content, note = yield from obtain(remote_file(name), goal)
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
