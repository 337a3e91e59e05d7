"""The files of CIFAR-10: the binary version, which is downloaded, or torchvision's Python version where it lies there.

The Python version is made of pickles. They are opened only if they are the published files byte for byte (torchvision's
checksums), and by a reader that knows three names, each of them a stand-in of its own: no code of anyone else can run.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets.archives import members
from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import checksum_of, first_file, read_bytes
from mtl_core.datasets.large_files import check_large
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]
    Part = tuple[Pictures, NDArray[np.int64]]

SITE = "https://www.cs.toronto.edu/~kriz/"
BINARY = RemoteFile(
    "cifar-10-binary.tar.gz",
    (f"{SITE}cifar-10-binary.tar.gz",),
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
    170_052_171,
)
PYTHON = RemoteFile(
    "cifar-10-python.tar.gz",
    (f"{SITE}cifar-10-python.tar.gz",),
    "md5:c58f30108f718f92721af3b95e74349a",
    170_498_071,
)
PICKLES = {
    "data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
    "data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "md5:634d18415352ddfa80567beed471001a",
    "data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "md5:40351d587109b95175f43aff81a1287e",
}
"""As torchvision's ``CIFAR10.train_list`` and ``test_list``, which a test holds equal."""
PARTS = tuple(PICKLES)
BATCH, SIDE, CLASSES = 10_000, 32, 10
PIXELS = 3 * SIDE * SIDE
LARGEST = 40_000_000


@dataclass(frozen=True)
class Found:
    """Where CIFAR-10 lies.

    Attributes:
        paths: the archive, or the six files.
        archive: what the archive must be; None for files out of it.
        folder: in the archive.
        suffix: of the parts' names there.
    """

    paths: tuple[Path, ...]
    archive: RemoteFile | None
    folder: str = ""
    suffix: str = ""

    def parts(self) -> Iterator[tuple[str, bytes, str]]:
        """Each part's name and content, and how an error names it.

        Raises:
            DataError: if the archive or a file cannot be read.
        """
        if self.archive is None:
            yield from ((path.name, read_bytes(path), str(path)) for path in self.paths)
            return
        names = {f"{self.folder}/{part}{self.suffix}": part for part in PARTS}
        for name, content in members(self.paths[0], names, LARGEST):
            yield names[name], content, f"{self.paths[0]}: {name}"


def home_of(folder: Path) -> Path:
    """Where the download belongs in the data folder."""
    return folder / BINARY.name


def locate(folder: Path) -> Found | None:
    """CIFAR-10 in the data folder: the binary archive, else torchvision's unpacked files, else its archive.

    Raises:
        DataError: if the data folder cannot be looked into.
    """
    if first_file(home_of(folder)):
        return Found((home_of(folder),), BINARY, "cifar-10-batches-bin", ".bin")
    loose = [first_file(folder / "cifar-10-batches-py" / part) for part in PARTS]
    if all(loose):
        return Found(tuple(path for path in loose if path), None)
    if first_file(folder / PYTHON.name):
        return Found((folder / PYTHON.name,), PYTHON, "cifar-10-batches-py")
    return None


def read(found: Found) -> Generator[Progress, None, Part]:
    """All pictures (60000, 3, 32, 32), the training part first, and their classes (60000,).

    Raises:
        DataError: if a file is not the published one.
    """
    if found.archive is not None:
        yield from check_large(found.archive, found.paths[0])
    read_parts: dict[str, Part] = {}
    for part, content, place in found.parts():
        yield Progress("CIFAR-10", len(read_parts) * BATCH, len(PARTS) * BATCH, "pictures")
        read_parts[part] = parse(part, content, place)
    missing = [part for part in PARTS if part not in read_parts]
    if missing:
        raise DataError(f"{found.paths[0]} lacks {missing[0]}. Delete it, and it is downloaded again.")
    pictures, classes = zip(*(read_parts[part] for part in PARTS), strict=True)
    return np.concatenate(pictures), np.concatenate(classes)


def parse(part: str, content: bytes, place: str) -> Part:
    """Pictures (10000, 3, 32, 32) and classes (10000,) of one file of either version.

    A binary file has 3073 bytes a picture: its class, then 1024 bytes of red, of green and of blue, row by row.

    Args:
        part: which of :data:`PARTS`; decides the checksum of a pickle.
        content: the file.
        place: how an error names it.

    Raises:
        DataError: if it is not what was published.
    """
    if len(content) == BATCH * (PIXELS + 1):
        records = np.frombuffer(content, np.uint8).reshape(BATCH, PIXELS + 1)
        pictures, classes = records[:, 1:], records[:, 0].astype(np.int64)
    elif checksum_of(content, "md5:") == PICKLES[part]:
        batch = _Reader(io.BytesIO(content), encoding="bytes").load()
        pictures = np.frombuffer(batch[b"data"].content, np.uint8)
        classes = np.asarray(batch[b"labels"], np.int64)
    else:
        raise DataError(
            f"{place} is truncated, corrupt or altered: its {len(content)} bytes have checksum "
            f"{checksum_of(content, 'md5:')}, the original has {PICKLES[part]}. Delete it, and put {BINARY.urls[0]} "
            "into the data folder, or let it be downloaded."
        )
    if classes.max() >= CLASSES:
        raise DataError(f"{place} is corrupt: a picture has class {classes.max()}, and there are {CLASSES}. Delete it.")
    return pictures.reshape(BATCH, 3, SIDE, SIDE), classes


class _Array:
    """Stands in for whatever a pickle makes (the array and its type): it keeps the bytes and does nothing else."""

    content: bytes = b""

    def __init__(self, *given: object) -> None:
        """Whatever a pickle passes is of no use here."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state and isinstance(state[-1], bytes):
            self.content = state[-1]


class _Reader(pickle.Unpickler):
    """Reads lists, numbers, texts and :class:`_Array`; every other name in a pickle is refused."""

    def find_class(self, module: str, name: str) -> type[_Array]:
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct")):
            return _Array
        raise DataError(f"a file of CIFAR-10 names {module}.{name}, which the published ones do not. Delete it.")
