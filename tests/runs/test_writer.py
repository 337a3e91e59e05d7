"""The writer: batches, thinning, what a resumed run repeats, changes made by hand, artifacts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mtl_core.errors import MTLError
from mtl_core.runs import artifacts, writer
from mtl_core.runs.results import result_of
from mtl_core.runs.store import Store
from mtl_core.runs.thinning import kept
from mtl_core.runs.transitions import interrupt
from mtl_core.spec import RunSpec, parse_spec
from tests.runs.events import ending, evaluation, event, preview, started, step, whole_run

ME = (12345, 1000.0)


class Clock:
    """A time that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(writer, "time", made)
    return made


@pytest.fixture
def run(store: Store) -> str:
    return store.create(parse_spec({"epochs": 10}), "owner", process=ME)


def steps_of(store: Store, run: str) -> list[int]:
    return [found.step for _, found in store.events_since(run, kinds=["step"])]


def change(at: int, old: float, new: float, by: str = "user", field: str = "optimizer.lr") -> Any:
    return event("change", at, field=field, old=old, new=new, by=by)


def test_the_first_step_is_seen_at_once_and_the_next_ones_in_batches(store: Store, run: str, clock: Clock) -> None:
    book = store.writer(run)
    book.append(started())
    book.append(step(1))
    assert steps_of(store, run) == [1]
    book.append(step(2))
    book.append(evaluation(2))
    assert steps_of(store, run) == [1]
    clock.now += 0.1
    assert not book.due()
    clock.now += 0.11
    assert book.due()
    book.append(step(3))
    assert steps_of(store, run) == [1, 2, 3]


@pytest.mark.parametrize("hurried", [change(2, 0.1, 0.2), ending("stopped", 2)])
def test_other_events_take_those_that_wait_with_them(store: Store, run: str, clock: Clock, hurried: Any) -> None:
    book = store.writer(run)
    for found in (started(), step(1), step(2), hurried):
        book.append(found)
    assert [found.kind for _, found in store.events_since(run)][-2:] == ["step", hurried.kind]


def test_the_row_follows_the_events(store: Store, run: str) -> None:
    book = store.writer(run)
    book.append(started(100))
    assert (store.get(run).status, store.get(run).total_steps) == ("running", 100)
    book.append(step(7))
    book.append(event("progress", 7, what="paused"))
    book.flush()
    assert (store.get(run).status, store.get(run).step, store.get(run).epoch) == ("paused", 7, 0.7)
    book.append(event("progress", 7, what="running"))
    book.append(change(7, 10, 20, field="epochs"))
    assert (store.get(run).status, store.get(run).total_steps) == ("running", 200)
    book.append(ending("finished", 200))
    record = store.get(run)
    assert (record.status, record.process) == ("finished", None)
    assert record.result is not None
    assert list(record.result)[:3] == ["run", "status", "seconds"]
    assert record.result["run"] == run


def test_two_thousand_and_forty_eight_steps_are_kept_then_strides_double() -> None:
    assert all(kept(number) for number in range(2049))
    assert [number for number in range(2049, 2055) if kept(number)] == [2050, 2052, 2054]
    assert [number for number in range(4096, 4106) if kept(number)] == [4096, 4100, 4104]
    assert [number for number in range(8192, 8210) if kept(number)] == [8192, 8200, 8208]
    assert sum(kept(number) for number in range(1, 1_000_001)) < 12_000


def test_the_newest_step_is_known_and_the_last_one_is_stored(store: Store, run: str) -> None:
    book = store.writer(run)
    for found in (started(5000), step(2048), step(2049)):
        book.append(found)
    book.flush()
    assert steps_of(store, run) == [2048]
    latest = store.get(run).latest
    assert latest is not None
    assert (latest["step"], latest["kind"], latest["run"]) == (2049, "step", run)
    book.append(ending("stopped", 2049))
    assert steps_of(store, run) == [2048, 2049]


def test_an_evaluation_that_comes_late_does_not_set_the_run_back(store: Store, run: str) -> None:
    book = store.writer(run)
    for found in (started(), *(step(n) for n in range(1, 13)), evaluation(10)):
        book.append(found)
    book.flush()
    assert (store.get(run).step, store.get(run).epoch) == (12, 1.2)
    assert [found.step for _, found in store.events_since(run, kinds=["evaluation"])] == [10]


def test_a_resumed_run_rewrites_what_it_repeats(store: Store, run: str) -> None:
    book = store.writer(run)
    for found in (started(), *(step(n) for n in range(1, 31)), evaluation(20), preview(20)):
        book.append(found)
    book.flush()
    seen = store.events_since(run)
    again = store.writer(run)
    for found in (started(at=15), *(step(n, loss=2.0) for n in range(16, 41)), evaluation(20, mse=0.3), preview(20)):
        again.append(found)
    again.append(ending("finished", 40))
    steps = store.events_since(run, kinds=["step"])
    assert [found.step for _, found in steps] == list(range(1, 41))
    assert [found.values["loss"]["quality"] for _, found in steps][14:16] == [1 / 15, 2.0]
    assert len(store.events_since(run, kinds=["evaluation"])) == len(store.preview_names(run)) == 1
    news = store.events_since(run, seen[-1][0])
    assert [found.step for _, found in news if found.kind == "step"] == list(range(31, 41)), "no step comes twice"
    assert [found.kind for _, found in news if found.kind != "step"] == ["started", "finished"]


def test_a_change_by_hand_is_written_into_the_schedule(store: Store, run: str) -> None:
    book = store.writer(run)
    book.append(started())
    book.append(change(5, 0.01, 0.02))
    book.append(change(9, 1.0, 2.0, field="weighting.lambdas.good"))
    expected = [
        {"step": 5, "field": "optimizer.lr", "value": 0.02},
        {"step": 9, "field": "weighting.lambdas.good", "value": 2.0},
    ]
    assert store.get(run).spec["schedule"] == expected
    assert [vars(entry) for entry in parse_spec(store.get(run).spec).schedule] == expected


def test_of_several_changes_at_one_step_the_last_one_counts(store: Store, run: str) -> None:
    book = store.writer(run)
    book.append(started())
    for old, new in ((0.01, 0.02), (0.02, 0.03)):
        book.append(change(5, old, new))
    assert store.get(run).spec["schedule"] == [{"step": 5, "field": "optimizer.lr", "value": 0.03}]
    marks = [found.values for _, found in store.events_since(run, kinds=["change"])]
    assert [(mark["old"], mark["new"]) for mark in marks] == [(0.01, 0.03)]


def test_a_change_of_the_schedule_is_not_written_into_it_again(store: Store) -> None:
    schedule = [{"step": 5, "field": "optimizer.lr", "value": 0.02}]
    run = store.create(parse_spec({"schedule": schedule}), "owner")
    book = store.writer(run)
    book.append(change(5, 0.01, 0.02, by="schedule"))
    assert store.get(run).spec["schedule"] == schedule


def test_numbers_that_json_lacks_become_null(store: Store, run: str) -> None:
    book = store.writer(run)
    book.append(step(1, loss=math.nan))
    book.append(evaluation(1, mse=math.inf))
    book.flush()
    found = [found.values for _, found in store.events_since(run)]
    assert found[0]["loss"] == {"quality": None, "good": 0.5}
    assert found[1]["metrics"]["quality"]["mse"] is None


def test_a_checkpoint_comes_back_and_never_runs_ahead_of_the_events(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    book = store.writer(run)
    stored_then: list[list[int]] = []
    real = artifacts.save_checkpoint
    monkeypatch.setattr(
        artifacts,
        "save_checkpoint",
        lambda folder, state: (stored_then.append(steps_of(store, run)), real(folder, state))[1],
    )
    for found in (started(), step(1), step(2), step(3)):
        book.append(found)
    state = {"step": 3, "network": {"w": torch.arange(4.0)}}
    book.append(event("checkpoint", 3, payload=state))
    assert stored_then == [[1, 2, 3]]
    loaded = store.load_checkpoint(run)
    assert loaded is not None
    assert loaded["step"] == 3
    assert torch.equal(loaded["network"]["w"], torch.arange(4.0))
    assert store.has_checkpoint(run)
    assert store.events_since(run)[-1][1].values == {"artifact": "checkpoint.pt"}


def test_a_damaged_checkpoint_is_named_and_a_missing_one_is_none(store: Store, run: str) -> None:
    assert store.load_checkpoint(run) is None
    store.folder(run).mkdir(parents=True)
    (store.folder(run) / "checkpoint.pt").write_bytes(b"half")
    with pytest.raises(MTLError, match=r"checkpoint\.pt cannot be read"):
        store.load_checkpoint(run)


def test_what_a_killed_writer_left_aside_is_removed(store: Store, run: str) -> None:
    store.folder(run).mkdir(parents=True)
    left = store.folder(run) / ".checkpoint.pt.1.aside"
    left.write_bytes(b"half")
    store.writer(run)
    assert not left.exists()


def test_a_preview_of_objects_is_refused(store: Store, run: str) -> None:
    arrays = {"rows": np.array([{}], dtype=object)}
    with pytest.raises(MTLError, match="rows hold Python objects"):
        store.writer(run).append(event("preview", 0, payload=arrays, split="validation"))


def test_every_run_has_a_result(store: Store, run: str) -> None:
    book = store.writer(run)
    for found in (started(), *(step(n) for n in range(1, 26)), evaluation(20), evaluation(20, "train", 0.3)):
        book.append(found)
    book.append(event("failed", 25, message="the loss became nan", where="step 25", advice="a smaller lr"))
    record = store.get(run)
    result = result_of(store, record)
    assert record.error == {"message": "the loss became nan", "where": "step 25", "advice": "a smaller lr"}
    assert (result["run"], result["status"], result["epochs"], result["steps"]) == (run, "failed", 2, 25)
    assert result["metrics"] == {
        "train": {"quality": {"mse": 0.3}},
        "validation": {"quality": {"mse": 0.4}},
        "test": None,
    }
    assert result["data"] == {"name": "wine_quality", "source": "synthetic", "sizes": {"train": 10}}
    assert result["seconds"] == 0.25
    assert all(words in result["error"] for words in ("nan", "step 25", "a smaller lr"))


def test_the_results_of_all_endings_have_the_same_keys(store: Store) -> None:
    keys = set()
    for kind in ("finished", "interrupted", "queued"):
        run = store.create(RunSpec(), "owner", process=None if kind == "queued" else ME)
        if kind == "finished":
            book = store.writer(run)
            for found in whole_run(10):
                book.append(found)
        if kind == "interrupted":
            with store.database.write() as connection:
                interrupt(connection, run, ME, {"message": "gone"})
        keys.add(frozenset(result_of(store, store.get(run))))
    assert len(keys) == 1
