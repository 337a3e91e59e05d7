"""Sentences that speak of one object of a scene, what they mean, and scenes in which they are right or wrong.

A sentence is "the [size] COLOUR thing RELATION the COLOUR SHAPE". It is *right* for a scene in which exactly
one object is meant, and *wrong* where none is; scenes between (two are meant, or one lies hardly to the left) are
never used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.scenes import COLOURS, SHAPES, SIZES, Scenes, placed, radii

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

RELATIONS = ("left of", "right of", "above", "below", "next to")
NEXT_TO = 4
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])
"""Direction (x, y) of each relation, y counted downwards."""
PLAIN = 0.3
"""Share of the scenes without a twin and without a decoy."""
NEXT_SHARE = 0.3
"""Share of the sentences whose relation is ``next to``."""
MARGIN = 0.08
"""By how much a relation must hold, or not hold, to be beyond doubt; a share of the picture's side, as ``NEAR``."""
NEAR = 0.16
"""What lies at most between things next to each other, but for the margin."""
FIELDS = ("size", "colour", "relation", "other_colour", "other_shape")
"""What a wrong sentence may have otherwise; the size only where it is named."""
SIZED = 0.6
"""Share of the sentences that name the size of the object that they mean."""
LOOKALIKE = 0.6
"""How often a further object has the colour of what one of the two sentences means."""
DECOY = 0.25
"""How often a further object is the one beside which the wrong sentence looks."""
TWINS = 0.8
"""Share of the scenes, of those that can, with an object like the meant one in another direction."""
PATIENCE = 25
"""Draws after which a scene is made with three objects at most, and without a twin."""
ROUNDS = 200
"""Draws of a scene, at most, until one fits its sentences."""


@dataclass(frozen=True)
class Sentences:
    """What N sentences say; each array is (N,).

    Attributes:
        size: of the object that is meant; -1 where it is not named.
        colour: of the object that is meant.
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
        other = f"{tuple(COLOURS)[self.other_colour[row]]} {SHAPES[self.other_shape[row]]}"
        if self.relation[row] < 0:
            return f"the {other}"
        size = f"{SIZES[self.size[row]]} " if self.size[row] >= 0 else ""
        return f"the {size}{colours[self.colour[row]]} thing {RELATIONS[self.relation[row]]} the {other}"


@dataclass(frozen=True)
class Reading:
    """What sentences mean in their scenes; all arrays are (N, K), of objects.

    Attributes:
        meant: it has the named attributes and lies in the relation's direction from the other object: its centre
            is further in that direction than aside, by 3/32 of the picture at least.
        doubt: it has the attributes and lies near a diagonal from the other object; or it is one of several that
            could be the other object.
        twin: it has the attributes, but lies in another direction.
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
    sized = random.random(rows) < SIZED
    size, shape = (random.integers(0, len(names), size=rows) for names in (SIZES, SHAPES))
    relation = np.where(random.random(rows) < NEXT_SHARE, NEXT_TO, random.integers(0, len(MOVES) - 1, size=rows))
    plain = random.random(rows) < PLAIN
    relation[plain], sized[plain] = -1, False
    right = Sentences(np.where(sized, size, -1), palette[:, 0], relation, palette[:, 1], shape)
    changed = Sentences(
        size=1 - right.size,
        colour=palette[:, 2],
        relation=(relation + random.integers(1, len(RELATIONS), size=rows)) % len(RELATIONS),
        other_colour=palette[:, 2],
        other_shape=(shape + random.integers(1, len(SHAPES), size=rows)) % len(SHAPES),
    )
    field = _changed_field(sized, plain, random)
    both = ((getattr(changed, name), getattr(right, name)) for name in FIELDS)
    return right, Sentences(*(np.where(field == i, new, old) for i, (new, old) in enumerate(both)))


def _changed_field(sized: NDArray[np.bool_], plain: NDArray[np.bool_], random: np.random.Generator) -> Numbers:
    """(N,) number in ``FIELDS`` of what changes: the relation twice as often, a size that is not named never."""
    weight = np.where(sized[:, None], [1.0, 1.0, 2.0, 1.0, 1.0], [0.0, 1.0, 2.0, 1.0, 1.0])
    weight[plain, :3] = 0.0
    bounds = (weight / weight.sum(axis=1, keepdims=True)).cumsum(axis=1)
    bounds[:, -1] = 1.0
    return np.asarray((random.random((len(sized), 1)) < bounds).argmax(axis=1))


def read(scenes: Scenes, sentences: Sentences, size: int) -> Reading:
    """What each sentence means in its scene of ``size`` pixels; see :class:`Reading`."""
    colour, shape = sentences.other_colour[:, None], sentences.other_shape[:, None]
    other = scenes.there & (scenes.colour == colour) & (scenes.shape == shape)
    fits = scenes.there & ~other & (scenes.colour == sentences.colour[:, None])
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
    shape, colour = _looks(right, wrong, twins, box, random)
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
    right: Sentences, wrong: Sentences, twins: NDArray[np.bool_], box: tuple[int, int], random: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Shapes and colours (N, K): the first two as ``right`` has it, the rest often as either sentence has it."""
    shape, colour = (random.integers(0, len(names), size=box) for names in (SHAPES, COLOURS))
    model = random.random(box) < 0.5
    shares = ((colour, "colour", LOOKALIKE), (colour, "other_colour", DECOY), (shape, "other_shape", DECOY))
    for values, field, share in shares:
        taken = random.random(box) < share
        values[taken] = np.where(model, getattr(right, field)[:, None], getattr(wrong, field)[:, None])[taken]
    colour[:, 0], shape[:, 0] = right.other_colour, right.other_shape
    related = right.relation >= 0
    colour[related, 1], shape[related, 1] = right.colour[related], random.integers(0, len(SHAPES), size=related.sum())
    colour[:, 2:3] = np.where(twins, right.colour, colour[:, min(2, box[1] - 1)])[:, None]
    return shape, colour


def _unnamed_colours(right: Sentences, wrong: Sentences, objects: int, random: np.random.Generator) -> Numbers:
    """(N, objects) colours of which neither sentence speaks."""
    score = random.random((len(right), objects, len(COLOURS)))
    for named in (right.colour, wrong.colour, right.other_colour, wrong.other_colour):
        score[np.arange(len(right)), :, named] = -1.0
    return np.asarray(score.argmax(axis=2))
