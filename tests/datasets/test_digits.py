"""digits: real pictures enlarged smoothly, and the definition of the mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mtl_core.datasets.digits import Digits, cubic_weights, digit_mask, enlarged_digits
from tests.datasets.helpers import drain


def test_a_pixel_belongs_to_the_digit_above_half_intensity() -> None:
    pictures = np.array([[[0, 127], [128, 255]], [[255, 0], [0, 127]]], dtype=np.uint8)
    mask = digit_mask(pictures, np.array([0, 9]))
    np.testing.assert_array_equal(mask, [[[0, 0], [1, 1]], [[10, 0], [0, 0]]])
    assert mask.dtype == np.uint8


def test_masks_of_the_set_follow_intensity_and_class() -> None:
    samples, _ = drain(Digits().load(Path(), 0.2))
    pictures, mask = samples.inputs["image"][:, 0] / 255, samples.targets["mask"]
    np.testing.assert_array_equal(mask > 0, pictures > 0.5)
    for row, digit in enumerate(samples.targets["digit"]):
        assert set(np.unique(mask[row])) == {0, digit + 1}


def test_enlarging_keeps_the_picture() -> None:
    pictures, classes = enlarged_digits()
    bunch = load_digits()
    np.testing.assert_array_equal(classes, bunch.target)
    assert (pictures.shape, pictures.dtype, pictures.max()) == ((1797, 28, 28), np.uint8, 255)
    blocks = np.add.reduceat(np.add.reduceat(pictures / 255, np.arange(0, 28, 7), 1), np.arange(0, 28, 7), 2) / 49
    coarse = bunch.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) / 16
    assert np.abs(blocks - coarse).mean() < 0.03


def test_the_preview_shows_the_first_pictures() -> None:
    preview = Digits().preview(Path())
    pictures, classes = enlarged_digits()
    assert preview.captions == tuple(str(digit) for digit in classes[:10])
    np.testing.assert_array_equal(preview.images, pictures[:10])


def test_cubic_weights_reproduce_constants_and_lines() -> None:
    weights = cubic_weights(8, 28)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    centres = (np.arange(28) + 0.5) * 8 / 28 - 0.5
    inner = (centres >= 1) & (centres <= 6)
    np.testing.assert_allclose((weights @ np.arange(8))[inner], centres[inner])
    np.testing.assert_allclose(cubic_weights(8, 8), np.eye(8), atol=1e-12)


def test_the_split_is_stratified_scikit_learns() -> None:
    samples, _ = drain(Digits().load(Path(), 0.2))
    digits = samples.targets["digit"]
    train, test = train_test_split(np.arange(1797), test_size=0.2, random_state=42, stratify=digits)
    train, held = train_test_split(train, test_size=0.2, random_state=42, stratify=digits[train])
    assert [*map(set, (train, held, test))] == [set(samples.splits[s]) for s in ("train", "validation", "test")]
