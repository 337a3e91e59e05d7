"""Sharing and trade-offs: which runs they are, what differs between them, and what the rules refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.errors import SpecError
from mtl_core.runs.groups import MOST_MEMBERS
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps import sharing, tradeoff
from mtl_core.sweeps.variants import alone, with_architecture, with_weighting
from tests.sweeps.test_plans import changed

HAND = [{"step": 3, "field": "weighting.lambdas.good", "value": 2.0}]


def terms(spec: RunSpec) -> list[tuple[str, float]]:
    return [(term.name, term.strength) for term in spec.regularizers]


def test_sharing_is_each_architecture_and_the_tasks_alone() -> None:
    spec = parse_spec({"schedule": HAND, "weighting": {"lambdas": {"quality": 2.0}}, "architecture": {"dropout": 0.1}})
    plan = sharing.plan(spec, seeds=2)
    assert (plan.kind, plan.name, plan.left_out) == ("sharing", "wine_quality, does sharing help?", ())
    assert plan.arms == ("separate", "hard", "soft", "partial")
    assert [(m.arm, m.spec.seed) for m in plan.members[3:6]] == [("partial", 42), ("separate", 43), ("hard", 43)]
    assert plan.members[0].label == "separate, seed 42"
    for member in plan.members:
        assert (member.spec.architecture.name, member.spec.architecture.dropout) == (member.arm, 0.1)
        assert (member.spec.schedule, member.spec.epochs, member.spec.dataset) == ([], spec.epochs, spec.dataset)
    first = {member.arm: member.spec for member in plan.members[:4]}
    assert {arm: one.weighting.lambdas for arm, one in first.items()} == {
        "separate": {"quality": 1.0, "good": 1.0},
        **{arm: {"quality": 2.0, "good": 0.5} for arm in ("hard", "soft", "partial")},
    }
    assert {arm: terms(one) for arm, one in first.items()} == {
        "separate": [],
        "hard": [],
        "soft": [("l2_distance", 0.01)],
        "partial": [("l2_distance", 0.01)],
    }


def test_the_baseline_has_nothing_that_ties_or_weighs() -> None:
    spec = parse_spec({"weighting": "pcgrad", "regularizers": [{"name": "nuclear_norm"}], "optimizer": {"lr": 0.02}})
    baseline = alone(spec)
    assert (baseline.weighting.name, baseline.regularizers) == ("fixed", [])
    assert set(changed(baseline, spec)) == {"architecture", "weighting", "regularizers"}


def test_what_an_architecture_brings_along_comes_and_goes_with_it() -> None:
    soft = parse_spec({"architecture": "soft", "regularizers": [{"name": "l2_distance", "strength": 0.3}]})
    assert with_architecture(soft, "soft") is soft
    assert terms(with_architecture(soft, "partial")) == [("l2_distance", 0.3)]
    assert terms(with_architecture(soft, "hard")) == []
    both = parse_spec({"architecture": "hard", "regularizers": [{"name": "graph", "strength": 0.2}]})
    assert terms(with_architecture(both, "soft")) == [("graph", 0.2), ("l2_distance", 0.01)]
    assert terms(with_architecture(both, "mmoe")) == [("graph", 0.2)]
    assert terms(with_architecture(both, "separate")) == []
    deep = parse_spec({"architecture": {"name": "partial", "shared_depth": 2, "hidden": [8, 8, 8]}})
    hard = with_architecture(deep, "hard")
    assert (hard.architecture.hidden, hasattr(hard.architecture, "shared_depth")) == ([8, 8, 8], False)


def test_a_weighting_keeps_the_preferences() -> None:
    spec = parse_spec({"weighting": {"name": "dwa", "temperature": 3.0, "lambdas": {"good": 0.9}}})
    other = with_weighting(spec, "pcgrad")
    assert (other.weighting.name, other.weighting.lambdas) == ("pcgrad", spec.weighting.lambdas)
    assert set(changed(other, spec)) == {"weighting"}


def test_what_the_rules_refuse_is_left_out_with_the_reason() -> None:
    plan = sharing.plan(RunSpec(), ("hard", "soft"), ("fixed", "pcgrad"), seeds=1)
    assert plan.arms == ("separate", "hard, fixed", "hard, pcgrad", "soft, fixed")
    assert [member.label for member in plan.members] == [*plan.arms]
    (left,) = plan.left_out
    assert left.arm == "soft, pcgrad"
    assert "soft shares nothing" in str(left.problems[0])
    again = sharing.plan(parse_spec({"weighting": "pcgrad"}), ("soft", "hard"), ("dwa", "pcgrad"), seeds=1)
    assert again.arms == ("separate", "soft, dwa", "hard, dwa", "hard, pcgrad")
    assert again.members[1].spec.weighting.name == "dwa"


def test_sharing_on_folds_is_every_arm_on_every_fold() -> None:
    plan = sharing.plan(RunSpec(), ("hard",), folds=3)
    assert [member.label for member in plan.members[:3]] == ["separate, fold 1", "hard, fold 1", "separate, fold 2"]
    assert [member.spec.dataset.split.fold for member in plan.members] == [0, 0, 1, 1, 2, 2]
    assert plan.arms == ("separate", "hard")
    assert len(sharing.plan(RunSpec(), ("hard",), seeds=2, folds=3).members) == 12
    with pytest.raises(SpecError, match="folds: must be a whole number from 2"):
        sharing.plan(RunSpec(), folds=1)


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        ({"tasks": ["good"]}, {}, "tasks: must be at least two"),
        ({}, {"architectures": ("hard", "harder")}, "architectures: unknown name; known: cgc"),
        ({}, {"weightings": ("fixde",)}, "weightings: unknown name"),
        ({}, {"architectures": ("separate",)}, "beside separate"),
        ({}, {"architectures": ()}, "architectures: must name at least one"),
        ({"weighting": "mgda"}, {"architectures": ("soft",)}, "soft shares nothing"),
        ({}, {"seeds": 0}, "seeds: must be a whole number from 1"),
        ({}, {"seeds": 300}, "4 settings × 300 are 1,200"),
    ],
)
def test_what_cannot_be_compared_is_told(raw: Any, options: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        sharing.plan(parse_spec(raw), **options)


def test_a_tradeoff_is_a_line_of_lambdas_and_the_tasks_alone() -> None:
    spec = parse_spec({"schedule": HAND, "epochs": 9})
    plan = tradeoff.plan(spec, points=5, seeds=2)
    assert plan.kind == "tradeoff"
    assert plan.arms == (
        "separate",
        "hard, λ 1 0",
        "hard, λ 0.75 0.25",
        "hard, λ 0.5 0.5",
        "hard, λ 0.25 0.75",
        "hard, λ 0 1",
    )
    assert len(plan.members) == 12
    places = [[*member.spec.weighting.lambdas.values()] for member in plan.members[1:6]]
    assert np.array(places) == pytest.approx(np.array([[1, 0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0, 1]]))
    assert {tuple(changed(member.spec, spec)) for member in plan.members[1:6]} <= {
        ("weighting", "schedule"),
        ("schedule",),
    }
    assert len(tradeoff.plan(spec, 21, 3).members) == 66


def test_a_tradeoff_of_architectures_leaves_out_what_cannot_be() -> None:
    plan = tradeoff.plan(parse_spec({"weighting": "mgda"}), 3, architectures=("hard", "soft"))
    assert plan.arms == ("separate", "hard, λ 1 0", "hard, λ 0.5 0.5", "hard, λ 0 1")
    assert [one.arm for one in plan.left_out] == ["soft"]


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        ({"tasks": ["good"]}, {}, "at least two"),
        ({}, {"points": 1}, "points: must be a whole number from 2, one for each corner"),
        ({"architecture": "separate"}, {}, "separate tasks have no trade-off"),
        ({"dataset": "related_tasks"}, {"architectures": ("hard",)}, "tasks: must be at most 8 for a front"),
        ({}, {"points": 501, "seeds": 2}, f"at most {MOST_MEMBERS:,} runs"),
        ({"weighting": "mgda"}, {"architectures": ("soft",)}, "soft shares nothing"),
    ],
)
def test_a_tradeoff_that_cannot_be_is_told(raw: Any, options: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        tradeoff.plan(parse_spec(raw), **options)
