"""``captioned_scenes``: a drawn scene and a sentence; is it right, what is the thing it speaks of, and where is it?"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core import text
from mtl_core.blocks import Map, Tokens
from mtl_core.datasets import referring, referring_scenes, scenes
from mtl_core.datasets.array_cache import cached, keep, key_of
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.referring import RELATIONS, drawn_sentences
from mtl_core.datasets.referring_scenes import scenes_for
from mtl_core.datasets.scenes import COLOURS, SHAPES, SIZES, draw, object_masks
from mtl_core.datasets.splits import random_split, split_sizes
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task
from mtl_core.text import Vocabulary, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOUR = 4
"""Rows that belong together: two scenes, each with two sentences, of which either is right for one scene only."""
FEWEST, MOST = 3, 5
"""Objects of a scene."""
LONGEST = 10
"""Words of the longest sentence, "the large red thing left of the blue square", and one to spare."""
PREVIEW_ROWS = 12
KEPT = ("match", "object", "mask")


class CaptionedScenes(Dataset):
    """Scenes and sentences: ``match`` (is it right: binary), ``object`` (its shape), ``mask`` (its pixels)."""

    name: Literal["captioned_scenes"] = "captioned_scenes"
    rows: Annotated[
        int, Field(ge=400, le=200_000, multiple_of=FOUR, description="Pictures with a sentence; four belong together")
    ] = 60_000
    size: Annotated[int, Field(ge=32, le=96, multiple_of=2, description="Side of a picture in pixels")] = 32
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of what is drawn; not the run's seed")] = 0
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 12,
        "evaluate_every": 2,
        "batch_size": 128,
        "architecture": {"channels": [32, 64], "patch": 2, "hidden": [64], "fusion": "cross_attention"},
        "optimizer": {"lr": 0.006},
        "lr_schedule": {"name": "one_cycle", "warmup": 0.1},
        "weighting": {"lambdas": {"match": 0.05, "object": 0.05, "mask": 1.0}},
        "gradients": {"every": 100},
    }
    changed_by: ClassVar[Mapping[str, str]] = {
        "flip": "what was left of a thing is then right of it",
        "shift": "what the sentence speaks of may leave the picture",
        "rotate": "what was beside a thing may then be above it",
        "zoom": "what the sentence calls large may then be small",
    }
    card: ClassVar[Card] = Card(
        title="Captioned scenes",
        size="60 000 colour pictures of 32×32 with a sentence each; 3 to 5 objects",
        origin="Drawn by MTL Lab from a seed: coloured shapes, and a sentence that speaks of one by colour and place",
        url="https://en.wikipedia.org/wiki/Referring_expression",
        licence="MIT, as MTL Lab itself",
        citation="MTL Lab, mtl_core/datasets/captioned_scenes.py",
        real=False,
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, self.size)), "text": InputSpec("text", Tokens(LONGEST, len(WORDS)))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("match", "binary", ("no", "yes")),
            Task("object", "multiclass", SHAPES),
            Task("mask", "segmentation", ("background", "object")),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        return {name: FOUR * count for name, count in split_sizes(self.rows // FOUR, validation).items()}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("scenes", 0, self.rows, "pictures")
        fours = self.rows // FOUR
        parts = random_split(fours, validation)
        made, notes = self._made(fours)
        return Samples(
            inputs={"image": made["pictures"], "text": made["text"]},
            targets={name: made[name] for name in KEPT},
            splits={name: (FOUR * part[:, None] + np.arange(FOUR)).ravel() for name, part in parts.items()},
            source="generated",
            groups=np.repeat(np.arange(fours), FOUR),
            vocabulary=WORDS.names,
            notes=notes,
        )

    def _made(self, fours: int) -> tuple[Mapping[str, NDArray[Any]], tuple[str, ...]]:
        """What is drawn, from the cache where it is there (60 000 pictures take five seconds), and notes on that."""
        code = [__file__, *(module.__file__ for module in (referring, referring_scenes, scenes, text))]
        key = key_of([Path(str(file)) for file in code], fours, self.size, self.seed)
        if found := cached(self.name, key, ("pictures", "text", *KEPT)):
            return found, ()
        made = captioned(fours, self.size, self.seed)
        arrays: dict[str, NDArray[Any]] = {"pictures": made.pictures, "text": WORDS.encode(made.sentences, LONGEST)}
        arrays |= {"match": made.match, "object": made.shape, "mask": made.mask}
        note = keep(self.name, key, arrays)
        return arrays, (note,) if note else ()

    def preview(self, folder: Path) -> Preview:
        made = captioned(PREVIEW_ROWS // FOUR, self.size, self.seed)
        signs = ("✗", "✓")
        captions = tuple(f"{signs[right]} {said}" for right, said in zip(made.match, made.sentences, strict=True))
        return Preview("generated", images=made.pictures.transpose(0, 2, 3, 1), captions=captions)


def _words() -> Vocabulary:
    """Every word that a sentence may have, in the order of first use."""
    parts = ("the", *SIZES, *COLOURS, "thing", *RELATIONS, *SHAPES)
    return Vocabulary(tuple(dict.fromkeys(word for part in parts for word in words(part))))


WORDS = _words()


@dataclass(frozen=True)
class Captioned:
    """N pictures with a sentence each.

    Attributes:
        pictures: (N, 3, S, S) uint8.
        sentences: N texts.
        match: (N,) int64, 1 where the sentence is right for the picture.
        shape: (N,) int64 in ``SHAPES``, of the thing that is spoken of; −1 where there is none, and where the
            sentence itself names its shape.
        mask: (N, S, S) uint8, 1 on that thing's pixels; all 0 where there is none.
    """

    pictures: NDArray[np.uint8]
    sentences: tuple[str, ...]
    match: NDArray[np.int64]
    shape: NDArray[np.int64]
    mask: NDArray[np.uint8]


def captioned(fours: int, size: int, seed: int) -> Captioned:
    """``fours`` times two scenes A, B and two sentences a, b, as rows Aa, Ab, Ba, Bb; a is right for A, b for B.

    So each picture is as often right as wrong, and so is each sentence: neither alone says anything about ``match``.

    Args:
        fours: how many times.
        size: side of a picture in pixels.
        seed: of everything that is drawn.
    """
    random = np.random.default_rng(seed)
    both = drawn_sentences(fours, random)
    counts = random.integers(FEWEST, MOST + 1, size=fours)
    pictures, shapes, masks = [], [], []
    for right, wrong in (both, both[::-1]):
        scenes, meant = scenes_for(right, wrong, counts, size, random)
        pictures.append(draw(scenes, size, random))
        masks.append(object_masks(scenes, meant, size))
        shapes.append(np.where(right.relation < 0, -1, scenes.shape[np.arange(fours), meant]))
    none, empty = np.full(fours, -1), np.zeros_like(masks[0])
    return Captioned(
        pictures=_rows(pictures[0], pictures[0], pictures[1], pictures[1]),
        sentences=tuple(said.text(row) for row in range(fours) for said in (*both, *both)),
        match=np.tile(np.array([1, 0, 0, 1]), fours),
        shape=_rows(shapes[0], none, none, shapes[1]),
        mask=_rows(masks[0], empty, empty, masks[1]),
    )


def _rows(*parts: NDArray[Any]) -> NDArray[Any]:
    """Arrays (n, …) as one (4 n, …): first row of each, second row of each, …"""
    stacked = np.stack(parts, axis=1)
    return np.ascontiguousarray(stacked.reshape(-1, *stacked.shape[2:]))
