"""The pictures and masks of Oxford-IIIT Pet as arrays: decoded once, then kept in the home's cache."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets import pets_files as files
from mtl_core.datasets.array_cache import cached, keep, key_of
from mtl_core.datasets.base import Progress
from mtl_core.datasets.picture_files import decoded_mask, decoded_picture
from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Arrays = dict[str, NDArray[Any]]

CLASS_OF = np.array([255, 1, 0, 2], dtype=np.uint8)
"""Class by the trimap's value: 1 the pet, 2 the background, 3 the border, of which nobody said what it belongs to."""
ARRAYS = ("pictures", "masks", "breed", "trained")
SHOWN = ("some_pictures", "some_breeds")
PREVIEW_PICTURES = 10
DECODING = 1
"""Version of what is done here: with another number, what is kept is made anew."""


def arrays_of(folder: Path, side: int) -> Generator[Progress, None, tuple[Arrays, str]]:
    """Pictures (N, 3, S, S), masks (N, S, S), breeds (N,) and the number of training rows, which come first; a note.

    From the cache, if the files are those that it was made from; else decoded and kept there.

    Raises:
        DataError: as :func:`decoded`, or if an archive is not the published one.
    """
    yield Progress("pets", 0, None, "pictures")
    name, key = _name_and_key(folder, side)
    arrays = cached(name, key, ARRAYS)
    if arrays is not None:
        return arrays, ""
    yield from files.check(folder)
    arrays = yield from decoded(folder, side)
    some = _all_over(len(arrays["breed"]))
    shown = dict(zip(SHOWN, (arrays["pictures"][some], arrays["breed"][some]), strict=True))
    return arrays, keep(name, key, {**arrays, **shown})


def first_look(folder: Path, side: int) -> tuple[Pixels, tuple[str, ...]] | None:
    """Some pictures (n, 3, S, S) from all over the set and their breeds; None where a run must decode archives first.

    Raises:
        DataError: if a file is missing or damaged.
    """
    kept = cached(*_name_and_key(folder, side), SHOWN)
    if kept is not None:
        breeds, _, _ = files.summary(folder)
        return kept["some_pictures"], tuple(breeds[breed] for breed in kept["some_breeds"])
    if not files.unpacked(folder):
        return None
    rows = files.listed(folder)
    some = _all_over(len(rows.names))
    wanted = [f"images/{rows.names[row]}.jpg" for row in some]
    pictures = [decoded_picture(content, name, side)[0] for name, content in files.contents(folder, wanted)]
    return np.stack(pictures), tuple(rows.breeds[rows.breed[row]] for row in some)


def decoded(folder: Path, side: int) -> Generator[Progress, None, Arrays]:
    """The arrays, out of the files.

    Raises:
        DataError: if a file is missing or damaged, or a mask has another size than its picture; the file is named.
    """
    rows = files.listed(folder)
    count = len(rows.names)
    pictures = np.empty((count, 3, side, side), dtype=np.uint8)
    masks = np.empty((count, side, side), dtype=np.uint8)
    wanted = {f"images/{name}.jpg": row for row, name in enumerate(rows.names)}
    wanted |= {f"annotations/trimaps/{name}.png": row for row, name in enumerate(rows.names)}
    left, sizes = dict(wanted), dict[int, tuple[int, int]]()
    for name, content in files.contents(folder, tuple(wanted)):
        row, place = wanted[name], str(files.home_of(folder) / name)
        if name.startswith("images/"):
            pictures[row], size = decoded_picture(content, place, side)
        else:
            masks[row], size = decoded_regions(content, place, side)
        if sizes.setdefault(row, size) != size:
            raise DataError(f"{place}: picture and mask must be of one size, found {sizes[row]} and {size}")
        left.pop(name, None)
        yield Progress("pets", (len(wanted) - len(left)) // 2, count, "pictures")
    if left:
        raise DataError(f"{files.home_of(folder)} lacks {next(iter(left))}, which its lists name. Put it there")
    return {"pictures": pictures, "masks": masks, "breed": rows.breed, "trained": np.array(rows.trained)}


def decoded_regions(content: bytes, place: str, side: int) -> tuple[Pixels, tuple[int, int]]:
    """(S, S) classes of a trimap's pixels, 0 background, 1 pet, 2 border; and its width and height in the file.

    Raises:
        DataError: if it is damaged or has another value than 1, 2 and 3.
    """
    values, size = decoded_mask(content, place, side)
    if values.min() < 1 or values.max() > 3:
        raise DataError(f"{place}: a trimap has the values 1, 2 and 3, found {values.min()} to {values.max()}")
    return CLASS_OF[values], size


def _name_and_key(folder: Path, side: int) -> tuple[str, str]:
    return f"pets-{side}", key_of(files.sources(folder), DECODING)


def _all_over(rows: int) -> NDArray[np.int64]:
    return np.linspace(0, rows - 1, min(rows, PREVIEW_PICTURES)).astype(np.int64)
