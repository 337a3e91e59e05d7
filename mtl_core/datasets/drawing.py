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
        DataError: if the drawing is empty.
    """
    small = _box(drawn, round(side * INNER))
    weight, places = small.astype(np.float64), np.indices(small.shape)
    return _placed(small, side, [float((axis * weight).sum() / weight.sum()) for axis in places])


def by_height(drawn: Pixels, side: int, widest: int, least_ink: float) -> Pixels:
    """(S, S): set upright, the box around the ink as high as the picture and in its middle, strokes at least so thick.

    Args:
        drawn: (H, H) ink in 0..255 on 0.
        side: S.
        widest: pixels that the box is wide, at most.
        least_ink: share of white, in 0..1, until which strokes grow thicker by a pixel, at most 6 times.

    Raises:
        DataError: if the drawing is empty.
    """
    from PIL import Image, ImageFilter

    box = _cut(_upright(drawn))
    small = _resized(box, side, int(np.clip(round(box.shape[1] * side / box.shape[0]), 1, widest)))
    picture = _placed(small, side, [(length - 1) / 2 for length in small.shape])
    for _ in range(6):
        if picture.mean() >= 255 * least_ink:
            break
        picture = np.asarray(Image.fromarray(picture).filter(ImageFilter.MaxFilter(3)), dtype=np.uint8)
    return picture


def as_it_is(drawn: Pixels, side: int) -> Pixels:
    """(S, S): the whole drawing made smaller, nothing moved.

    Raises:
        DataError: if the drawing is empty.
    """
    _inked(drawn)
    return _resized(drawn, side, side)


def _inked(drawn: Pixels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels that have ink."""
    if drawn.ndim != 2 or min(drawn.shape) == 0:
        raise DataError(f"a drawing must be a picture of grey values, found the shape {drawn.shape}; draw again")
    rows, columns = np.nonzero(drawn >= INK)
    if not len(rows):
        raise DataError("the drawing is empty; draw a digit first")
    return rows, columns


def _cut(drawn: Pixels) -> Pixels:
    """The box around the ink."""
    rows, columns = _inked(drawn)
    return drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _box(drawn: Pixels, longest: int) -> Pixels:
    """The box around the ink, scaled until its longer side has so many pixels."""
    box = _cut(drawn)
    factor = longest / max(box.shape)
    return _resized(box, max(1, round(box.shape[0] * factor)), max(1, round(box.shape[1] * factor)))


def _upright(drawn: Pixels) -> Pixels:
    """(H, 2H): sheared along its rows until rows and columns of the ink are uncorrelated."""
    from PIL import Image

    rows, columns = _inked(drawn)
    weight = drawn[rows, columns].astype(np.float64)
    down, across = rows - np.average(rows, weights=weight), columns - np.average(columns, weights=weight)
    spread = float((weight * down**2).sum())
    shear = float((weight * down * across).sum()) / spread if spread else 0.0
    side = len(drawn)
    wide = np.pad(drawn, ((0, 0), (side // 2, side - side // 2)))
    sheared = (1, shear, -shear * float(np.average(rows, weights=weight)), 0, 1, 0)
    turned = Image.fromarray(wide).transform(
        (2 * side, side), Image.Transform.AFFINE, sheared, Image.Resampling.BILINEAR
    )
    return np.asarray(turned, dtype=np.uint8)


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
