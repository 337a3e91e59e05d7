"""Summaries: numbers by hand, members that have failed or are gone, and comparisons in pairs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mtl_core.errors import RunNotFound
from mtl_core.runs.groups import create_group, members_of
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import begin
from mtl_core.spec import RunSpec
from mtl_core.sweeps.summary import Summary, spread, summary
from tests.runs.events import evaluation, event, started, step

ME = (12345, 1000.0)


def group_of(store: Store, *arms: str) -> tuple[str, list[str]]:
    members = [(f"run {i}", arm, RunSpec()) for i, arm in enumerate(arms)]
    group = create_group(store, "crossvalidation", "wine", RunSpec(), members, "owner")
    return group, [run.id for run in members_of(store, group)]


def train(store: Store, run: str, *events: Any) -> None:
    with store.database.write() as connection:
        begin(connection, run, ME)
    writer = store.writer(run)
    for one in (started(), *events):
        writer.append(one)
    writer.flush()


def finished(validation: float, test: float | None = None, tasks: tuple[str, ...] = ("quality",)) -> Any:
    metrics = {"train": None, "validation": _metrics(validation, tasks), "test": _metrics(test, tasks)}
    return event("finished", 100, status="finished", metrics=metrics)


def _metrics(value: float | None, tasks: tuple[str, ...]) -> dict[str, dict[str, float | None]]:
    return {task: {"mse": value, "r2": None if value is None else 1 - value} for task in tasks}


def only_arm(found: Summary) -> Any:
    (arm,) = found.arms
    return arm


def test_a_spread_is_mean_sd_smallest_and_largest_of_what_is_there() -> None:
    found = spread([1.0, None, 2.0, 3.0, float("nan"), 4.0])
    assert (found.mean, found.minimum, found.maximum, found.count) == (2.5, 1.0, 4.0, 4)
    assert found.sd == pytest.approx((5 / 3) ** 0.5)  # n − 1
    assert found.values == (1.0, None, 2.0, 3.0, None, 4.0)
    one = spread([7.0])
    assert (one.mean, one.sd, one.minimum, one.maximum) == (7.0, None, 7.0, 7.0)
    none = spread([None])
    assert (none.mean, none.sd, none.minimum, none.maximum, none.count) == (None, None, None, None, 0)


def test_finished_folds_are_averaged_and_each_is_there(store: Store) -> None:
    group, runs = group_of(store, "", "", "")
    for run, value in zip(runs, (0.4, 0.5, 0.9), strict=True):
        train(store, run, finished(value - 0.1, value))
    found = summary(store, group)
    assert (found.status, found.done, found.counts) == ("finished", 1.0, {"finished": 3})
    arm = only_arm(found)
    assert arm.labels == ("run 0", "run 1", "run 2")
    assert arm.test["quality"]["mse"].values == (0.4, 0.5, 0.9)
    assert arm.test["quality"]["mse"].mean == pytest.approx(0.6)
    assert arm.test["quality"]["mse"].sd == pytest.approx(0.07**0.5)
    assert arm.validation["quality"]["mse"].mean == pytest.approx(0.5)
    assert arm.test["quality"]["r2"].mean == pytest.approx(0.4)
    assert [member.run for member in found.members] == runs
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["arms"][0]["test"]["quality"]["mse"]["count"] == 3


def test_running_folds_show_their_newest_validation_and_no_test(store: Store) -> None:
    group, runs = group_of(store, "", "", "")
    train(store, runs[0], finished(0.3, 0.4))
    newest, of_train = evaluation(20, mse=0.7), evaluation(20, split="train", mse=0.1)
    train(store, runs[1], evaluation(10, mse=0.8), step(20), newest, of_train)
    found = summary(store, group)
    arm = only_arm(found)
    assert found.status == "running"
    assert [member.status for member in found.members] == ["finished", "running", "queued"]
    assert [member.done for member in found.members] == [1.0, pytest.approx(0.2), 0.0]
    assert found.done == pytest.approx(0.4)
    assert arm.validation["quality"]["mse"].values == (0.3, 0.7, None)
    assert arm.test["quality"]["mse"].values == (0.4, None, None)
    assert found.members[1].seconds == pytest.approx(0.2)


def test_what_failed_was_stopped_or_is_gone_is_shown_and_not_averaged(store: Store) -> None:
    group, runs = group_of(store, *[""] * 5)
    train(store, runs[0], finished(0.3, 0.4))
    train(store, runs[1], finished(0.5, 0.6))
    train(
        store, runs[2], evaluation(10, mse=9.0), event("failed", 12, message="diverged", where="step 12", advice=None)
    )
    train(store, runs[3], event("stopped", 5, status="stopped", metrics={"validation": None, "test": None}))
    store.delete(runs[4])
    found = summary(store, group)
    assert found.status == "failed"
    assert found.counts == {"finished": 2, "failed": 1, "stopped": 1, "deleted": 1}
    assert found.members[2].error == "diverged (at step 12)"
    assert found.members[4].label == "run 4"
    test = only_arm(found).test["quality"]["mse"]
    assert (test.values, test.count) == ((0.4, 0.6, None, None, None), 2)
    assert only_arm(found).validation["quality"]["mse"].values == (0.3, 0.5, None, None, None)
    assert found.members[2].validation == {"quality": {"mse": 9.0}}


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (("finished", "stopped"), "stopped"),
        (("failed", "stopped"), "failed"),
        (("finished", "interrupted"), "failed"),
        (("failed", None), "running"),
    ],
)
def test_a_groups_status_is_that_of_its_members(store: Store, kinds: tuple[Any, ...], status: str) -> None:
    group, runs = group_of(store, *[""] * len(kinds))
    for run, kind in zip(runs, kinds, strict=True):
        if kind is not None:
            train(store, run, event(kind, 1, status=kind, message="x", where="y", advice=None))
    assert summary(store, group).status == status


def test_the_mean_over_tasks_is_taken_in_each_fold(store: Store) -> None:
    group, runs = group_of(store, "", "")
    for run, (a, b) in zip(runs, ((0.2, 0.4), (0.6, 1.0)), strict=True):
        test = {"a": {"mse": a}, "b": {"mse": b, "mae": 5.0}}
        train(store, run, event("finished", 9, status="finished", metrics={"validation": None, "test": test}))
    overall = only_arm(summary(store, group)).overall_test
    assert overall["mse"].values == (pytest.approx(0.3), pytest.approx(0.8))
    assert overall["mae"].values == (5.0, 5.0)


def test_arms_are_compared_in_pairs_and_better_is_positive(store: Store) -> None:
    group, runs = group_of(store, "with", "alone", "with", "alone")
    for run, value in zip(runs, (0.4, 0.5, 0.3, 0.6), strict=True):
        train(store, run, finished(value, value, ("quality", "good") if value in (0.4, 0.3) else ("quality",)))
    first, second = summary(store, group).arms
    assert (first.name, second.name) == ("with", "alone")
    assert (first.gain_test, first.gain_validation) == ({}, {})
    assert set(first.test) == {"quality", "good"}
    assert set(second.gain_test) == {"quality"}
    assert second.gain_test["quality"]["mse"].values == (pytest.approx(0.1), pytest.approx(0.3))
    assert second.gain_test["quality"]["r2"].values == (pytest.approx(0.1), pytest.approx(0.3))


def test_an_unknown_group_is_named(store: Store) -> None:
    with pytest.raises(RunNotFound, match="nobody"):
        summary(store, "nobody")


def test_a_summary_of_many_runs_is_quick(store: Store) -> None:
    from timeit import repeat

    group, runs = group_of(store, *[""] * 50)
    for run in runs[:40]:
        train(store, run, finished(0.3, 0.4))
    for run in runs[40:]:
        train(store, run, *(evaluation(10 * i) for i in range(1, 10)))
    assert min(repeat(lambda: summary(store, group), number=1, repeat=5)) < 0.1
