"""Pictures and masks of a person's own: checked before they are decoded, brought to one square size."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.errors import DataError
from mtl_core.userdata.findings import Finding, finding
from mtl_core.userdata.limits import MOST_CLASSES, SIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
LOSSY = ("JPEG",)
SUFFIXES = r"(?i)\.(png|jpe?g|webp|bmp|gif)$"
NO_LABEL = 255
GREY = 2
"""Levels by which the colours of a grey picture may differ, as JPEG makes them."""


@dataclass(frozen=True)
class Look:
    """What a picture's header says."""

    width: int
    height: int
    mode: str
    format: str


def look_at(content: bytes, place: str, most_pixels: int) -> Look:
    """The header of a picture, without decoding it.

    Raises:
        DataError: if it is no picture of a known format or has too many pixels.
    """
    with _opened(content, place, most_pixels) as image:
        return Look(image.width, image.height, image.mode, image.format or "")


def side_for(looks: Sequence[Look]) -> int:
    """The smallest side that loses nothing of the largest picture, or the largest side there is."""
    largest = max(max(look.width, look.height) for look in looks)
    return next((side for side in SIDES if side >= largest), SIDES[-1])


def decoded(content: bytes, place: str, most_pixels: int, side: int) -> Pixels:
    """(3, S, S) one picture, its first frame, upright, stretched to a square; what is transparent is white.

    Raises:
        DataError: if it is damaged.
    """
    from PIL import Image, ImageOps

    with _opened(content, place, most_pixels) as opened:
        if opened.format == "JPEG":
            opened.draft("RGB", (2 * side, 2 * side))
        image = ImageOps.exif_transpose(opened)
        if "A" in image.getbands() or "transparency" in image.info:
            clear = image.convert("RGBA")
            flat = Image.new("RGBA", clear.size, "white")
            flat.alpha_composite(clear)
        else:
            flat = _eight_bits(image)
        small = flat.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        return np.ascontiguousarray(np.asarray(small, dtype=np.uint8).transpose(2, 0, 1))


def without_idle_colour(pictures: Pixels) -> Pixels:
    """(N, 1, S, S) where (N, 3, S, S) pictures are all grey, else as they are."""
    grey = all(int(np.ptp(picture, axis=0).max()) <= GREY for picture in pictures)
    return np.ascontiguousarray(pictures[:, 1:2]) if grey else pictures


def decoded_mask(content: bytes, place: str, most_pixels: int, side: int) -> NDArray[np.uint8]:
    """(S, S) one mask: each pixel the number that the file holds (a palette's index), taken from the nearest pixel.

    Raises:
        DataError: if it is damaged, lossy, coloured, or holds numbers above 255.
    """
    from PIL import Image

    with _opened(content, place, most_pixels) as image:
        if image.format in LOSSY:
            raise DataError(f"{place}: a mask must not be a JPEG, which changes its numbers; save it as PNG")
        if image.mode in ("RGB", "RGBA"):
            bands = np.asarray(image.convert("RGB"))
            if (bands != bands[..., :1]).any():
                raise DataError(f"{place}: a mask must be grey or have a palette: its numbers are the classes")
            image = Image.fromarray(bands[..., 0].copy())  # noqa: PLW2901 (the opened one is closed all the same)
        small = np.asarray(image.resize((side, side), Image.Resampling.NEAREST))
    if small.ndim != 2 or small.min() < 0 or small.max() > 255:
        raise DataError(f"{place}: a mask must have one number from 0 to 255 a pixel")
    return small.astype(np.uint8)


def dense_masks(masks: Pixels, name: str) -> tuple[Pixels, list[int], list[Finding]]:
    """Masks whose numbers are 0, 1, 2 …, the values that these stand for, and what was noticed.

    255 has no label, unless 0 and 255 are all there is: then the mask is black and white.

    Args:
        masks: (N, S, S) as they stand in the files.
        name: of the column.

    Raises:
        DataError: if there are more than 200 values or only one.
    """
    counts = np.bincount(masks.reshape(-1), minlength=256)
    values = [int(value) for value in np.flatnonzero(counts)]
    found = []
    if values == [0, NO_LABEL]:
        found.append(finding("mask_255", name))
    else:
        values = [value for value in values if value != NO_LABEL]
    if not 2 <= len(values) <= MOST_CLASSES:
        raise DataError(f"column {name!r}: masks must have 2 to {MOST_CLASSES} different numbers; found {len(values)}")
    if values[0] != 0:
        found.append(finding("no_background", name, value=str(values[0])))
    table = np.full(256, NO_LABEL, np.uint8)
    table[values] = np.arange(len(values))
    return table[masks], values, found


def resized(pictures: Pixels, side: int, nearest: bool = False) -> Pixels:
    """(N, …, S, S) pictures or masks at another side: smoothed, or the nearest pixel for masks."""
    from PIL import Image

    if pictures.shape[-1] == side:
        return pictures
    how = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    flat = pictures.reshape(-1, *pictures.shape[-2:])
    small = np.empty((len(flat), side, side), np.uint8)
    for i, plane in enumerate(flat):
        small[i] = np.asarray(Image.fromarray(plane).resize((side, side), how))
    return small.reshape(*pictures.shape[:-2], side, side)


@contextmanager
def _opened(content: bytes, place: str, most_pixels: int) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is tighter
            image: Any = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > most_pixels:
            raise DataError(f"{place} has {image.width} × {image.height} pixels; at most {most_pixels} are decoded")
        with image:
            yield image
    except Image.DecompressionBombError as error:
        raise DataError(f"{place} has too many pixels; at most {most_pixels} are decoded") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{place} is no picture that is read here ({', '.join(FORMATS)})") from error
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, struct.error, zlib.error) as error:
        raise DataError(f"{place} is a damaged picture: {error}") from error


def _eight_bits(image: Image) -> Image:
    """16-bit grey pictures brought to 8 bits; convert() would cut them off at 255."""
    from PIL import Image as Pillow

    if not image.mode.startswith("I") and image.mode != "F":
        return image
    values = np.asarray(image, dtype=np.float64)
    top = 65535.0 if values.max() > 255 else 255.0
    return Pillow.fromarray(np.clip(values / top * 255, 0, 255).astype(np.uint8))
