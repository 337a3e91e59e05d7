"""Pictures of one flat shape each, drawn from a seed by signed distances, with smooth edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Field = NDArray[np.float32]

PALETTE = {
    "red": (226, 48, 44),
    "yellow": (238, 200, 40),
    "green": (52, 168, 62),
    "cyan": (38, 190, 205),
    "blue": (44, 84, 214),
    "magenta": (206, 52, 178),
}
"""Colours in 0..255; each picture's colour strays from them by at most ``JITTER``."""
JITTER = 14
CHUNK = 512
POINTS, INNER = 5, 0.45
"""Points of the star, and the radius of its notches as a share of that of its points."""


def circle(x: Field, y: Field) -> Field:
    """Distance to the circle of radius 0.85, negative inside."""
    distance: Field = np.hypot(x, y) - np.float32(0.85)
    return distance


def square(x: Field, y: Field) -> Field:
    """Distance to the square of half side 0.75, exact at the edges."""
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.75)


def triangle(x: Field, y: Field) -> Field:
    """Distance to the equilateral triangle of circumradius 1, exact at the edges."""
    slanted = np.abs(x) * np.float32(3**0.5 / 2) - y * np.float32(0.5)
    return np.maximum(slanted, y) - np.float32(0.5)


def star(x: Field, y: Field) -> Field:
    """Distance to the five-pointed star of radius 1, exact at the edges.

    By symmetry only the edge from the upper point to the notch at angle π/5 beside it is needed: each pixel is
    turned and mirrored into that sector.
    """
    angle, half = np.arctan2(x, -y), np.float32(np.pi / POINTS)
    folded = np.abs((angle + half) % (2 * half) - half)
    radius = np.hypot(x, y)
    notch = INNER * np.exp(1j * np.pi / POINTS)
    along = notch - 1
    across = np.array([along.imag, -along.real]) / abs(along)
    beside = radius * np.sin(folded) * np.float32(across[1])
    distance: Field = (radius * np.cos(folded) - 1) * np.float32(across[0]) + beside
    return distance


def cross(x: Field, y: Field) -> Field:
    """Distance to the upright cross with arms of length 0.95 and half width 0.3, exact at the edges."""
    wide, long = np.minimum(np.abs(x), np.abs(y)), np.maximum(np.abs(x), np.abs(y))
    return np.maximum(wide - np.float32(0.3), long - np.float32(0.95))


OUTLINES: dict[str, Callable[[Field, Field], Field]] = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
    "star": star,
    "cross": cross,
}
"""Signed distance of each shape of size 1 around the origin; the order is that of the classes."""


@dataclass(frozen=True)
class Drawn:
    """Pictures and what they show.

    Attributes:
        pictures: (N, 3, S, S) uint8.
        shape: (N,) int64, index into ``OUTLINES``.
        colour: (N,) int64, index into ``PALETTE``.
        mask: (N, S, S) uint8, shape + 1 where at least half of the pixel is covered, else 0.
    """

    pictures: NDArray[np.uint8]
    shape: NDArray[np.int64]
    colour: NDArray[np.int64]
    mask: NDArray[np.uint8]


@cache
def drawn_shapes(rows: int, size: int, seed: int) -> Drawn:
    """Draw ``rows`` pictures of ``size`` × ``size``; read-only arrays, the same for the same arguments.

    Shape and colour are uniform and independent; radius 0.24..0.38 of the picture's side, turned by up to 15°, its
    centre up to 0.12 of the side from the middle; the ground is one dark grey. A pixel's coverage is
    clip(½ − d, 0, 1) of its signed distance d in pixels.
    """
    random = np.random.default_rng(seed)
    shape, colour = random.integers(len(OUTLINES), size=rows), random.integers(len(PALETTE), size=rows)
    radius, angle = random.uniform(0.24, 0.38, rows), random.uniform(-np.pi / 12, np.pi / 12, rows)
    centre = 0.5 + random.uniform(-0.12, 0.12, (rows, 2))
    paint = np.array(list(PALETTE.values()))[colour] + random.uniform(-JITTER, JITTER, (rows, 3))
    grey = random.uniform(20, 70, (rows, 1))
    drawn = Drawn(np.empty((rows, 3, size, size), np.uint8), shape, colour, np.empty((rows, size, size), np.uint8))
    place = np.column_stack([centre, radius, angle]) * [size, size, size, 1]
    for kind in range(len(OUTLINES)):
        found = np.flatnonzero(shape == kind)
        for part in np.split(found, range(CHUNK, len(found), CHUNK)):
            _draw(drawn, part, kind, place[part], paint[part], grey[part])
    for values in vars(drawn).values():
        values.setflags(write=False)
    return drawn


def _draw(drawn: Drawn, rows: NDArray[np.int64], kind: int, *measures: NDArray[np.float64]) -> None:
    """Fill these rows, all of one shape.

    Args:
        drawn: what is filled.
        rows: (n,) row numbers.
        kind: the shape.
        measures: (n, 4) centre x, y, radius in pixels and angle; (n, 3) paint; (n, 1) grey of the ground.
    """
    size = drawn.mask.shape[-1]
    place, paint, ground = (part.astype(np.float32)[:, :, None, None] for part in measures)
    pixels = np.arange(size, dtype=np.float32) + np.float32(0.5)
    x, y = pixels[None, :] - place[:, 0], pixels[:, None] - place[:, 1]
    radius, cosine, sine = place[:, 2], np.cos(place[:, 3]), np.sin(place[:, 3])
    outline = list(OUTLINES.values())[kind]
    distance = radius * outline((cosine * x + sine * y) / radius, (cosine * y - sine * x) / radius)
    coverage = np.clip(np.float32(0.5) - distance, 0, 1)[:, None]
    drawn.pictures[rows] = np.rint(ground + coverage * (paint - ground))
    drawn.mask[rows] = np.where(coverage[:, 0] >= 0.5, np.uint8(kind + 1), np.uint8(0))
