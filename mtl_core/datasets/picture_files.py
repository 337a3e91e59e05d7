"""Pictures out of files, decoded within limits and brought to a square: the middle of the picture, made smaller."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[np.uint8]

MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "GIF", "BMP")
"""Of pictures; a published .jpg may hold any of them."""


def decoded_picture(content: bytes, place: str, side: int) -> tuple[Pixels, tuple[int, int]]:
    """(3, S, S) the middle of a picture, smoothed as it becomes smaller; and its width and height in the file.

    Raises:
        DataError: naming ``place``, if it is damaged, of another format, or has more than :data:`MOST_PIXELS` pixels.
    """
    from PIL.Image import Resampling

    with _opened(content, place, FORMATS) as image:
        size = image.size
        image.draft("RGB", (2 * side, 2 * side))
        small = image.convert("RGB").resize((side, side), Resampling.BILINEAR, box=_middle(*image.size))
        return np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1)), size


def decoded_mask(content: bytes, place: str, side: int) -> tuple[Pixels, tuple[int, int]]:
    """(S, S) values of the middle of a mask, each that of the nearest pixel; and its width and height in the file.

    Raises:
        DataError: as :func:`decoded_picture`, or if its pixels are no single values.
    """
    from PIL.Image import Resampling

    with _opened(content, place, ("PNG",)) as image:
        if image.mode not in ("L", "P"):
            raise DataError(f"{place}: a mask has one value of 8 bits a pixel, found mode {image.mode}")
        small = image.resize((side, side), Resampling.NEAREST, box=_middle(*image.size))
        return np.array(small), image.size


def _middle(width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the largest square in the middle."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


@contextmanager
def _opened(content: bytes, place: str, formats: tuple[str, ...]) -> Iterator[Image]:
    """The picture, its header read and its size looked at; whatever goes wrong inside names the file."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is looked at below
            image = Image.open(io.BytesIO(content), formats=formats)
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(
                    f"{place} has {image.width}×{image.height} pixels, the most is {MOST_PIXELS}. Delete it"
                )
            yield image
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{place} is truncated or no {' or '.join(formats)}: {error}. Put the original there"
        ) from error
