"""What the board gets: inputs to offer, tasks with names and colours, answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mtl_core.datasets import DATASETS
from mtl_core.spec import RunSpec, parse_spec
from tests.ui.predict_stub import about, answer
from ui.colours import class_colours, task_colours
from ui.predict_data import board_data, drawable
from ui.words import catalogue

WINE = parse_spec({"dataset": "wine_quality"})
DRAWN = {"digits", "mnist", "multi_mnist"}


def data_of(spec: RunSpec = WINE, told: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return board_data(told or about("r" * 12), spec, [answer(5.0)], **{"seq": 3} | more)


def test_the_board_of_a_table() -> None:
    data = data_of()
    assert json.loads(json.dumps(data)) == data | {"tasks": json.loads(json.dumps(data["tasks"]))}
    assert (data["view"], data["seq"], data["error"], data["own"], data["partner"]) == ("r" * 12, 3, "", None, False)
    assert [column["name"] for column in data["inputs"]["columns"]] == ["fixed acidity", "alcohol"]
    assert data["inputs"] | {"columns": None} == {
        "columns": None,
        "rows": 200,
        "latent": None,
        "image": None,
        "text": None,
    }


def test_tasks_carry_their_colour_unit_range_and_classes() -> None:
    quality, good = data_of()["tasks"]
    assert (quality["kind"], quality["range"], quality["classes"]) == ("regression", (3.0, 8.0), [])
    assert quality["unit"]
    assert (good["kind"], good["range"], good["classes"], good["unit"]) == ("binary", None, ["no", "yes"], "")
    assert {task["name"]: task["colour"] for task in (quality, good)} == task_colours(["quality", "good"])


def test_a_run_of_one_task_keeps_the_colour_that_the_task_has_everywhere() -> None:
    spec = parse_spec({"dataset": "wine_quality", "tasks": ["good"]})
    told = about("r")
    data = data_of(spec, told | {"tasks": [task for task in told["tasks"] if task["name"] == "good"]})
    assert [task["colour"] for task in data["tasks"]] == [task_colours(["quality", "good"])["good"]]


def test_the_answers_of_two_runs_say_that_there_is_a_partner() -> None:
    data = board_data(about("r"), WINE, [answer(5.0), answer(6.0)], seq=0, error="row must be 0 to 199", own="ab12")
    assert (data["partner"], data["error"], data["own"]) == (True, "row must be 0 to 199", {"key": "ab12"})
    assert [one["tasks"]["quality"]["value"] for one in data["answers"]] == [5.0, 6.0]


def test_masks_have_the_colours_of_their_classes() -> None:
    spec = parse_spec({"dataset": "digits"})
    classes = ("background", *"0123456789")
    mask = {"name": "mask", "kind": "segmentation", "classes": classes, "unit": "", "range": None}
    told = about("r") | {"tasks": [mask], "inputs": {"image": {"kind": "image", "channels": 1, "side": 28}}}
    data = data_of(spec, told)
    assert data["tasks"][0]["colours"] == class_colours(list(classes))
    assert data["inputs"]["image"] == {"channels": 1, "side": 28, "drawable": True}


def test_pictures_and_sentences_are_offered_as_the_run_reads_them() -> None:
    told = about("r") | {
        "columns": [],
        "inputs": {"image": {"kind": "image", "channels": 3, "side": 32}, "text": {"kind": "text", "length": 12}},
    }
    data = data_of(parse_spec({"dataset": "captioned_scenes"}), told | {"tasks": []})
    assert data["inputs"]["image"] == {"channels": 3, "side": 32, "drawable": False}
    assert data["inputs"]["text"] == {"length": 12}


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"own"}))
def test_which_data_sets_one_draws_for(name: str) -> None:
    assert drawable(parse_spec({"dataset": name})) == (name in DRAWN)


def test_a_task_that_nobody_taught_says_so() -> None:
    spec = parse_spec({"dataset": "wine_quality", "weighting": {"lambdas": {"quality": 0.0, "good": 1.0}}})
    quality, good = data_of(spec)["tasks"]
    assert quality["note"] == catalogue("en")["predict.untrained"]
    assert good["note"] == ""
