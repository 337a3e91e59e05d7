"""Answers: those of test rows are what the run itself has stored; others follow from what is asked."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from mtl_core.errors import MTLError
from mtl_core.predicting.asking import Question, ask, question_of
from mtl_core.predicting.opened import EXAMPLES, Opened
from tests.export.helpers import Bench
from tests.predicting.conftest import Opens, Runs

SHOWN = 24
"""Rows that are asked about: as many as a preview holds masks of."""


def stored(bench: Bench, run: str) -> dict[str, np.ndarray]:
    """What the run's previews hold of its test rows: the truth in the first one, the last predictions."""
    names = [name for _, _, name in bench.store.preview_names(run) if name.startswith("preview-test")]
    found: dict[str, np.ndarray] = {}
    for name in names:
        found |= bench.store.load_preview(run, name)
    return found


def said(opened: Opened, **question: Any) -> dict[str, Any]:
    return ask(opened, question_of(question))


def unpacked(packed: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(shape)


def packed(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def test_a_table_run_says_of_test_rows_what_it_has_stored(bench: Bench, runs: Runs, opens: Opens) -> None:
    opened, kept = opens("wine"), stored(bench, runs("wine"))
    np.testing.assert_array_equal(opened.examples.rows, kept["rows"][:EXAMPLES])
    for row in range(SHOWN):
        found = said(opened, row=row)
        assert found["tasks"]["quality"]["value"] == pytest.approx(float(kept["prediction.quality"][row]), abs=1e-5)
        assert found["tasks"]["good"]["probability"] == pytest.approx(float(kept["prediction.good"][row]), abs=1e-5)
        assert found["truth"] == {name: float(kept[f"target.{name}"][row]) for name in ("quality", "good")}


def test_digits_are_read_and_their_masks_are_the_stored_ones(bench: Bench, runs: Runs, opens: Opens) -> None:
    opened, kept = opens("digits"), stored(bench, runs("digits"))
    for row in range(SHOWN):
        found = said(opened, row=row)
        shares = found["tasks"]["digit"]["probabilities"]
        assert (len(shares), sum(shares)) == (10, pytest.approx(1, abs=1e-6))
        assert int(np.argmax(shares)) == kept["prediction.digit"][row]
        mask = found["tasks"]["mask"]
        np.testing.assert_array_equal(unpacked(mask["mask"], mask["side"], mask["side"]), kept["prediction.mask"][row])
        np.testing.assert_array_equal(unpacked(found["truth"]["mask"], 28, 28), kept["target.mask"][row])
        np.testing.assert_array_equal(unpacked(found["input"]["image"], 1, 28, 28), opened_pixels(opened, row))


def opened_pixels(opened: Opened, row: int) -> np.ndarray:
    """(C, S, S) bytes of a test picture."""
    picture = opened.examples.take(slice(row, row + 1)).inputs["image"][0]
    return np.rint(picture.numpy() * 255).astype(np.uint8)


@pytest.mark.parametrize(("name", "field"), [("wine", "table"), ("digits", "image"), ("scenes", "image")])
def test_a_rows_own_values_are_answered_as_the_row(opens: Opens, name: str, field: str) -> None:
    opened = opens(name)
    for row in range(5):
        first = said(opened, row=row)
        again = said(opened, row=row, **{field: first["input"][field]})
        assert again["input"][field] == first["input"][field]
        assert again["truth"] == {}, "what a person has written is no test row any more"
        assert leaves(again["tasks"]) == pytest.approx(leaves(first["tasks"]), abs=1e-5)


def leaves(answers: dict[str, Any]) -> list[float]:
    """The numbers of all answers but masks."""
    numbers: list[float] = []
    for answer in answers.values():
        for value in answer.values():
            numbers += value if isinstance(value, list) else [value] if isinstance(value, float) else []
    return numbers


def test_what_is_missing_is_answered_as_the_mean(opens: Opens) -> None:
    opened = opens("wine")
    means: list[float | None] = [column.mean for column in opened.columns]
    nothing = said(opened, table=[None] * len(means))
    assert nothing["input"]["table"] == [None] * len(means)
    assert leaves(nothing["tasks"]) == pytest.approx(leaves(said(opened, table=means)["tasks"]), abs=1e-6)
    other = said(opened, table=[column.high for column in opened.columns])
    assert leaves(other["tasks"]) != pytest.approx(leaves(nothing["tasks"]), abs=1e-3)


def test_asking_changes_nothing(opens: Opens) -> None:
    for name in ("wine", "digits", "scenes"):
        assert said(opens(name), row=3) == said(opens(name), row=3)
        said(opens(name), row=4)
        assert said(opens(name)) == said(opens(name), row=0) | {"truth": {}}


def test_a_task_with_samples_of_its_own_is_answered_for_every_row(opens: Opens) -> None:
    """Its network answers all tasks of all rows; the truth is there for the tasks that the row belongs to."""
    opened = opens("sources")
    names = {task.name for task in opened.tasks}
    known = set()
    for row in range(len(opened.examples)):
        found = said(opened, row=row)
        assert found["tasks"].keys() == names
        assert 0 < len(found["truth"]) < len(names)
        known |= found["truth"].keys()
    assert known == names


@pytest.mark.parametrize("name", ["shapes", "made"])
def test_z_makes_the_stored_samples_and_ways_move_them(bench: Bench, runs: Runs, opens: Opens, name: str) -> None:
    """By a VAE, and by the average of a GAN's generator."""
    opened, kept = opens(name), stored(bench, runs(name))
    assert opened.latent is not None
    assert len(opened.latent.starts) == len(kept["sample.image"]) == 24
    for start in range(24):
        made = said(opened, start=start)
        np.testing.assert_array_equal(
            unpacked(made["tasks"]["image"]["picture"], 3, 16, 16), kept["sample.image"][start]
        )
        assert made["input"]["image"] == made["tasks"]["image"]["picture"]
        assert made["truth"] == {}
    plain, moved = said(opened, start=0), said(opened, start=0, ways=[2.5])
    assert plain == said(opened, start=0, ways=[0.0, 0.0])
    assert moved["input"]["image"] != plain["input"]["image"]


def test_the_other_tasks_are_asked_about_the_picture_that_z_makes(opens: Opens) -> None:
    opened = opens("shapes")
    made = said(opened, start=3, ways=[1.0, -2.0])
    as_picture = said(opened, image=made["input"]["image"])
    for task in ("shape", "colour"):
        assert made["tasks"][task] == as_picture["tasks"][task]
    assert made["tasks"]["mask"] == as_picture["tasks"]["mask"]
    assert made["tasks"]["image"] != as_picture["tasks"]["image"], "of a picture that is given: its reconstruction"


def test_a_picture_is_rebuilt_as_stored(bench: Bench, runs: Runs, opens: Opens) -> None:
    kept = stored(bench, runs("shapes"))["reconstruction.image"]
    for row in range(4):
        made = unpacked(said(opens("shapes"), row=row)["tasks"]["image"]["picture"], 3, 16, 16)
        assert np.abs(made.astype(int) - kept[row]).max() <= 1


def test_a_sentence_is_read_as_far_as_it_goes(opens: Opens) -> None:
    opened = opens("scenes")
    found = said(opened, row=0)["input"]
    assert (found["unknown"], found["beyond"]) == ([], [])
    assert found["text"]
    strange = said(opened, row=0, text="The Zebra left of the zebra, unicorn!")["input"]
    assert strange["unknown"] == ["zebra", "unicorn"]
    length = opened.spec.dataset.inputs()["text"].shape.length
    long = said(opened, row=0, text=" ".join(["red"] * length) + " and no further")["input"]
    assert long["beyond"] == ["and", "no", "further"]
    short = said(opened, row=0, text=" ".join(["red"] * length))
    assert short["tasks"] == said(opened, row=0, text=" ".join(["red"] * length) + " and no further")["tasks"]


def test_sentence_and_picture_matter_both(opens: Opens) -> None:
    opened = opens("scenes")
    plain = said(opened, row=0)
    for question in ({"text": "blue circle"}, {"image": packed(np.zeros((3, 32, 32), np.uint8))}):
        assert leaves(said(opened, row=0, **question)["tasks"]) != pytest.approx(leaves(plain["tasks"]), abs=1e-7)
    assert said(opened, row=0, text=plain["input"]["text"])["tasks"] == plain["tasks"]


BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "row too large": ("wine", {"row": 200}, r"row must be 0 to 199, found 200"),
    "row below 0": ("wine", {"row": -1}, r"row must be 0 to 199, found -1"),
    "too few values": ("wine", {"table": [1.0]}, r"table must have a value for each of 11 columns, found 1"),
    "too many values": ("wine", {"table": [1.0] * 12}, r"for each of 11 columns, found 12"),
    "row too large beside values": ("wine", {"row": 999, "table": [1.0] * 11}, r"row must be 0 to 199, found 999"),
    "no base64": ("digits", {"image": "a!"}, r"image must be base64"),
    "letters of another script": ("digits", {"image": "ä" * 8}, r"image must be base64"),
    "picture of another size": ("digits", {"image": packed(np.zeros(27 * 27, np.uint8))}, r"1×28×28 bytes, found 729"),
    "no picture": ("digits", {"image": ""}, r"1×28×28 bytes, found 0"),
    "z of a run without pictures": ("digits", {"start": 0}, r"makes no pictures; ask it about a row"),
    "start too large": ("shapes", {"start": 24}, r"start must be 0 to 23, found 24"),
    "start below 0": ("shapes", {"start": -1}, r"start must be 0 to 23, found -1"),
    "too many ways": ("shapes", {"start": 0, "ways": [0.0] * 9}, r"ways must be at most \d numbers, found 9"),
    "no words": ("scenes", {"text": " …! "}, r"text must have at least one word"),
}


@pytest.mark.parametrize(("name", "question", "words"), BROKEN.values(), ids=BROKEN)
def test_an_error_names_parameter_rule_and_value(opens: Opens, name: str, question: dict[str, Any], words: str) -> None:
    with pytest.raises(MTLError, match=words):
        said(opens(name), **question)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"colour": "red"}, r"colour: Extra inputs are not permitted, found 'red'"),
        ({"row": "first"}, r"row: .*integer.*, found 'first'"),
        ({"row": 0.5}, r"row: .*integer.*, found 0\.5"),
        ({"table": [1.0, "sweet"]}, r"table\.1: .*number.*, found 'sweet'"),
        ({"table": [float("inf")]}, r"table\.0: .*finite.*, found inf"),
        ({"ways": [None]}, r"ways\.0: .*number.*, found None"),
    ],
)
def test_what_a_page_sends_is_checked(question: dict[str, Any], words: str) -> None:
    with pytest.raises(MTLError, match=words):
        question_of(question)
    assert question_of({}) == Question()
