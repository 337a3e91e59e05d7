"""Scenes: no two objects touch, pictures show them in their colours, masks are their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from mtl_core.datasets.scenes import COLOURS, SHAPES, SIZES, Scenes, draw, object_masks, placed, radii, stamp


def some_scenes(rows: int = 40, objects: int = 4, size: int = 32) -> Scenes:
    random = np.random.default_rng(3)
    grade = random.integers(0, len(SIZES), size=(rows, objects))
    there = np.arange(objects) < random.integers(2, objects + 1, size=rows)[:, None]
    x, y, complete = placed(grade, there, size, random)
    shape, colour = random.integers(0, (len(SHAPES), len(COLOURS)), size=(rows, objects, 2)).transpose(2, 0, 1)
    return Scenes(shape, colour, grade, there, x, y).pick(complete)


@pytest.mark.parametrize("size", [32, 48, 96])
def test_objects_lie_inside_and_apart(size: int) -> None:
    scenes = some_scenes(size=size)
    assert len(scenes) > 20
    reach = radii(size)[scenes.size]
    assert (scenes.x - reach)[scenes.there].min() >= 1
    assert (scenes.y + reach)[scenes.there].max() <= size - 2
    for row in range(len(scenes)):
        there = scenes.there[row].nonzero()[0]
        for i in there:
            for j in there[there < i]:
                gap = max(abs(scenes.x[row, i] - scenes.x[row, j]), abs(scenes.y[row, i] - scenes.y[row, j]))
                assert gap > reach[row, i] + reach[row, j]


def test_each_mask_is_its_objects_pixels_in_its_colour() -> None:
    scenes = some_scenes()
    pictures = draw(scenes, 32, np.random.default_rng(0)).astype(float)
    paints = np.array(list(COLOURS.values()), dtype=float)
    total = np.zeros((len(scenes), 32, 32))
    for k in range(4):
        masks = object_masks(scenes, np.full(len(scenes), k), 32)
        assert set(np.unique(masks)) <= {0, 1}
        assert (masks.any(axis=(1, 2)) == scenes.there[:, k]).all()
        total += masks
        for row in scenes.there[:, k].nonzero()[0]:
            mean = pictures[row][:, masks[row] == 1].mean(axis=1)
            direction = paints / np.linalg.norm(paints, axis=1, keepdims=True)
            assert (direction @ mean).argmax() == scenes.colour[row, k]
            area = (stamp(scenes.shape[row, k], int(radii(32)[scenes.size[row, k]])) >= 0.5).sum()
            assert masks[row].sum() == area
    assert total.max() == 1, "masks of one scene are disjoint"
    assert pictures.transpose(0, 2, 3, 1)[total == 0].max() < 170, "what is no object is dark, but for soft edges"
    assert np.median(pictures.transpose(0, 2, 3, 1)[total == 0]) < 50


@pytest.mark.parametrize("radius", [3, 5, 9])
def test_the_shapes_are_told_apart_by_their_stamps(radius: int) -> None:
    stamps = [stamp(shape, radius) for shape in range(len(SHAPES))]
    assert all(one.shape == (2 * radius + 1, 2 * radius + 1) for one in stamps)
    assert all(one.min() >= 0 and one.max() == 1 for one in stamps)
    for i, one in enumerate(stamps):
        for other in stamps[:i]:
            assert abs(one - other).sum() > 0.12 * one.size, "they differ in an eighth of the box at least"
    circle = stamps[SHAPES.index("circle")]
    assert circle.sum() == pytest.approx(np.pi * (radius + 0.25) ** 2, rel=0.02)
    assert all(np.array_equal(circle, np.rot90(circle, turn)) for turn in (1, 2, 3))


def test_a_crowd_that_finds_no_place_is_said_so() -> None:
    _, _, complete = placed(np.ones((8, 12), dtype=int), np.ones((8, 12), dtype=bool), 32, np.random.default_rng(0))
    assert not complete.any()
