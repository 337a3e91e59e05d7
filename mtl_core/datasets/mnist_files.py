"""The four files of MNIST: where they are published, and what they must hold; the work is done in ``idx_files``."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.idx_files import IdxFiles

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


def files() -> IdxFiles:
    """The files as published."""
    return IdxFiles("MNIST", MIRRORS, PACKED, UNPACKED)


def raw_folder(folder: Path) -> Path:
    """Where torchvision keeps the files in a data folder."""
    return files().raw_folder(folder)


def locate(folder: Path, name: str) -> Path | None:
    """As :meth:`IdxFiles.locate`."""
    return files().locate(folder, name)


def missing(folder: Path) -> list[str]:
    """Names, without .gz, of the files that are not there."""
    return files().missing(folder)


def remote_file(name: str) -> RemoteFile:
    """The .gz of a file."""
    return files().remote_file(name)


def unpacked(folder: Path, name: str, again: bool = False) -> Generator[Progress, None, tuple[Path, str]]:
    """As :meth:`IdxFiles.unpack`."""
    return files().unpack(folder, name, again)
