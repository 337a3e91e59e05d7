"""RunSpec: defaults, rules, and errors that name field, rule and value, all at once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mtl_core.errors import SpecError
from mtl_core.spec import RunSpec, parse_spec, steering_rule

CONTRACT = """
dataset:
  name: wine_quality
  options: {}
  target_scaling: raw
  validation: 0.2
tasks: [quality, good]
architecture: {name: hard, hidden: [64, 64]}
weighting: {name: fixed, lambdas: {quality: 1.0, good: 1.0}}
regularizers: [{name: l2_distance, strength: 0.01}]
optimizer: {name: adam, lr: 0.01, weight_decay: 0.0, clip_norm: null}
lr_schedule: {name: constant}
class_weights: none
epochs: 100
batch_size: full
seed: 42
device: auto
precision: auto
evaluate_every: 1
schedule: [{step: 120, field: weighting.lambdas.quality, value: 2.0}]
"""


def problems(raw: Any) -> dict[str, tuple[str, Any]]:
    """``{field: (rule, value)}`` of a spec that must be refused."""
    with pytest.raises(SpecError) as caught:
        parse_spec(raw)
    return {problem.field: (problem.rule, problem.value) for problem in caught.value.problems}


def test_the_contracts_example_is_accepted_as_it_stands() -> None:
    spec = parse_spec(yaml.safe_load(CONTRACT))
    dumped = spec.model_dump(mode="json")
    for field, value in yaml.safe_load(CONTRACT).items():
        if isinstance(value, dict):
            assert value.items() <= (dumped[field] | {"options": value.get("options")}).items()
        else:
            assert dumped[field] == value, field


def test_an_empty_spec_is_wine_with_equal_weights() -> None:
    spec = parse_spec({})
    assert spec == RunSpec()
    assert spec.dataset.name == "wine_quality"
    assert spec.tasks == ["quality", "good"]
    assert spec.weighting.lambdas == {"quality": 0.5, "good": 0.5}
    assert (spec.epochs, spec.batch_size, spec.optimizer.lr, spec.seed) == (100, "full", 0.01, 42)
    assert spec.differences() == {}


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("digits", {"epochs": 12, "batch_size": 64}),
        ("mnist", {"epochs": 3}),
        ("wine_quality", {"epochs": 100, "batch_size": "full"}),
    ],
)
def test_a_data_set_recommends_defaults(dataset: str, expected: dict[str, Any]) -> None:
    spec = parse_spec({"dataset": {"name": dataset}})
    assert {field: getattr(spec, field) for field in expected} == expected
    assert parse_spec({"dataset": {"name": dataset}, "epochs": 7}).epochs == 7


def test_what_the_user_writes_wins_over_recommendations_field_by_field() -> None:
    recommended = parse_spec({"dataset": "digits"})
    written = parse_spec({"dataset": "digits", "optimizer": {"name": "sgd"}})
    assert (written.optimizer.name, written.optimizer.lr) == ("sgd", recommended.optimizer.lr)
    assert parse_spec({"dataset": "digits", "optimizer": "sgd"}) == written


@pytest.mark.parametrize(
    "raw",
    [{"lr_schedule": "cosine"}, {"architecture": "soft"}, {"weighting": "fixed"}, {"regularizers": ["l2_distance"]}],
)
def test_a_bare_name_stands_for_a_mapping(raw: dict[str, Any]) -> None:
    (field, value), *_ = raw.items()
    long = {field: [{"name": value[0]}] if isinstance(value, list) else {"name": value}}
    assert parse_spec(raw) == parse_spec(long)


@pytest.mark.parametrize("field", ["architecture", "weighting", "optimizer", "lr_schedule", "dataset"])
def test_a_missing_name_is_the_default_one(field: str) -> None:
    assert parse_spec({field: {}}) == RunSpec()


def test_a_subset_of_tasks_has_its_own_weights() -> None:
    spec = parse_spec({"tasks": ["good"]})
    assert [task.name for task in spec.task_list()] == ["good"]
    assert spec.weighting.lambdas == {"good": 1.0}
    assert set(spec.layout().outputs) == {"good"}


def test_lambdas_that_are_left_out_are_one_over_k() -> None:
    assert parse_spec({"weighting": {"lambdas": {"good": 3}}}).weighting.lambdas == {"quality": 0.5, "good": 3.0}


@pytest.mark.parametrize(("architecture", "regularizers"), [("soft", 1), ("partial", 1), ("hard", 0), ("separate", 0)])
def test_soft_and_partial_are_tied_unless_told_otherwise(architecture: str, regularizers: int) -> None:
    spec = parse_spec({"architecture": {"name": architecture}})
    assert [term.name for term in spec.regularizers] == ["l2_distance"] * regularizers
    assert parse_spec({"architecture": {"name": architecture}, "regularizers": []}).regularizers == []


BAD: list[tuple[dict[str, Any], str, Any]] = [
    ({"dataset": {"name": "nope"}}, "dataset.name", "nope"),
    ({"dataset": {"validation": 1}}, "dataset.validation", 1),
    ({"dataset": {"options": {"nope": 1}}}, "dataset.options.nope", 1),
    ({"dataset": {"options": {"group_duplicates": "perhaps"}}}, "dataset.options.group_duplicates", "perhaps"),
    ({"dataset": {"target_scaling": "log"}}, "dataset.target_scaling", "log"),
    ({"tasks": ["quality", "nope"]}, "tasks.1", "nope"),
    ({"tasks": ["quality", "quality"]}, "tasks.1", "quality"),
    ({"tasks": "quality"}, "tasks", "quality"),
    ({"architecture": {"name": "nope"}}, "architecture.name", "nope"),
    ({"architecture": {"name": ["hard"]}}, "architecture.name", ["hard"]),
    ({"architecture": ["hard"]}, "architecture", ["hard"]),
    ({"dataset": "digits", "architecture": {"hidden": []}}, "architecture.hidden", []),
    ({"architecture": {"hidden": [64, 0]}}, "architecture.hidden.1", 0),
    ({"architecture": {"dropout": 1}}, "architecture.dropout", 1),
    ({"architecture": {"name": "hard", "shared_depth": 1}}, "architecture.shared_depth", 1),
    ({"weighting": {"name": "nope"}}, "weighting.name", "nope"),
    ({"weighting": {"lambdas": {"quality": -0.5}}}, "weighting.lambdas.quality", -0.5),
    ({"weighting": {"lambdas": {"nope": 1.0}}}, "weighting.lambdas.nope", 1.0),
    ({"weighting": {"lambdas": [1, 2]}}, "weighting.lambdas", [1, 2]),
    ({"regularizers": [{"name": "nope"}]}, "regularizers.0.name", "nope"),
    ({"regularizers": [{"name": "l2_distance", "strength": -1}]}, "regularizers.0.strength", -1),
    ({"optimizer": {"name": "nope"}}, "optimizer.name", "nope"),
    ({"optimizer": {"lr": 0}}, "optimizer.lr", 0),
    ({"optimizer": {"clip_norm": 0}}, "optimizer.clip_norm", 0),
    ({"optimizer": {"nope": 1}}, "optimizer.nope", 1),
    ({"lr_schedule": "nope"}, "lr_schedule.name", "nope"),
    ({"epochs": True}, "epochs", True),
    ({"optimizer": {"lr": True}}, "optimizer.lr", True),
    ({"class_weights": "nope"}, "class_weights", "nope"),
    ({"epochs": 0}, "epochs", 0),
    ({"epochs": 2.5}, "epochs", 2.5),
    ({"batch_size": 0}, "batch_size", 0),
    ({"batch_size": "half"}, "batch_size", "half"),
    ({"batch_size": 5000}, "batch_size", 5000),
    ({"seed": -1}, "seed", -1),
    ({"device": "tpu"}, "device", "tpu"),
    ({"evaluate_every": 0}, "evaluate_every", 0),
    ({"nope": 1}, "nope", 1),
    ({"schedule": [{"step": -1, "field": "epochs", "value": 3}]}, "schedule.0.step", -1),
]


@pytest.mark.parametrize(("raw", "field", "value"), BAD, ids=[field for _, field, _ in BAD])
def test_each_bad_field_is_named_with_its_rule_and_value(raw: dict[str, Any], field: str, value: Any) -> None:
    found = problems(raw)
    assert list(found) == [field]
    rule, seen = found[field]
    assert seen == value
    assert len(rule) > 8
    assert rule[0].islower()


def test_a_rule_for_a_name_lists_the_known_names() -> None:
    assert (
        "cgc, cross_stitch, hard, mmoe, mtan, partial, ple, separate, soft"
        in problems({"architecture": "nope"})["architecture.name"][0]
    )


def test_all_bad_fields_are_reported_at_once() -> None:
    raw = {
        "dataset": {"validation": 2},
        "tasks": ["quality", "nope"],
        "architecture": {"name": "soft", "hidden": [0], "nope": 1},
        "weighting": {"lambdas": {"quality": -1, "other": 1}},
        "regularizers": [{"name": "nope"}, {"name": "l2_distance", "strength": -1}],
        "optimizer": {"lr": -1},
        "epochs": 0,
        "batch_size": 9999,
        "nope": 1,
        "schedule": [
            {"step": -1, "field": "epochs", "value": 3},
            {"step": 1, "field": "seed", "value": 3},
            {"step": 1, "field": "regularizers.1.strength", "value": 3},
        ],
    }
    assert set(problems(raw)) == {
        "dataset.validation",
        "tasks.1",
        "architecture.hidden.0",
        "architecture.nope",
        "weighting.lambdas.quality",
        "weighting.lambdas.other",
        "regularizers.0.name",
        "regularizers.1.strength",
        "optimizer.lr",
        "epochs",
        "batch_size",
        "nope",
        "schedule.0.step",
        "schedule.1",
    }


def test_an_unknown_data_set_brings_no_guesses_about_its_tasks_or_sizes() -> None:
    raw = {
        "dataset": {"name": "nope", "options": {"x": 1}},
        "tasks": ["a"],
        "weighting": {"lambdas": {"a": 1, "b": -1}},
        "batch_size": 10**6,
        "epochs": 0,
    }
    assert set(problems(raw)) == {"dataset.name", "weighting.lambdas.b", "epochs"}


@pytest.mark.parametrize("raw", ["x", None, [1], 3])
def test_what_is_no_mapping_is_refused(raw: Any) -> None:
    assert problems(raw) == {"spec": ("a spec is a mapping of fields", raw)}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(value: float) -> None:
    assert "finite" in problems({"weighting": {"lambdas": {"quality": value}}})["weighting.lambdas.quality"][0]


def test_a_batch_can_be_the_whole_training_part_but_not_more() -> None:
    rows = RunSpec().dataset.build().sizes(0.2)["train"]
    assert parse_spec({"batch_size": rows}).batch_size == rows
    assert str(rows) in problems({"batch_size": rows + 1})["batch_size"][0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weighting.lambdas.quality", 0),
        ("weighting.lambdas.good", 2.5),
        ("regularizers.0.strength", 0.0),
        ("optimizer.lr", 0.1),
        ("epochs", 150),
    ],
)
def test_what_can_be_steered(field: str, value: float) -> None:
    spec = parse_spec({"architecture": "soft", "schedule": [{"step": 3, "field": field, "value": value}]})
    assert spec.schedule[0].field == field
    assert steering_rule(spec, field, value) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weighting.lambdas.nope", 1),
        ("weighting.lambdas.quality", -1),
        ("regularizers.1.strength", 1),
        ("regularizers.0.strength", -1),
        ("optimizer.lr", 0),
        ("epochs", 2.5),
        ("seed", 1),
        ("weighting.lambdas", 1),
        ("optimizer.lr", float("nan")),
        ("optimizer.lr", "fast"),
        ("optimizer.lr", True),
    ],
)
def test_what_cannot_be_steered_says_why(field: str, value: Any) -> None:
    rule = steering_rule(parse_spec({"architecture": "soft"}), field, value)
    assert rule
    assert any(word in rule for word in ("must be", "cannot be changed"))


def test_with_value_changes_one_field_and_validates_the_whole() -> None:
    spec = RunSpec()
    assert spec.with_value("weighting.lambdas.quality", 2.0).weighting.lambdas == {"quality": 2.0, "good": 0.5}
    assert spec.weighting.lambdas["quality"] == 0.5
    with pytest.raises(SpecError, match="epochs"):
        spec.with_value("epochs", 0)
    with pytest.raises(SpecError, match=r"optimizer\.nope"):
        spec.with_value("optimizer.nope", 1)


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        RunSpec().epochs = 3  # type: ignore[misc]
