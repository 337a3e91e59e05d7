"""Decoding: the middle of the picture, the same for its mask, and limits that are told."""

from __future__ import annotations

import numpy as np
import pytest

from mtl_core.datasets import picture_files
from mtl_core.datasets.picture_files import decoded_mask, decoded_picture
from mtl_core.errors import DataError
from tests.datasets.picture_makers import image_file

COLOURS = np.zeros((40, 100, 3), dtype=np.uint8)
COLOURS[:, :30], COLOURS[:, 30:50], COLOURS[:, 50:70], COLOURS[:, 70:] = 255, (200, 0, 0), (0, 0, 200), 255


@pytest.mark.parametrize("kind", ["PNG", "BMP", "JPEG"])
@pytest.mark.parametrize("upright", [False, True])
def test_the_middle_square_is_kept(kind: str, upright: bool) -> None:
    pixels = COLOURS.transpose(1, 0, 2) if upright else COLOURS
    picture, size = decoded_picture(image_file(pixels, kind), "it", 8)
    assert (picture.shape, picture.dtype, size) == ((3, 8, 8), np.uint8, (40, 100) if upright else (100, 40))
    if upright:
        picture = picture.transpose(0, 2, 1)
    np.testing.assert_allclose(picture[:, :, 1], np.repeat([[200], [0], [0]], 8, axis=1), atol=12)
    np.testing.assert_allclose(picture[:, :, 6], np.repeat([[0], [0], [200]], 8, axis=1), atol=12)


def test_a_mask_keeps_its_values_and_lies_on_its_picture() -> None:
    values = np.full((90, 60), 2, dtype=np.uint8)
    values[30:60, 15:45] = 1
    mask, size = decoded_mask(image_file(values), "it", 12)
    assert (size, set(np.unique(mask))) == ((60, 90), {1, 2})
    picture, _ = decoded_picture(image_file(np.where(values == 1, 255, 0).astype(np.uint8)), "it", 12)
    np.testing.assert_array_equal(picture[0] > 127, mask == 1)


@pytest.mark.parametrize("pixels", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 4), np.uint8)])
def test_grey_and_transparent_pictures_become_colour(pixels: np.ndarray) -> None:
    assert decoded_picture(image_file(pixels), "it", 8)[0].shape == (3, 8, 8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.6])
def test_a_truncated_file_is_named(kind: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = image_file(noise, kind)
    with pytest.raises(DataError, match=r"data/cat_1\.jpg is truncated or no JPEG.*Put the original there"):
        decoded_picture(content[: int(part * len(content))], "data/cat_1.jpg", 8)


def test_a_picture_with_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = image_file(np.zeros((20, 20, 3), np.uint8))
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 399)
    with pytest.raises(DataError, match="it has 20×20 pixels, the most is 399"):
        decoded_picture(content, "it", 8)


def test_other_formats_are_not_opened() -> None:
    content = image_file(np.zeros((20, 20), np.uint8), "TIFF")
    with pytest.raises(DataError, match="it is truncated or no JPEG or PNG or GIF or BMP"):
        decoded_picture(content, "it", 8)
    with pytest.raises(DataError, match="it is truncated or no PNG"):
        decoded_mask(image_file(np.zeros((20, 20), np.uint8), "BMP"), "it", 8)


def test_a_mask_in_colour_is_refused() -> None:
    with pytest.raises(DataError, match="one value of 8 bits a pixel, found mode RGB"):
        decoded_mask(image_file(np.zeros((5, 5, 3), np.uint8)), "it", 8)
