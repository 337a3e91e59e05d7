"""Sentences and scenes, read once more from the words by a reader that shares no code with the one that made them."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from mtl_core.datasets import referring
from mtl_core.datasets.referring import FIELDS, RELATIONS, Sentences, drawn_sentences, read
from mtl_core.datasets.referring_scenes import scenes_for
from mtl_core.datasets.scenes import COLOURS, RADII, SHAPES, SIZES, Scenes

ROWS, SIZE = 600, 32
PATTERN = re.compile(
    rf"the (?:({'|'.join(SIZES)}) )?(?:({'|'.join(COLOURS)}) )?thing ({'|'.join(RELATIONS)}) "
    rf"the ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})$"
)
Thing = tuple[str, str, str, int, int]


@pytest.fixture(scope="module")
def made() -> tuple[Sentences, Sentences, Scenes, np.ndarray]:
    random = np.random.default_rng(11)
    right, wrong = drawn_sentences(ROWS, random)
    scenes, meant = scenes_for(right, wrong, random.integers(3, 6, size=ROWS), SIZE, random)
    return right, wrong, scenes, meant


def things(scenes: Scenes, row: int) -> dict[int, Thing]:
    """The objects of a scene in words: size, colour, shape, x, y."""
    sizes, colours, shapes = list(SIZES), list(COLOURS), list(SHAPES)
    return {
        k: (
            sizes[scenes.size[row, k]],
            colours[scenes.colour[row, k]],
            shapes[scenes.shape[row, k]],
            int(scenes.x[row, k]),
            int(scenes.y[row, k]),
        )
        for k in scenes.there[row].nonzero()[0]
    }


def holds(relation: str, one: Thing, other: Thing) -> bool:
    """Whether a relation holds, with no word on doubt."""
    right, down = one[3] - other[3], one[4] - other[4]
    if relation == "next to":
        reach = sum(RADII[SIZES.index(thing[0])] for thing in (one, other))
        return max(abs(right), abs(down)) - reach - 1 <= 5
    ahead = {"left of": -right, "right of": right, "above": -down, "below": down}[relation]
    aside = abs(down) if relation in ("left of", "right of") else abs(right)
    return ahead > aside


def found(sentence: str, scene: dict[int, Thing]) -> list[int]:
    """Every object that a sentence can mean."""
    full = PATTERN.match(sentence)
    if not full:
        colour, shape = re.fullmatch(r"the (\w+) (\w+)", sentence).groups()
        return [k for k, thing in scene.items() if thing[1:3] == (colour, shape)]
    size, colour, relation, other_colour, other_shape = full.groups()
    others = [k for k, thing in scene.items() if thing[1:3] == (other_colour, other_shape)]
    fits = [k for k, thing in scene.items() if colour in (None, thing[1]) and size in (None, thing[0])]
    return [k for k in fits if any(k != other and holds(relation, scene[k], scene[other]) for other in others)]


def test_a_right_sentence_means_one_thing_and_a_wrong_one_none(made: tuple) -> None:
    right, wrong, scenes, meant = made
    for row in range(ROWS):
        scene = things(scenes, row)
        assert found(right.text(row), scene) == [meant[row]], right.text(row)
        assert found(wrong.text(row), scene) == [], wrong.text(row)


def test_a_wrong_sentence_differs_in_one_attribute_or_in_the_relation(made: tuple) -> None:
    right, wrong, *_ = made
    changed = np.array([getattr(right, name) != getattr(wrong, name) for name in FIELDS])
    assert (changed.sum(axis=0) == 1).all()
    share = changed.mean(axis=1)
    assert share.min() > 0.03
    assert dict(zip(FIELDS, share, strict=True))["relation"] > 0.15
    assert {len(right.text(row).split()) for row in range(ROWS)} == {3, 6, 7, 8, 9}


def test_the_relation_and_the_other_thing_are_needed(made: tuple) -> None:
    """In most scenes more than one thing has the attributes, and the other thing's colour or shape occurs twice."""
    right, _, scenes, meant = made
    related = right.relation >= 0
    named = scenes.there & ((right.colour[:, None] < 0) | (scenes.colour == right.colour[:, None]))
    named &= (right.size[:, None] < 0) | (scenes.size == right.size[:, None])
    assert (named.sum(axis=1) > 1)[related].mean() > 0.7
    colour = scenes.there & (scenes.colour == right.other_colour[:, None])
    shape = scenes.there & (scenes.shape == right.other_shape[:, None])
    assert ((colour | shape).sum(axis=1) > 1)[related].mean() > 0.7
    assert scenes.there[np.arange(ROWS), meant].all()


def test_the_shape_of_what_is_meant_cannot_be_guessed_from_the_words(made: tuple) -> None:
    right, _, scenes, meant = made
    related = (right.relation >= 0).nonzero()[0]
    shape = scenes.shape[np.arange(ROWS), meant]
    words: dict[str, Counter[int]] = {}
    for row in related:
        for word in right.text(row).split():
            words.setdefault(word, Counter())[int(shape[row])] += 1
    for word, counts in words.items():
        total = counts.total()
        assert max(counts.values()) / total < 0.25 + 3 * (0.25 * 0.75 / total) ** 0.5, word


def test_doubt_is_kept_out_by_a_margin() -> None:
    """Twelve to the left and eleven down is neither left nor not left; twelve and five is."""
    one = {"size": [[1, 1]], "shape": [[1, 0]], "colour": [[1, 0]], "there": [[True, True]], "x": [[25, 13]]}
    sentence = Sentences(*(np.array([value]) for value in (-1, 0, RELATIONS.index("left of"), 1, 1)))
    for y, wanted in ((20, "meant"), (26, "doubt"), (31, "twin")):
        scenes = Scenes(**{name: np.array(v) for name, v in one.items()}, y=np.array([[15, y]]))
        reading = read(scenes, sentence, SIZE)
        assert {name: bool(getattr(reading, name)[0, 1]) for name in ("meant", "doubt", "twin")} == {
            name: name == wanted for name in ("meant", "doubt", "twin")
        }
    twice = Scenes(*(np.array(v) for v in ([[1, 1]], [[1, 1]], [[1, 1]], [[True, True]], [[8, 25]], [[8, 25]])))
    assert read(twice, sentence, SIZE).doubt.all(), "two things could be the other one"


def test_a_scene_that_cannot_be_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.datasets.referring_scenes.ROUNDS", 2)
    right, _ = drawn_sentences(4, np.random.default_rng(0))
    with pytest.raises(RuntimeError, match=r"no scene found for 'the .*' in 2 draws"):
        scenes_for(right, right, np.full(4, 3), SIZE, np.random.default_rng(0))


def test_the_margin_is_more_than_what_a_pixel_can_blur() -> None:
    assert referring.MARGIN * SIZE > 2
