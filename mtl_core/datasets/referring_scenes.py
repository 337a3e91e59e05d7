"""Scenes in which one sentence is right and another is wrong, and in which neither is so by a short cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.referring import MOVES, Sentences, read
from mtl_core.datasets.scenes import COLOURS, SHAPES, SIZES, Scenes, placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

LOOKALIKE = 0.6
"""How often a further object has the colour of what one of the two sentences means."""
DECOY = 0.25
"""How often a further object has the colour, or the shape, of the other object of one of the two sentences."""
RIVAL = 0.7
"""How often the last object of four or more differs from the other object in its colour only, or in its shape only."""
TWINS = 0.8
"""Share of the scenes, of those that can, with an object like the meant one in another direction."""
PATIENCE = 25
"""Draws after which a scene is made with three objects at most, and without a twin."""
ROUNDS = 200
"""Draws of a scene, at most, until one fits its sentences."""


def scenes_for(
    right: Sentences, wrong: Sentences, counts: Numbers, size: int, random: np.random.Generator
) -> tuple[Scenes, Numbers]:
    """A scene for each row in which ``right`` means exactly one object and ``wrong`` none, and (N,) which one.

    A share ``TWINS`` of the scenes that can have one has a twin: so what is meant cannot be found without the relation.

    Args:
        right: (N,) sentences.
        wrong: (N,) sentences that differ from them.
        counts: (N,) objects in each scene, at least 2.
        size: pixels of a picture's side.
        random: where the scenes come from.

    Raises:
        RuntimeError: where a sentence found no scene in ``ROUNDS`` draws.
    """
    found = Scenes.empty(len(right), int(counts.max()))
    waiting = np.arange(len(right))
    twins = (random.random(len(right)) < TWINS) & (counts > 2) & (right.relation >= 0)
    for turn in range(ROUNDS):
        if turn == PATIENCE:
            counts, twins = np.minimum(counts, 3), np.zeros_like(twins)
        tried = np.repeat(waiting, min(8, len(right) // len(waiting)))
        made, good = drawn_scenes(right.pick(tried), wrong.pick(tried), counts[tried], twins[tried], size, random)
        done, first = np.unique(tried[good], return_index=True)
        for into, values in zip(found.arrays(), made.pick(good).arrays(), strict=True):
            into[done, : values.shape[1]] = values[first]
        waiting = np.setdiff1d(waiting, done)
        if not len(waiting):
            order = random.permuted(np.tile(np.arange(found.shape.shape[1]), (len(right), 1)), axis=1)
            mixed = Scenes(*(np.take_along_axis(values, order, axis=1) for values in found.arrays()))
            return mixed, read(mixed, right, size).meant.argmax(axis=1)
    raise RuntimeError(f"no scene found for {right.text(int(waiting[0]))!r} in {ROUNDS} draws")


def drawn_scenes(
    right: Sentences,
    wrong: Sentences,
    counts: Numbers,
    twins: NDArray[np.bool_],
    size: int,
    random: np.random.Generator,
) -> tuple[Scenes, NDArray[np.bool_]]:
    """Scenes (N, K) drawn at random, and (N,) whether each fits its sentences.

    Object 0 is the other object of ``right``, object 1 the one that it means (the scene is turned until it lies in the
    relation's direction), object 2 its twin if it shall have one. The rest often has attributes of either sentence;
    what would spoil them gets a colour of which neither speaks. The shape of object 1 is drawn apart from all else.
    """
    box = (len(right), int(counts.max()))
    grade = random.integers(0, len(SIZES), size=box)
    for k, named in ((1, right.size >= 0), (2, (right.size >= 0) & twins)):
        grade[:, k : k + 1] = np.where(named, right.size, grade[:, min(k, box[1] - 1)])[:, None]
    there = np.arange(box[1]) < counts[:, None]
    x, y, complete = placed(grade, there, size, random)
    x, y = _turned(x, y, there, right.relation, size)
    shape, colour = _looks(right, wrong, twins, counts, random)
    scenes = Scenes(shape, colour, grade, there, x, y)
    one, none = read(scenes, right, size), read(scenes, wrong, size)
    spoils = one.meant | one.doubt | none.meant | none.doubt
    spoils[:, 0] = False
    spoils[:, 1] &= right.relation < 0
    scenes = replace(scenes, colour=np.where(spoils, _unnamed_colours(right, wrong, box[1], random), colour))
    one, none = read(scenes, right, size), read(scenes, wrong, size)
    good = complete & (one.meant.sum(axis=1) == 1) & ~(one.doubt | none.doubt | none.meant).any(axis=1)
    return scenes, good & (one.twin.any(axis=1) | ~twins)


def _turned(x: Numbers, y: Numbers, there: NDArray[np.bool_], relation: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Centres after as many quarter turns of the picture as bring object 1 into the direction from object 0."""
    move = MOVES[relation]
    for _ in range(3):
        right, down = (x[:, 1] - x[:, 0])[:, None], (y[:, 1] - y[:, 0])[:, None]
        away = right * move[:, :1] + down * move[:, 1:] < abs(right * move[:, 1:] + down * move[:, :1])
        x, y = np.where(away & there, size - 1 - y, x), np.where(away & there, x, y)
    return x, y


def _looks(
    right: Sentences,
    wrong: Sentences,
    twins: NDArray[np.bool_],
    counts: Numbers,
    random: np.random.Generator,
) -> tuple[Numbers, Numbers]:
    """Shapes and colours (N, K): the first two as ``right`` has it, the rest often as either sentence has it."""
    box = (len(right), int(counts.max()))
    shape, colour = (random.integers(0, len(names), size=box) for names in (SHAPES, COLOURS))
    model = random.random(box) < 0.5
    shares = ((colour, "colour", LOOKALIKE), (colour, "other_colour", DECOY), (shape, "other_shape", DECOY))
    for values, field, share in shares:
        wanted = np.where(model, getattr(right, field)[:, None], getattr(wrong, field)[:, None])
        taken = (random.random(box) < share) & (wanted >= 0)
        values[taken] = wanted[taken]
    colour[:, 0], shape[:, 0] = right.other_colour, right.other_shape
    related, named = right.relation >= 0, (right.relation >= 0) & (right.colour >= 0)
    colour[named, 1], shape[related, 1] = right.colour[named], random.integers(0, len(SHAPES), size=related.sum())
    colour[:, 2:3] = np.where(twins & named, right.colour, colour[:, min(2, box[1] - 1)])[:, None]
    rival = _rivals(right, wrong, counts, random)
    row, last = rival.row, counts[rival.row] - 1
    colour[row, last], shape[row, last] = rival.colour, rival.shape
    return shape, colour


@dataclass(frozen=True)
class _Rivals:
    """Rows (n,) in which one object differs from the other object in one attribute, and what it looks like."""

    row: Numbers
    shape: Numbers
    colour: Numbers


def _rivals(right: Sentences, wrong: Sentences, counts: Numbers, random: np.random.Generator) -> _Rivals:
    """Rows whose last object is a rival of the other object, so that it is not found by its colour or its shape alone.

    Where the sentences differ in the other object, the rival is what the wrong one speaks of.
    """
    rows = len(right)
    (row,) = ((random.random(rows) < RIVAL) & (counts > 3)).nonzero()
    moved = right.other_colour != wrong.other_colour
    turned = right.other_shape != wrong.other_shape
    keeps_colour = (turned | (~moved & (random.random(rows) < 0.5)))[row]
    others = (right.other_shape + random.integers(1, len(SHAPES), size=rows)) % len(SHAPES)
    shape = np.where(turned, wrong.other_shape, others)[row]
    colour = np.where(moved, wrong.other_colour, _unnamed_colours(right, wrong, 1, random)[:, 0])[row]
    return _Rivals(
        row,
        shape=np.where(keeps_colour, shape, right.other_shape[row]),
        colour=np.where(keeps_colour, right.other_colour[row], colour),
    )


def _unnamed_colours(right: Sentences, wrong: Sentences, objects: int, random: np.random.Generator) -> Numbers:
    """(N, objects) colours of which neither sentence speaks."""
    score = random.random((len(right), objects, len(COLOURS)))
    for named in (right.colour, wrong.colour, right.other_colour, wrong.other_colour):
        (row,) = (named >= 0).nonzero()
        score[row, :, named[row]] = -1.0
    return np.asarray(score.argmax(axis=2))
