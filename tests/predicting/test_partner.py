"""The partner of a run: the same tasks, data, split, seed and sizes, each task by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mtl_core.events import Event
from mtl_core.execution.processes import this_process
from mtl_core.predicting.partner import alone_spec, find_alone, is_alone
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec

ME, CLI, STRANGER = "me", "cli", "stranger"
WINE: dict[str, Any] = {"dataset": "wine_quality", "architecture": {"name": "hard", "hidden": [8]}, "epochs": 6}
LAMBDAS = {"quality": 1.0, "good": 1.0}
ALONE = {**WINE, "architecture": {"name": "separate", "hidden": [8]}, "weighting": {"lambdas": LAMBDAS}}
"""Wine recommends other λ for tasks that are trained together."""


@pytest.fixture
def store(tmp_path: Any) -> Any:
    opened = Store(tmp_path / "home")
    yield opened
    opened.close()


def finished(store: Store, spec: Mapping[str, Any] | RunSpec, owner: str = ME, ending: str = "finished") -> str:
    parsed = spec if isinstance(spec, RunSpec) else parse_spec(dict(spec))
    run = store.create(parsed, owner, process=this_process())
    writer = store.writer(run)
    writer.append(Event("started", 0, 0.0, 0.0))
    writer.append(Event(ending, 6, 6.0, 1.0, {"message": "lost"} if ending == "failed" else {}))  # type: ignore[arg-type]
    writer.flush()
    assert store.get(run).status == ending
    return run


def found(store: Store, run: str) -> str | None:
    wanted = alone_spec(store.get(run))
    assert wanted is not None
    partner = find_alone(store, wanted, (ME, CLI))
    return partner.id if partner else None


def test_what_is_trained_as_partner_is_found_as_partner(store: Store) -> None:
    run = finished(store, WINE)
    assert found(store, run) is None
    wanted = alone_spec(store.get(run))
    assert wanted is not None
    assert (wanted.architecture.name, wanted.seed, wanted.epochs) == ("separate", 42, 6)
    partner = finished(store, wanted)
    assert found(store, run) == partner
    newer = finished(store, wanted)
    assert found(store, run) == newer


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"device": "cpu"},
        {"evaluate_every": 3},
        {"gradients": {"every": 7}},
    ],
    ids=["the same", "device", "evaluate_every", "gradients"],
)
def test_what_does_not_matter_to_the_answers_does_not_count(store: Store, same: dict[str, Any]) -> None:
    partner = finished(store, {**ALONE, **same})
    assert found(store, finished(store, WINE)) == partner


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 43},
        {"epochs": 7},
        {"weighting": {"lambdas": LAMBDAS | {"quality": 2.0}}},
        {"weighting": {}},
        {"weighting": {"name": "uncertainty", "lambdas": LAMBDAS}},
        {"dataset": {"name": "wine_quality", "split": {"name": "kfold", "folds": 5, "fold": 1}}},
        {"dataset": {"name": "wine_quality", "train_rows": 100}},
        {"dataset": {"name": "wine_quality", "target_scaling": "standardize"}},
        {"dataset": "wine_colours", "weighting": {}},
        {"tasks": ["quality"], "weighting": {"lambdas": {"quality": 1.0}}},
        {"optimizer": {"lr": 0.002}},
        {"architecture": {"name": "separate", "hidden": [9]}},
        {"architecture": {"name": "soft", "hidden": [8]}},
        {"schedule": [{"step": 2, "field": "optimizer.lr", "value": 0.5}]},
    ],
    ids=str,
)
def test_another_run_is_no_partner(store: Store, other: dict[str, Any]) -> None:
    finished(store, {**ALONE, **other})
    assert found(store, finished(store, WINE)) is None


@pytest.mark.parametrize("ending", ["failed", "stopped"])
def test_a_partner_has_finished(store: Store, ending: str) -> None:
    finished(store, ALONE, ending=ending)
    assert found(store, finished(store, WINE)) is None


def test_whose_partner_it_may_be(store: Store) -> None:
    run = finished(store, WINE)
    finished(store, ALONE, STRANGER)
    assert found(store, run) is None
    partner = finished(store, ALONE, CLI)
    assert found(store, run) == partner


def test_whatever_the_run_shares_its_partner_is_the_same(store: Store) -> None:
    """λ, the weighting method and what ties the networks belong to sharing."""
    partner = finished(store, ALONE)
    for shared in (
        {"architecture": {"name": "soft", "hidden": [8]}},
        {"architecture": {"name": "partial", "hidden": [8]}},
        {"weighting": {"lambdas": {"quality": 5.0}}},
        {"weighting": {"name": "pcgrad"}},
        {"schedule": [{"step": 2, "field": "weighting.lambdas.quality", "value": 0.5}]},
    ):
        assert found(store, finished(store, {**WINE, **shared})) == partner, shared


def test_single_task_networks_need_no_partner() -> None:
    assert is_alone(parse_spec(ALONE))
    assert is_alone(parse_spec({**WINE, "tasks": ["good"]}))
    assert not is_alone(parse_spec(WINE))
