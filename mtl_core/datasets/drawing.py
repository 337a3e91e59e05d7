"""A digit that a person has drawn, brought to what the pictures of a data set look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

INNER = 20 / 28
"""Share of the side that the longer side of a digit fills in MNIST."""
INK = 16
"""Grey values below this are no ink."""


def by_mass(drawn: Pixels, side: int) -> Pixels:
    """(S, S): the box around the ink scaled to 20/28 of the side, its centre of mass in the picture's middle.

    So MNIST was made: 20×20 with the proportions kept, centred by mass in 28×28 (LeCun, Cortes & Burges, The MNIST
    database of handwritten digits).

    Args:
        drawn: (H, H) ink in 0..255 on 0.
        side: S.

    Raises:
        DataError: if the drawing is empty or no square.
    """
    small = _box(drawn, round(side * INNER))
    weight, places = small.astype(np.float64), np.indices(small.shape)
    return _placed(small, side, [float((axis * weight).sum() / weight.sum()) for axis in places])


def by_box(drawn: Pixels, side: int) -> Pixels:
    """(S, S): the box around the ink scaled until its longer side is the picture's, and put in the middle.

    Raises:
        DataError: if the drawing is empty or no square.
    """
    small = _box(drawn, side)
    return _placed(small, side, [(length - 1) / 2 for length in small.shape])


def as_it_is(drawn: Pixels, side: int) -> Pixels:
    """(S, S): the whole drawing made smaller, nothing moved.

    Raises:
        DataError: if the drawing is empty or no square.
    """
    _inked(drawn)
    return _resized(drawn, side, side)


def _inked(drawn: Pixels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if drawn.ndim != 2 or drawn.shape[0] != drawn.shape[1]:
        raise DataError(f"a drawing must be a square of grey values, found the shape {drawn.shape}; draw again")
    rows, columns = np.nonzero(drawn >= INK)
    if not len(rows):
        raise DataError("the drawing is empty; draw a digit first")
    return rows, columns


def _box(drawn: Pixels, longest: int) -> Pixels:
    """The box around the ink, scaled until its longer side has so many pixels."""
    rows, columns = _inked(drawn)
    box = drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    factor = longest / max(box.shape)
    return _resized(box, max(1, round(box.shape[0] * factor)), max(1, round(box.shape[1] * factor)))


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX), dtype=np.uint8)


def _placed(small: Pixels, side: int, centre: list[float]) -> Pixels:
    """The pixels on a black square, ``centre`` in its middle as nearly as they fit in."""
    corner = [
        int(np.clip(round((side - 1) / 2 - middle), 0, side - length))
        for middle, length in zip(centre, small.shape, strict=True)
    ]
    picture = np.zeros((side, side), dtype=np.uint8)
    picture[corner[0] : corner[0] + small.shape[0], corner[1] : corner[1] + small.shape[1]] = small
    return picture
