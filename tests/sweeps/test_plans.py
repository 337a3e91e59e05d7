"""Plans: which runs a question asks for, and that they differ in nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.errors import SpecError
from mtl_core.paths import difference
from mtl_core.runs.groups import get_group, members_of
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps import SWEEPS, crossvalidation, modalities, with_without
from mtl_core.sweeps.base import start
from tests.test_layers import loaded_after


def changed(spec: RunSpec, base: RunSpec) -> dict[str, Any]:
    return difference(spec.model_dump(mode="json"), base.model_dump(mode="json"))


def test_kfold_is_a_run_a_fold_and_nothing_else_differs() -> None:
    spec = parse_spec({"epochs": 7, "dataset": {"split": {"name": "holdout", "folds": 9, "fold": 8}}})
    plan = crossvalidation.plan(spec, folds=4)
    assert (plan.kind, plan.name, plan.arms) == ("crossvalidation", "wine_quality, 4 folds", ("",))
    assert [member.label for member in plan.members] == ["fold 1", "fold 2", "fold 3", "fold 4"]
    for i, member in enumerate(plan.members):
        assert member.spec.dataset.split.model_dump() == {"name": "kfold", "folds": 4, "fold": i, "test": 0.2}
        assert set(changed(member.spec, spec)) == {"dataset"}
        assert set(changed(member.spec, spec)["dataset"]) == {"split"}


def test_repeats_train_every_fold_with_other_seeds() -> None:
    plan = crossvalidation.plan(parse_spec({"seed": 5}), folds=2, scheme="holdout", repeats=3)
    assert [(m.label, m.spec.seed, m.spec.dataset.split.fold) for m in plan.members] == [
        ("fold 1, seed 5", 5, 0),
        ("fold 2, seed 5", 5, 1),
        ("fold 1, seed 6", 6, 0),
        ("fold 2, seed 6", 6, 1),
        ("fold 1, seed 7", 7, 0),
        ("fold 2, seed 7", 7, 1),
    ]
    assert {m.spec.dataset.split.name for m in plan.members} == {"holdout"}


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"folds": 1}, {"folds"}),
        ({"folds": 51}, {"folds"}),
        ({"scheme": "loo"}, {"scheme"}),
        ({"repeats": 0}, {"repeats"}),
        ({"folds": 50, "repeats": 21}, {"repeats"}),
        ({"folds": 0, "scheme": "x", "repeats": 0}, {"folds", "scheme", "repeats"}),
    ],
)
def test_what_is_out_of_range_is_named_all_at_once(options: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(SpecError) as caught:
        crossvalidation.plan(RunSpec(), **options)
    assert {problem.field for problem in caught.value.problems} == fields


def test_folds_too_small_for_the_batches_are_refused() -> None:
    with pytest.raises(SpecError, match="batch_size"):
        crossvalidation.plan(parse_spec({"batch_size": 1000}), folds=2)


def test_seeds_end_where_seeds_end() -> None:
    last = parse_spec({"seed": 2**31 - 1})
    assert len(crossvalidation.plan(last, folds=2).members) == 2
    with pytest.raises(SpecError, match="repeats"):
        crossvalidation.plan(last, folds=2, repeats=2)


@pytest.mark.usefixtures("album")
def test_with_and_without_differ_in_the_supervised_tasks_alone() -> None:
    schedule = [{"step": 3, "field": f"weighting.lambdas.{task}", "value": 2.0} for task in ("image", "mask")]
    raw = {"dataset": {"name": "album"}, "schedule": schedule, "weighting": {"lambdas": {"image": 0.7}}}
    spec = parse_spec(raw)
    plan = with_without.plan(spec, seeds=2)
    assert plan.arms == ("kind + mask + image", "image alone")
    assert [(member.arm, member.spec.seed) for member in plan.members] == [
        ("kind + mask + image", 42),
        ("image alone", 42),
        ("kind + mask + image", 43),
        ("image alone", 43),
    ]
    whole, alone = plan.members[0].spec, plan.members[1].spec
    assert whole == spec
    assert set(changed(alone, spec)) == {"tasks", "schedule"}
    assert alone.tasks == ["image"]
    assert alone.weighting.lambdas == {"image": 0.7}
    assert [change.field for change in alone.schedule] == ["weighting.lambdas.image"]
    assert len({member.label for member in plan.members}) == 4


@pytest.mark.usefixtures("album")
@pytest.mark.parametrize("tasks", [["kind", "mask"], ["image"]])
def test_without_two_sides_there_is_no_comparison(tasks: list[str]) -> None:
    with pytest.raises(SpecError, match="generation task and a supervised one") as caught:
        with_without.plan(parse_spec({"dataset": {"name": "album"}, "tasks": tasks}))
    assert caught.value.problems[0].field == "tasks"


@pytest.mark.usefixtures("album")
def test_an_input_alone_keeps_the_tasks_that_it_can_teach() -> None:
    spec = parse_spec({"dataset": {"name": "album"}})
    plan = modalities.plan(spec)
    found = {member.arm: (member.spec.dataset.modalities, member.spec.tasks) for member in plan.members}
    assert found == {
        "image + table": (["image", "table"], ["kind", "mask", "image"]),
        "only image": (["image"], ["kind", "mask", "image"]),
        "only table": (["table"], ["kind"]),
    }
    assert [member.label for member in plan.members] == list(plan.arms)
    alone = plan.members[2].spec
    assert set(changed(alone, spec)) == {"dataset", "tasks"}
    assert alone.weighting.lambdas == {"kind": spec.weighting.lambdas["kind"]}
    twice = [member.label for member in modalities.plan(spec, seeds=2).members]
    assert twice[:4] == [*(f"{arm}, seed 42" for arm in plan.arms), "image + table, seed 43"]


def test_a_single_input_has_nothing_to_compare() -> None:
    with pytest.raises(SpecError, match=r"dataset\.modalities: .* has table"):
        modalities.plan(RunSpec())


def test_a_plan_becomes_runs_in_the_queue(store: Store) -> None:
    plan = crossvalidation.plan(parse_spec({"epochs": 3}), folds=3)
    group = start(store, plan, "me")
    record, runs = get_group(store, group), members_of(store, group)
    assert (record.kind, record.name, record.owner) == (plan.kind, plan.name, "me")
    assert RunSpec.model_validate(record.spec) == plan.spec
    assert [(run.label, RunSpec.model_validate(run.spec)) for run in runs] == [(m.label, m.spec) for m in plan.members]


def test_every_sweep_is_in_the_list_and_none_loads_torch() -> None:
    assert set(SWEEPS) == {
        *("crossvalidation", "with_without", "modalities", "sharing", "tradeoff", "sweep", "learning_curve")
    }
    heavy = {"torch", "torchvision", "torchmetrics", "sklearn", "streamlit", "plotly", "scipy"}
    modules = ("sweeps", "sweeps.summary", "splitting", "relatedness", "runs.groups", "cli.crossvalidate")
    assert not loaded_after("\n".join(f"import mtl_core.{name}" for name in modules)) & heavy
