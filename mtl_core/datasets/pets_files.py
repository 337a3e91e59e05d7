"""The files of Oxford-IIIT Pet: unpacked as torchvision keeps them, or its two archives, which are read as they are."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.archives import members
from mtl_core.datasets.base import Progress
from mtl_core.datasets.download import RemoteFile
from mtl_core.datasets.files import first_file, read_bytes
from mtl_core.datasets.large_files import check_large, obtain_large
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SITE = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
IMAGES = RemoteFile("images.tar.gz", (f"{SITE}images.tar.gz",), "md5:5c4f3ee8e5d25df40f4fd59a7f44e54c", 791_918_971)
ANNOTATIONS = RemoteFile(
    "annotations.tar.gz", (f"{SITE}annotations.tar.gz",), "md5:95a8c909bbe2e81eed6a22bccdf3f68f", 19_173_078
)
ARCHIVES = (IMAGES, ANNOTATIONS)
"""As torchvision's ``OxfordIIITPet._RESOURCES``, which a test holds equal."""
TRAINED, TESTED = 3680, 3669
LISTS = ("annotations/trainval.txt", "annotations/test.txt")
LARGEST = 50_000_000
NAME = re.compile(r"(\w+)_\d+", re.ASCII)
BREEDS = (
    *("Abyssinian", "American Bulldog", "American Pit Bull Terrier", "Basset Hound", "Beagle", "Bengal", "Birman"),
    *("Bombay", "Boxer", "British Shorthair", "Chihuahua", "Egyptian Mau", "English Cocker Spaniel"),
    *("English Setter", "German Shorthaired", "Great Pyrenees", "Havanese", "Japanese Chin", "Keeshond"),
    *("Leonberger", "Maine Coon", "Miniature Pinscher", "Newfoundland", "Persian", "Pomeranian", "Pug", "Ragdoll"),
    *("Russian Blue", "Saint Bernard", "Samoyed", "Scottish Terrier", "Shiba Inu", "Siamese", "Sphynx"),
    *("Staffordshire Bull Terrier", "Wheaten Terrier", "Yorkshire Terrier"),
)
"""All breeds, in the order of their numbers 1 to 37."""


@dataclass(frozen=True)
class Listed:
    """What the two lists say: the rows, those of the training part first.

    Attributes:
        names: (N) of the pictures, without suffix.
        breed: (N,) place of each row's breed in ``breeds``.
        breeds: those that occur, in the order of their numbers; the numbers need not be dense.
        trained: rows of the training part.
    """

    names: tuple[str, ...]
    breed: NDArray[np.int64]
    breeds: tuple[str, ...]
    trained: int


def home_of(folder: Path) -> Path:
    """Where torchvision keeps the data set in a data folder."""
    return folder / "oxford-iiit-pet"


def unpacked(folder: Path) -> bool:
    """Whether the unpacked files lie in the data folder.

    Raises:
        DataError: if a folder cannot be looked into.
    """
    home = home_of(folder)
    return all(first_file(home / name) for name in LISTS) and (home / "images").is_dir()


def missing(folder: Path) -> list[RemoteFile]:
    """The archives that are needed and not there; none where the files lie there unpacked.

    Raises:
        DataError: if a folder cannot be looked into.
    """
    if unpacked(folder):
        return []
    return [archive for archive in ARCHIVES if first_file(home_of(folder) / archive.name) is None]


def obtain(folder: Path, again: bool = False) -> Generator[Progress, None, None]:
    """Download the archives that are missing.

    Raises:
        Unreachable: if no server gave one of them.
        DataError: if one is altered, or cannot be kept.
    """
    for archive in missing(folder):
        yield from obtain_large(archive, home_of(folder) / archive.name, again=again)


def sources(folder: Path) -> tuple[Path, ...]:
    """The files and folders that the pictures are made from."""
    home = home_of(folder)
    if unpacked(folder):
        return (*(home / name for name in LISTS), home / "images", home / "annotations" / "trimaps")
    return tuple(home / archive.name for archive in ARCHIVES)


def check(folder: Path) -> Generator[Progress, None, None]:
    """Check the archives that lie there, where they are what is read.

    Raises:
        DataError: if one is not the published one.
    """
    if not unpacked(folder):
        for archive in ARCHIVES:
            yield from check_large(archive, home_of(folder) / archive.name)


def contents(folder: Path, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Name (``images/…jpg``, ``annotations/…``) and content of each wanted file, in any order.

    Raises:
        DataError: if one cannot be read.
    """
    home = home_of(folder)
    if unpacked(folder):
        yield from ((name, read_bytes(home / name)) for name in wanted)
        return
    for archive in ARCHIVES:
        part = f"{archive.name.partition('.')[0]}/"
        inside = {name for name in wanted if name.startswith(part)}
        if inside:
            yield from members(home / archive.name, inside, LARGEST)


def listed(folder: Path) -> Listed:
    """The rows of the data set.

    Raises:
        DataError: if a list is missing, cannot be read, or is damaged; the line is named.
    """
    found = dict(contents(folder, LISTS))
    for name in LISTS:
        if name not in found:
            raise DataError(f"{home_of(folder) / ANNOTATIONS.name} lacks {name}. Delete it, and it is downloaded again")
    return parse([found[name] for name in LISTS], [str(home_of(folder) / name) for name in LISTS])


def summary(folder: Path) -> tuple[tuple[str, ...], int, int]:
    """Breeds that occur, rows of the training and of the test part; quick, so that a form may ask at any time.

    The lists say so where they lie there; else it is what was published. A damaged list is told by :func:`listed`.
    """
    paths = [home_of(folder) / name for name in LISTS]
    try:
        stats = [path.stat() for path in paths]
        found = _read(*paths, *((stat.st_size, stat.st_mtime_ns) for stat in stats)) if unpacked(folder) else None
    except (OSError, DataError):
        return BREEDS, TRAINED, TESTED
    return (found.breeds, found.trained, len(found.names) - found.trained) if found else (BREEDS, TRAINED, TESTED)


@lru_cache(maxsize=4)
def _read(trained: Path, tested: Path, *_stats: tuple[int, int]) -> Listed:
    return parse([read_bytes(trained), read_bytes(tested)], [str(trained), str(tested)])


def parse(lists: Sequence[bytes], places: Sequence[str]) -> Listed:
    """The rows of the two lists: ``<breed>_<number> <breed's number> <species> <number within the species>`` a line.

    Args:
        lists: that of the training part, then that of the test part.
        places: how an error names them.

    Raises:
        DataError: naming the file and the line or picture of what is wrong.
    """
    first, second = (_rows(content, place) for content, place in zip(lists, places, strict=True))
    rows = [*first, *second]
    names = tuple(name for name, _, _ in rows)
    labels = {label: kind for _, kind, label in rows}
    if len(set(names)) < len(names):
        twice = min(name for name in names if names.count(name) > 1)
        raise DataError(f"{' and '.join(places)} list {twice!r} twice: each picture counts once, in one of them")
    for name, kind, label in rows:
        if labels[label] != kind:
            raise DataError(f"{' and '.join(places)}: {name!r} has number {label}, and so has {labels[label]!r}")
    order = sorted(labels)
    breed = np.array([order.index(label) for _, _, label in rows], dtype=np.int64)
    return Listed(names, breed, tuple(labels[label] for label in order), len(first))


def _rows(content: bytes, place: str) -> list[tuple[str, str, int]]:
    """Name, breed and the breed's number of each line."""
    found = []
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), start=1):
        cells = line.split()
        if not cells or line.startswith("#"):
            continue
        match = NAME.fullmatch(cells[0])
        if match is None or len(cells) != 4 or not cells[1].isdecimal():
            rule = "'<breed>_<number> <number> <number> <number>'"
            raise DataError(
                f"{place}, line {number}: must read {rule}, found {line[:60]!r}. Put the original in its place"
            )
        found.append((cells[0], match[1].replace("_", " ").title(), int(cells[1])))
    if not found:
        raise DataError(f"{place} lists no picture. Put the original in its place")
    return found
