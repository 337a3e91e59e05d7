"""Sweeps: axes as text, the grid that they make, and errors that say what to do."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from mtl_core.errors import SpecError
from mtl_core.paths import get_path
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps import grid
from mtl_core.sweeps.axes import parse_axes, parse_axis
from tests.sweeps.test_plans import changed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("weighting.lambdas.quality=0..1:5", (0, 0.25, 0.5, 0.75, 1)),
        ("weighting.lambdas.quality = 1 .. 0 : 3", (1, 0.5, 0)),
        ("optimizer.lr=1e-4..1e-1:4:log", (0.0001, 0.001, 0.01, 0.1)),
        ("epochs=10..40:4:linear", (10, 20, 30, 40)),
        ("architecture.name=hard,soft", ("hard", "soft")),
        ("architecture.hidden=[8],[16, 16],[]", ([8], [16, 16], [])),
        ("optimizer.lr=1e-3,0.01", (0.001, 0.01)),
        ("optimizer.clip_norm=null,1", (None, 1)),
        ("dataset.options.group_duplicates=true,false", (True, False)),
    ],
)
def test_an_axis_is_a_field_and_its_values(text: str, values: tuple[Any, ...]) -> None:
    axis = parse_axis(text)
    assert axis.field == text.partition("=")[0].strip()
    assert axis.values == values
    assert [type(value) for value in axis.values] == [type(value) for value in values]


def test_the_ends_of_a_range_are_exact_and_its_steps_short() -> None:
    values = parse_axis("weighting.lambdas.good=0..1:21").values
    assert values[3] == 0.15
    ratios = parse_axis("optimizer.lr=3e-4..0.3:7:log").values
    assert (ratios[0], ratios[-1]) == (0.0003, 0.3)
    assert [b / a for a, b in pairwise(ratios)] == pytest.approx([1000 ** (1 / 6)] * 6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("optimizer.lr", "must be FIELD=LOW..HIGH:COUNT"),
        ("=1,2", "must be FIELD="),
        ("optimizer.lr=", "must be FIELD="),
        ("optimizer..lr=1", "must be FIELD="),
        ("optimizer.lr=0.1..0.2", "the count is whole"),
        ("optimizer.lr=0.1..0.2:x", "the count is whole"),
        ("optimizer.lr=a..b:3", "ends are numbers"),
        ("optimizer.lr=0.1..0.1:3", "two different, finite ends"),
        ("optimizer.lr=0..inf:3", "two different, finite ends"),
        ("optimizer.lr=0.1..0.2:1", "must have 2 to 1,000 values"),
        ("optimizer.lr=0..1:3:log", "both ends of a log range must be above 0"),
        ("optimizer.lr=0..1:3:ln", "scale must be linear or log"),
        ("optimizer.lr=0.1,0.1", "each value once"),
        ("optimizer.lr=[1", "each value is YAML"),
        ("seed=1,2", "--seeds"),
        ("schedule.0.value=1,2", "no axis"),
    ],
)
def test_a_text_that_is_no_axis_is_told(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_axis(text)


def test_all_that_is_wrong_with_axes_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_axes(["seed=1,2", "epochs=5", "epochs=6", "optimizer.lr"])
    assert [problem.field for problem in caught.value.problems] == ["seed", "epochs", "--axis"]
    with pytest.raises(SpecError, match="at least one"):
        parse_axes([])


def test_a_grid_is_every_combination_with_every_seed() -> None:
    spec = parse_spec({"epochs": 9})
    plan = grid.plan(spec, ["weighting.lambdas.quality=0..1:3", "optimizer.lr=0.01,0.1"], seeds=2)
    assert (plan.kind, plan.name) == ("sweep", "wine_quality, weighting.lambdas.quality × optimizer.lr")
    assert len(plan.members) == 12
    assert plan.members[1].label == "weighting.lambdas.quality=0, optimizer.lr=0.1, seed 42"
    for member in plan.members[:6]:
        given = dict(part.split("=") for part in member.arm.split(", "))
        for field, text in given.items():
            assert get_path(member.spec.model_dump(), field) == float(text)
        assert set(changed(member.spec, spec)) <= {"weighting", "optimizer"}
    assert [member.spec.seed for member in plan.members] == [42] * 6 + [43] * 6


def test_methods_are_set_before_the_fields_that_they_have() -> None:
    axes = ["architecture.shared_depth=1,2", "architecture.name=partial,hard", "regularizers.0.strength=0.1"]
    plan = grid.plan(RunSpec(), axes)
    assert [member.spec.architecture.name for member in plan.members] == ["partial", "partial"]
    assert [member.spec.regularizers[0].strength for member in plan.members] == [0.1, 0.1]
    assert len(plan.left_out) == 2
    assert {one.problems[0].rule for one in plan.left_out} == {"unknown field"}


def test_the_star_is_every_task() -> None:
    plan = grid.plan(RunSpec(), ["weighting.lambdas.*=1,2"])
    assert [member.spec.weighting.lambdas for member in plan.members] == [
        {"quality": 1.0, "good": 1.0},
        {"quality": 2.0, "good": 2.0},
    ]


def test_combinations_that_the_rules_refuse_are_left_out() -> None:
    plan = grid.plan(RunSpec(), ["architecture.name=hard,soft", "weighting.name=fixed,mgda"])
    assert plan.arms == (
        "architecture.name=hard, weighting.name=fixed",
        "architecture.name=hard, weighting.name=mgda",
        "architecture.name=soft, weighting.name=fixed",
    )
    assert [one.arm for one in plan.left_out] == ["architecture.name=soft, weighting.name=mgda"]


@pytest.mark.parametrize(
    ("axes", "field", "message"),
    [
        (["optimizer.rl=0.1,0.2"], "optimizer.rl", r"unknown field; near it: .*optimizer\.lr"),
        (["optimiser.lr=0.1,0.2"], "optimiser.lr", r"near it: .*optimizer\.lr"),
        (["weighting.lambdas.godo=0..1:3"], "weighting.lambdas.godo", r"near it: .*weighting\.lambdas\.good"),
        (["architecture.shared_depth=1,2"], "architecture.shared_depth", "others have it"),
        (["regularizers.0.strength=1,2"], "regularizers.0.strength", "unknown field"),
        (["optimizer.lr=-1..0.1:2"], "optimizer.lr", "greater than 0"),
        (["epochs=1..10:4,5"], "epochs", "the count is whole"),
        (["epochs=10..15:3"], "epochs", "valid integer"),
        (["architecture.name=hard,harder"], "architecture.name", "unknown name; known:"),
        (["architecture.name=soft,separate", "weighting.name=mgda"], "weighting.name", "shares nothing"),
        (["epochs=1..40:40", "optimizer.lr=0.1..1:30"], "axes", r"40 × 30 values × 1 seeds are 1,200"),
    ],
)
def test_a_grid_that_cannot_be_is_told(axes: list[str], field: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        grid.plan(RunSpec(), axes)
    assert caught.value.problems[0].field == field
