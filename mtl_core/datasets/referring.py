"""Sentences that speak of one object of a scene, and what they mean in it.

A sentence is "the [size] [colour] thing RELATION the COLOUR SHAPE", or plainly "the COLOUR SHAPE". It is *right* for a
scene in which exactly one object is meant, and *wrong* where none is; scenes between (two are meant, or one lies
hardly to the left) are never used (:mod:`mtl_core.datasets.referring_scenes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.scenes import COLOURS, SHAPES, SIZES, Scenes, radii

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

RELATIONS = ("left of", "right of", "above", "below", "next to")
NEXT_TO = 4
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])
"""Direction (x, y) of each relation, y counted downwards."""
PLAIN = 0.3
"""Share of the sentences that only name a thing by colour and shape."""
NEXT_SHARE = 0.4
"""Share of the sentences whose relation is ``next to``."""
MARGIN = 0.08
"""By how much a relation must hold, or not hold, to be beyond doubt; a share of the picture's side, as ``NEAR``."""
NEAR = 0.16
"""What lies at most between things next to each other, but for the margin."""
FIELDS = ("size", "colour", "relation", "other_colour", "other_shape")
"""What a wrong sentence may have otherwise; the size only where it is named."""
SIZED, COLOURED = 0.5, 0.5
"""Shares of the sentences that name the size, and the colour, of the object that they mean. Where neither tells it from
the others, nothing but the place does: so what it lies beside must be looked for."""


@dataclass(frozen=True)
class Sentences:
    """What N sentences say; each array is (N,).

    Attributes:
        size: of the object that is meant; -1 where it is not named.
        colour: of the object that is meant; -1 where it is not named.
        relation: number in ``RELATIONS``.
        other_colour: of the other object, beside which it lies.
        other_shape: of the other object.
    """

    size: Numbers
    colour: Numbers
    relation: Numbers
    other_colour: Numbers
    other_shape: Numbers

    def __len__(self) -> int:
        return len(self.size)

    def pick(self, rows: Numbers | NDArray[np.bool_]) -> Sentences:
        """These sentences only."""
        return Sentences(*(getattr(self, name)[rows] for name in FIELDS))

    def text(self, row: int) -> str:
        """One of them in words."""
        colours = tuple(COLOURS)
        other = f"{colours[self.other_colour[row]]} {SHAPES[self.other_shape[row]]}"
        if self.relation[row] < 0:
            return f"the {other}"
        size = f"{SIZES[self.size[row]]} " if self.size[row] >= 0 else ""
        colour = f"{colours[self.colour[row]]} " if self.colour[row] >= 0 else ""
        return f"the {size}{colour}thing {RELATIONS[self.relation[row]]} the {other}"


@dataclass(frozen=True)
class Reading:
    """What sentences mean in their scenes; all arrays are (N, K), of objects.

    Attributes:
        meant: it has the named attributes, and the relation to the other object holds by ``MARGIN`` at least; for a
            plain sentence, it is the other object.
        doubt: it has the attributes, and the relation holds or fails by less than that; or it is one of several that
            could be the other object.
        twin: it has the attributes, and the relation fails by ``MARGIN`` at least.
    """

    meant: NDArray[np.bool_]
    doubt: NDArray[np.bool_]
    twin: NDArray[np.bool_]


def drawn_sentences(rows: int, random: np.random.Generator) -> tuple[Sentences, Sentences]:
    """(N,) sentences, and as many that differ from them in exactly one field.

    A colour of the one object is never a colour of the other in the same pair: so the shape of the object that is
    meant has no part in whether a sentence is right, and cannot be guessed from the words.
    """
    palette = random.permuted(np.tile(np.arange(len(COLOURS)), (rows, 1)), axis=1)
    sized, coloured = random.random((2, rows)) < np.array([[SIZED], [COLOURED]])
    size, shape = (random.integers(0, len(names), size=rows) for names in (SIZES, SHAPES))
    relation = np.where(random.random(rows) < NEXT_SHARE, NEXT_TO, random.integers(0, len(MOVES) - 1, size=rows))
    plain = random.random(rows) < PLAIN
    relation[plain], sized[plain] = -1, False
    right = Sentences(np.where(sized, size, -1), np.where(coloured, palette[:, 0], -1), relation, palette[:, 1], shape)
    changed = Sentences(
        size=1 - right.size,
        colour=palette[:, 2],
        relation=(relation + random.integers(1, len(RELATIONS), size=rows)) % len(RELATIONS),
        other_colour=palette[:, 2],
        other_shape=(shape + random.integers(1, len(SHAPES), size=rows)) % len(SHAPES),
    )
    field = _changed_field(sized, coloured, plain, random)
    both = ((getattr(changed, name), getattr(right, name)) for name in FIELDS)
    return right, Sentences(*(np.where(field == i, new, old) for i, (new, old) in enumerate(both)))


def _changed_field(
    sized: NDArray[np.bool_], coloured: NDArray[np.bool_], plain: NDArray[np.bool_], random: np.random.Generator
) -> Numbers:
    """(N,) number in ``FIELDS`` of what changes: what is harder to see more often, what is not named never."""
    weight = np.tile([2.0, 1.0, 2.0, 1.5, 1.5], (len(sized), 1))
    weight[~sized, 0] = weight[~coloured, 1] = 0.0
    weight[plain, :3] = 0.0
    bounds = (weight / weight.sum(axis=1, keepdims=True)).cumsum(axis=1)
    bounds[:, -1] = 1.0
    return np.asarray((random.random((len(sized), 1)) < bounds).argmax(axis=1))


def read(scenes: Scenes, sentences: Sentences, size: int) -> Reading:
    """What each sentence means in its scene of ``size`` pixels; see :class:`Reading`."""
    colour, shape = sentences.other_colour[:, None], sentences.other_shape[:, None]
    other = scenes.there & (scenes.colour == colour) & (scenes.shape == shape)
    fits = scenes.there & ~other
    fits &= (sentences.colour[:, None] < 0) | (scenes.colour == sentences.colour[:, None])
    fits &= (sentences.size[:, None] < 0) | (scenes.size == sentences.size[:, None])
    lead = _lead(scenes, other.argmax(axis=1), sentences.relation, size)
    count = other.sum(axis=1, keepdims=True)
    plain = (sentences.relation < 0)[:, None]
    beside = fits & (count == 1) & ~plain
    return Reading(
        meant=np.where(plain, other & (count == 1), beside & (lead >= MARGIN * size)),
        doubt=(beside & (abs(lead) < MARGIN * size)) | (other & (count > 1)),
        twin=beside & (lead <= -MARGIN * size),
    )


def _lead(scenes: Scenes, other: Numbers, relation: Numbers, size: int) -> Numbers:
    """(N, K) by how many pixels a relation to object ``other`` (N,) holds; below 0 where it does not.

    Of a direction: how much further the centre lies in it than aside. Of "next to": how much less than ``NEAR`` lies
    between the boxes around the objects.
    """
    rows = np.arange(len(scenes))[:, None]
    right, down = scenes.x - scenes.x[rows, other[:, None]], scenes.y - scenes.y[rows, other[:, None]]
    move = MOVES[relation]
    ahead = right * move[:, :1] + down * move[:, 1:]
    aside = abs(right * move[:, 1:] + down * move[:, :1])
    reach = radii(size)[scenes.size]
    gap = np.maximum(abs(right), abs(down)) - reach - reach[rows, other[:, None]] - 1
    lead = np.where((relation == NEXT_TO)[:, None], np.rint(NEAR * size).astype(int) - gap, ahead - aside)
    return np.asarray(lead)
