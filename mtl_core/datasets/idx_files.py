"""Four files in the IDX format of MNIST: found, checked, downloaded, and unpacked outside the data folder."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile, obtain
from mtl_core.datasets.files import checksum_of, first_file, read_bytes, write_aside
from mtl_core.errors import DataError
from mtl_core.settings import HOME_VARIABLE, home_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGE_HEADER, LABEL_HEADER = 16, 8
"""Bytes before the values of a file of pictures and of a file of classes."""


@dataclass(frozen=True)
class IdxFiles:
    """A training and a test part, each with pictures and classes, as LeCun published MNIST.

    Attributes:
        title: display name, and the folder that torchvision gives it.
        mirrors: addresses of the folder that holds the .gz files, tried in this order.
        packed: checksum and bytes of each .gz, by name without .gz.
        unpacked: checksum of each file after unpacking; pictures and classes in turn, the training part first.
        side: height and width of the pictures.
    """

    title: str
    mirrors: tuple[str, ...]
    packed: Mapping[str, tuple[str, int]]
    unpacked: Mapping[str, str]
    side: int = 28

    def raw_folder(self, folder: Path) -> Path:
        """Where torchvision keeps the files in a data folder."""
        return folder / self.title / "raw"

    def locate(self, folder: Path, name: str) -> Path | None:
        """The unpacked file or the .gz in the data folder, or what an earlier run unpacked; None where none is.

        Raises:
            DataError: if a folder cannot be looked into.
        """
        raw = self.raw_folder(folder)
        return first_file(raw / name, raw / f"{name}.gz", self._unpacked_at(name))

    def missing(self, folder: Path) -> list[str]:
        """Names, without .gz, of the files that are not there."""
        return [name for name in self.unpacked if self.locate(folder, name) is None]

    def remote_file(self, name: str) -> RemoteFile:
        """The .gz of a file."""
        checksum, size = self.packed[name]
        return RemoteFile(f"{name}.gz", tuple(f"{mirror}{name}.gz" for mirror in self.mirrors), checksum, size)

    def unpack(self, folder: Path, name: str, again: bool = False) -> Generator[Progress, None, tuple[Path, str]]:
        """The path of a checked, unpacked file, and a note; nothing is written where the file was found.

        Args:
            folder: the data folder.
            name: of the file, without .gz.
            again: try a download even where one failed a moment ago.

        Raises:
            DataError: if the file is neither there nor to be had, or is damaged.
        """
        path = self.locate(folder, name)
        if path is None:
            goal = self.raw_folder(folder) / f"{name}.gz"
            content, note = yield from obtain(self.remote_file(name), goal, again=again)
            return self._unpack(content, name, str(goal)), note
        yield Progress(name, 0, None)
        content = read_bytes(path)
        if path.suffix == ".gz":
            _check(content, self.remote_file(name).checksum, path)
            return self._unpack(content, name, str(path)), ""
        _check(content, self.unpacked[name], path)
        return path, ""

    def read(
        self, folder: Path
    ) -> Generator[Progress, None, tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]]:
        """All pictures (N, S, S), the training part first, their classes (N,), and notes.

        Raises:
            Unreachable: if a file is not there and no server gave it.
            DataError: if a file is damaged.
        """
        paths, notes = [], []
        for name in self.unpacked:
            path, note = yield from self.unpack(folder, name)
            paths.append(path)
            notes += [note] if note else []
        pictures = np.concatenate([_pictures(path, self.side) for path in paths[::2]])
        return pictures, np.concatenate([_classes(path) for path in paths[1::2]]), tuple(notes)

    def not_here(self, folder: Path, reason: str, instead: str) -> str:
        """What to tell where the files are neither there nor to be had; ``instead`` says what works without them."""
        names = ", ".join(f"{name}.gz" for name in self.unpacked)
        return (
            f"{self.title} is not there, and there is no stand-in for it ({reason}). Put {names} from "
            f"{self.mirrors[0]} into {self.raw_folder(folder)}; {instead}."
        )

    def first(self, folder: Path, part: str, count: int) -> tuple[NDArray[np.uint8], list[int]]:
        """The first pictures (count, S, S) of a part (``train`` or ``t10k``) and their classes, the rest left packed.

        Raises:
            DataError: if a file is missing.
            OSError, EOFError, zlib.error, ValueError: if it is damaged.
        """
        values = self._first_bytes(folder, f"{part}-images-idx3-ubyte", IMAGE_HEADER, count * self.side**2)
        classes = self._first_bytes(folder, f"{part}-labels-idx1-ubyte", LABEL_HEADER, count)
        return np.frombuffer(values, np.uint8).reshape(count, self.side, self.side), list(classes)

    def _first_bytes(self, folder: Path, name: str, header: int, count: int) -> bytes:
        path = self.locate(folder, name)
        if path is None:
            raise DataError(f"{name} is not there")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return stream.read(header + count)[header:]

    def _unpacked_at(self, name: str) -> Path:
        return self.raw_folder(home_dir() / "cache") / name

    def _unpack(self, content: bytes, name: str, place: str) -> Path:
        """Unpack into the home's cache, unless a right copy is there already."""
        path = self._unpacked_at(name)
        if path.is_file() and checksum_of(read_bytes(path), self.unpacked[name]) == self.unpacked[name]:
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


def _pictures(path: Path, side: int) -> NDArray[np.uint8]:
    return np.frombuffer(read_bytes(path), np.uint8, offset=IMAGE_HEADER).reshape(-1, side, side)


def _classes(path: Path) -> NDArray[np.int64]:
    return np.frombuffer(read_bytes(path), np.uint8, offset=LABEL_HEADER).astype(np.int64)


def _check(content: bytes, checksum: str, path: Path) -> None:
    found = checksum_of(content, checksum)
    if found != checksum:
        raise DataError(
            f"{path} is truncated, corrupt or altered: its {len(content)} bytes have checksum {found}, the original "
            f"has {checksum}. Delete it, and it is downloaded again."
        )
