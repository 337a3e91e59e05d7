"""Drawn shapes: areas, masks, colours, and the same pictures for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from mtl_core.datasets.shape_pictures import JITTER, OUTLINES, PALETTE, drawn_shapes
from mtl_core.datasets.shapes import Shapes
from tests.datasets.helpers import drain

SHAPES = list(OUTLINES)
AREAS = {
    "circle": np.pi * 0.85**2,
    "square": 1.5**2,
    "triangle": 3 * 3**0.5 / 4,
    "star": 5 * 0.45 * np.sin(np.pi / 5),
    "cross": 4 * 0.95 * 0.6 - 0.6**2,
}
"""Areas at size 1, by elementary geometry."""


@pytest.mark.parametrize("shape", SHAPES)
def test_the_outline_encloses_the_area_that_geometry_says(shape: str) -> None:
    line = ((np.arange(1200) + 0.5) / 500 - 1.2).astype(np.float32)
    inside = OUTLINES[shape](line[None, :] + np.zeros_like(line)[:, None], line[:, None] + np.zeros_like(line)) < 0
    assert inside.mean() * 2.4**2 == pytest.approx(AREAS[shape], rel=2e-3)


def test_star_and_triangle_point_upwards() -> None:
    """Rows of a picture count downwards: the point at (0, −1) is the upper one."""
    for shape in ("star", "triangle"):
        across, up, down = np.float32([0]), np.float32([-0.97]), np.float32([0.97])
        assert OUTLINES[shape](across, up)[0] < 0 < OUTLINES[shape](across, down)[0]


def test_colours_are_those_of_the_palette_and_grounds_are_grey() -> None:
    drawn = drawn_shapes(300, 64, 3)
    pixels = drawn.pictures.transpose(0, 2, 3, 1).astype(int)
    paint = np.array(list(PALETTE.values()))
    for row in range(300):
        middle = np.median(pixels[row][drawn.mask[row] > 0], axis=0)
        assert np.abs(middle - paint[drawn.colour[row]]).max() <= JITTER + 1
        ground = pixels[row, 0, 0]
        assert ground.max() == ground.min()
        assert 20 <= ground[0] <= 70


def test_edges_are_smooth_coverage_sums_to_the_area() -> None:
    """Σ coverage over the pixels is the shape's area in pixels, which a count of whole pixels would miss at times."""
    drawn = drawn_shapes(200, 64, 5)
    random = np.random.default_rng(5)
    shape = random.integers(len(OUTLINES), size=200)
    random.integers(len(PALETTE), size=200)
    radius = 64 * random.uniform(0.24, 0.38, 200)
    assert np.array_equal(shape, drawn.shape)
    pictures = drawn.pictures.astype(float)
    for row in range(200):
        ground, paint = pictures[row, :, 0, 0], np.median(pictures[row][:, drawn.mask[row] > 0], axis=1)
        channel = np.abs(paint - ground).argmax()
        coverage = (pictures[row, channel] - ground[channel]) / (paint[channel] - ground[channel])
        if coverage[[0, -1]].max() == coverage[:, [0, -1]].max() == 0:
            assert coverage.sum() == pytest.approx(AREAS[SHAPES[shape[row]]] * radius[row] ** 2, rel=0.03)


def test_masks_name_the_shape_and_cover_it() -> None:
    drawn = drawn_shapes(300, 48, 0)
    assert drawn.mask.shape == (300, 48, 48)
    for row in range(300):
        assert set(np.unique(drawn.mask[row])) == {0, drawn.shape[row] + 1}
    shares = [(drawn.mask[drawn.shape == i] > 0).mean() for i in range(len(SHAPES))]
    order = sorted(range(len(SHAPES)), key=lambda i: AREAS[SHAPES[i]])
    assert sorted(range(len(SHAPES)), key=lambda i: shares[i]) == order


def test_a_seed_gives_its_pictures_and_another_one_others() -> None:
    first, again, other = drawn_shapes(120, 32, 1), drawn_shapes.__wrapped__(120, 32, 1), drawn_shapes(120, 32, 2)
    assert np.array_equal(first.pictures, again.pictures)
    assert not np.array_equal(first.pictures, other.pictures)
    assert first.shape[:12].tolist() == np.random.default_rng(1).integers(5, size=120)[:12].tolist()
    with pytest.raises(ValueError, match="read-only"):
        first.pictures[0] = 0


def test_another_size_shows_the_same_shapes() -> None:
    small, large = drawn_shapes(60, 32, 4), drawn_shapes(60, 64, 4)
    assert np.array_equal(small.shape, large.shape)
    shrunk = large.pictures.reshape(60, 3, 32, 2, 32, 2).astype(float).mean((3, 5))
    assert np.abs(shrunk - small.pictures).mean() < 1.5


def test_samples_follow_the_options(tmp_path: Path) -> None:
    samples, _ = drain(Shapes(rows=200, size=32, seed=9).load(tmp_path, 0.25))
    assert samples.inputs["image"].shape == (200, 3, 32, 32)
    assert {name: len(rows) for name, rows in samples.splits.items()} == {"train": 120, "validation": 40, "test": 40}
    assert samples.targets.keys() == {"shape", "colour", "mask"}
    assert samples.strata is samples.targets["shape"]
    counts = [np.bincount(samples.targets["shape"][rows], minlength=5) / len(rows) for rows in samples.splits.values()]
    assert np.ptp(counts, axis=0).max() < 0.03


@pytest.mark.parametrize("option", [{"rows": 99}, {"size": 15}, {"size": 129}, {"seed": -1}])
def test_options_out_of_bounds_are_refused(option: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(option))):
        Shapes(**option)


def test_the_preview_says_what_each_picture_shows(tmp_path: Path) -> None:
    shown = Shapes().preview(tmp_path)
    assert shown.images is not None
    assert shown.images.shape == (10, 64, 64, 3)
    assert all(set(caption.split()) & set(SHAPES) and set(caption.split()) & set(PALETTE) for caption in shown.captions)
