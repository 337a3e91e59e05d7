"""Runs of a group that train together: which a worker takes up, what the store has of them, what breaks them."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from mtl_core.control import Command
from mtl_core.errors import DataError
from mtl_core.execution import local
from mtl_core.execution.companions import claim_companions, room
from mtl_core.execution.perform import perform_all
from mtl_core.execution.store_control import StoreControl
from mtl_core.runs.groups import create_group, members_of, stop_group
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import claim_next
from mtl_core.spec import RunSpec, parse_spec
from tests.waiting import wait_for

ME = (12345, 1000.0)
QUICK: dict[str, Any] = {"architecture": {"name": "hard", "hidden": [8]}, "epochs": 6, "device": "cpu"}


def variants(count: int, **fields: Any) -> list[RunSpec]:
    return [parse_spec(QUICK | {"seed": i} | fields) for i in range(count)]


def grouped(store: Store, specs: list[RunSpec]) -> list[str]:
    members = [(f"run {i}", "", spec) for i, spec in enumerate(specs)]
    group = create_group(store, "crossvalidation", "wine", specs[0], members, "owner")
    return [record.id for record in members_of(store, group)]


def claimed(store: Store, workers: int = 2) -> list[str]:
    """What a worker of so many takes up next."""
    with store.database.write() as connection:
        run = claim_next(connection, ME)
        return claim_companions(connection, run, ME, workers) if run else []


def test_members_that_are_alike_are_dealt_out_to_the_workers(store: Store) -> None:
    runs = grouped(store, variants(5))
    assert claimed(store) == runs[:3]
    assert [store.get(run).status for run in runs] == ["starting"] * 3 + ["queued"] * 2
    assert {(store.get(run).process, store.get(run).attempt) for run in runs[:3]} == {(ME, 1)}
    assert claimed(store) == runs[3:4]
    assert claimed(store) == runs[4:]
    assert claimed(store) == []


def test_what_is_unlike_or_alone_stays_alone(store: Store) -> None:
    by_itself = store.create(variants(1)[0], "another owner")
    soft = [parse_spec(QUICK | {"architecture": "soft", "seed": i}) for i in range(2)]
    runs = grouped(store, [*variants(2), *soft])
    assert claimed(store, 1) in ([by_itself], runs[:2])
    assert claimed(store, 1) in ([by_itself], runs[:2])
    assert claimed(store, 1) == runs[2:]
    grouped(store, variants(3, weighting="mgda"))
    assert len(claimed(store, 1)) == 1, "MGDA looks at each run's own gradients"


def test_no_more_than_a_cache_holds() -> None:
    text = json.dumps(parse_spec({"dataset": "wine_quality"}).model_dump(mode="json"))
    assert room(text, 100, 2) == 8
    assert room(text, 3, 2) == 2
    assert room(json.dumps({"dataset": "no such data"}), 3, 1) == 1, "what is wrong with it, the run says itself"


def performed(store: Store, runs: list[str]) -> dict[str, str]:
    """How each run ended."""
    return {run: event.kind for run, event in perform_all(store, runs, [StoreControl(store, run) for run in runs])}


def test_the_store_has_of_each_what_it_has_of_a_run_by_itself(store: Store) -> None:
    runs = grouped(store, variants(3))
    assert performed(store, claimed(store, 1)) == dict.fromkeys(runs, "finished")
    for run in runs:
        record = store.get(run)
        assert (record.status, record.step, record.process) == ("finished", 6, None)
        assert record.result is not None
        assert (record.result["engine"], record.result["together"]) == ("batched", 3)
        assert record.result["metrics"]["test"]["quality"]["mse"] > 0
        kinds = [event.kind for _, event in store.events_since(run)]
        assert (kinds.count("step"), kinds.count("evaluation"), kinds[-1]) == (6, 13, "finished")
        assert store.load_checkpoint(run) is not None


def test_what_cannot_train_together_after_all_trains_one_by_one(store: Store) -> None:
    runs = grouped(store, [*variants(1), *variants(1, architecture={"name": "hard", "dropout": 0.5})])
    assert performed(store, runs) == dict.fromkeys(runs, "finished")
    assert [(store.get(run).result or {})["engine"] for run in runs] == ["single"] * 2


def test_an_error_ends_all_of_them_with_its_reason(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise DataError("row 7 has no pH; mend or remove it")

    runs = grouped(store, variants(2))
    monkeypatch.setattr("mtl_core.batched.trainer.open_session", broken)
    assert performed(store, runs) == dict.fromkeys(runs, "failed")
    assert [(store.get(run).error or {})["message"] for run in runs] == ["row 7 has no pH; mend or remove it"] * 2


@pytest.mark.slow
def test_a_group_goes_through_the_runner_and_can_be_stopped(warm: Store) -> None:
    runs = grouped(warm, variants(6))
    wait_for(lambda: all(warm.get(run).ended_for_now for run in runs), 60)
    assert {warm.get(run).status for run in runs} == {"finished"}
    assert {(warm.get(run).result or {})["engine"] for run in runs} == {"batched"}
    endless = grouped(warm, variants(4, epochs=500_000, evaluate_every=1000))
    wait_for(lambda: all(warm.get(run).step > 0 for run in endless), 60)
    warm.send(endless[0], Command("stop"))
    wait_for(lambda: warm.get(endless[0]).status == "stopped", 10)
    assert {warm.get(run).status for run in endless[1:]} == {"running"}, "the others go on"
    group = warm.get(endless[0]).group_id
    assert group is not None
    stop_group(warm, group)
    wait_for(lambda: all(warm.get(run).status == "stopped" for run in endless), 10)


@pytest.mark.slow
def test_a_killed_worker_interrupts_all_that_it_trained(warm: Store) -> None:
    runs = grouped(warm, variants(2, epochs=500_000, evaluate_every=1000))
    wait_for(lambda: all(warm.get(run).step > 0 for run in runs), 60)
    workers = {record.process[0] for run in runs if (record := warm.get(run)).process is not None}
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: all(warm.get(run).status == "interrupted" for run in runs), 20)
    assert local.runner_info(warm.home) is not None
