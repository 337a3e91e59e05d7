"""Scenes of a few coloured objects: where they lie, and the pictures of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Pictures = NDArray[np.uint8]

SHAPES = ("circle", "square", "triangle", "cross")
SIZES = ("small", "large")
COLOURS = {
    "red": (220, 50, 47),
    "green": (46, 170, 70),
    "blue": (50, 100, 230),
    "yellow": (235, 200, 40),
    "purple": (160, 70, 190),
}
RADII = (3, 5)
"""Half the side of the box around an object of each size, in pixels of a picture of 32; it grows with the picture."""
TRIES = 10
"""Places tried for an object before the scene is given up."""
FINE = 8
"""Points per pixel and axis at which an object's outline is sampled."""


@dataclass(frozen=True)
class Scenes:
    """Objects of N scenes, at most K in each; all arrays are (N, K).

    Attributes:
        shape: number in ``SHAPES``.
        colour: number in ``COLOURS``.
        size: number in ``SIZES``.
        there: whether the scene has this object.
        x: column of its centre in pixels; 0 where there is none.
        y: row of its centre, counted downwards.
    """

    shape: Numbers
    colour: Numbers
    size: Numbers
    there: NDArray[np.bool_]
    x: Numbers
    y: Numbers

    @classmethod
    def empty(cls, rows: int, objects: int) -> Scenes:
        """Scenes without objects, to be filled."""
        shape, colour, size, x, y = np.zeros((5, rows, objects), dtype=np.int64)
        return cls(shape, colour, size, np.zeros((rows, objects), dtype=bool), x, y)

    def __len__(self) -> int:
        return len(self.shape)

    def pick(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Scenes:
        """These scenes only."""
        return Scenes(*(values[rows] for values in self.arrays()))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All six arrays, in the order of the fields."""
        return self.shape, self.colour, self.size, self.there, self.x, self.y


def radii(size: int) -> Numbers:
    """(2,) half the side of a small and of a large object's box in a picture of ``size`` pixels."""
    return np.array([radius * size // 32 for radius in RADII])


def placed(
    sizes: Numbers, there: NDArray[np.bool_], size: int, random: np.random.Generator
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Centres (N, K) such that no two boxes touch, and (N,) whether every object found a place.

    Args:
        sizes: (N, K) numbers in ``SIZES``.
        there: (N, K) which objects there are.
        size: pixels of a picture's side.
        random: where the places come from.
    """
    rows, objects = sizes.shape
    reach = radii(size)[sizes]
    x, y = np.zeros((2, rows, objects), dtype=np.int16)
    complete = np.ones(rows, dtype=bool)
    for k in range(objects):
        low, high = reach[:, k, None] + 1, size - 1 - reach[:, k, None]
        across, down = random.integers(low, high, size=(2, rows, TRIES), dtype=np.int16)
        gap = np.maximum(abs(across[..., None] - x[:, None, :k]), abs(down[..., None] - y[:, None, :k]))
        wanted = (reach[:, k, None] + reach[:, :k] + 1)[:, None].astype(np.int16)
        free = ((gap > wanted) | ~there[:, None, :k]).all(axis=2)
        first = free.argmax(axis=1)
        x[:, k], y[:, k] = (np.where(there[:, k], at[np.arange(rows), first], 0) for at in (across, down))
        complete &= free.any(axis=1) | ~there[:, k]
    return x.astype(np.int64), y.astype(np.int64), complete


def stamp(shape: int, radius: int) -> NDArray[np.float32]:
    """(2r+1, 2r+1) share of each pixel that an object covers, its centre in the middle of the stamp."""
    side = 2 * radius + 1
    at = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    x, y, r = at[None, :], at[:, None], radius + 0.25
    inside = {
        "circle": x**2 + y**2 <= r**2,
        "square": (abs(x) <= 0.85 * r) & (abs(y) <= 0.85 * r),
        "triangle": (y <= 0.85 * r) & (abs(x) <= (y + r) / 1.85),
        "cross": (np.minimum(abs(x), abs(y)) <= r / 3) & (np.maximum(abs(x), abs(y)) <= r),
    }[SHAPES[shape]]
    covered: NDArray[np.float32] = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3)).astype(np.float32)
    return covered


def draw(scenes: Scenes, size: int, random: np.random.Generator) -> Pictures:
    """(N, 3, size, size) pictures: objects of slightly varied colour on a dark ground, with some noise."""
    ground = random.integers(15, 45, size=(len(scenes), 1, 1, 1))
    pictures = np.broadcast_to(ground, (len(scenes), 3, size, size)).astype(np.float32)
    paint = np.array(list(COLOURS.values()), dtype=np.float32)[scenes.colour]
    paint *= random.uniform(0.85, 1.1, size=(*scenes.colour.shape, 1)).astype(np.float32)
    for row, k, cover, place in _stamps(scenes, size):
        here = (row[:, None, None], slice(None), *place)
        behind = pictures[here]
        pictures[here] = behind + cover[..., None] * (paint[row, k][:, None, None] - behind)
    pictures += random.integers(-8, 9, size=pictures.shape, dtype=np.int8)
    return np.clip(pictures, 0, 255, out=pictures).astype(np.uint8)


def object_masks(scenes: Scenes, which: Numbers, size: int) -> Pictures:
    """(N, size, size): 1 where a pixel belongs to the object ``which`` (N,) of its scene by half or more, else 0."""
    masks = np.zeros((len(scenes), size, size), dtype=np.uint8)
    for row, k, cover, place in _stamps(scenes, size):
        asked = which[row] == k
        masks[row[asked, None, None], place[0][asked], place[1][asked]] = cover[asked] >= 0.5
    return masks


def _stamps(scenes: Scenes, size: int) -> Iterator[tuple[Numbers, int, NDArray[np.float32], tuple[Numbers, Numbers]]]:
    """Rows, place in the row, cover (n, s, s) and pixels (n, s, 1), (n, 1, s) of all objects that look alike."""
    for grade, radius in enumerate(radii(size)):
        offset = np.arange(-radius, radius + 1)
        for shape in range(len(SHAPES)):
            cover = stamp(shape, int(radius))
            for k in range(scenes.shape.shape[1]):
                alike = scenes.there[:, k] & (scenes.shape[:, k] == shape) & (scenes.size[:, k] == grade)
                (row,) = alike.nonzero()
                down = scenes.y[row, k, None, None] + offset[:, None]
                across = scenes.x[row, k, None, None] + offset[None, :]
                yield row, k, np.broadcast_to(cover, (len(row), *cover.shape)), (down, across)
