"""perform: events into the store, exceptions into a failed event."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from mtl_core.control import Command, Control
from mtl_core.errors import DataError
from mtl_core.events import Event
from mtl_core.execution.perform import perform
from mtl_core.execution.store_control import StoreControl
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.runs.events import ending, event, started, step, whole_run

ME = (12345, 1000.0)


@pytest.fixture
def run(store: Store) -> str:
    return store.create(parse_spec({"epochs": 3}), "owner", process=ME)


def test_every_event_is_yielded_and_stored(store: Store, run: str) -> None:
    def train(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        assert (spec.epochs, resume) == (3, None)
        yield from whole_run(30)

    yielded = list(perform(store, run, train=train))
    stored = [found for _, found in store.events_since(run)]
    assert [(e.kind, e.step, e.values) for e in yielded] == [(e.kind, e.step, e.values) for e in stored]
    assert store.get(run).status == "finished"


def test_a_checkpoint_is_given_back_to_the_engine(store: Store, run: str) -> None:
    def first(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        yield started()
        yield event("checkpoint", 4, payload={"step": 4})
        yield ending("stopped", 4)

    def second(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        yield started(at=resume["step"])
        yield ending("finished", 10)

    list(perform(store, run, train=first))
    store.requeue(run, process=ME)
    kinds = [(found.kind, found.step) for found in perform(store, run, train=second)]
    assert kinds == [("started", 4), ("finished", 10)]


def test_a_message_for_people_is_shown_as_it_is(store: Store, run: str) -> None:
    def train(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        yield started()
        raise DataError("row 7 of wine.csv has no pH; mend or remove it")

    failed = list(perform(store, run, train=train))[-1]
    assert failed.kind == "failed"
    assert store.get(run).error == {
        "message": "row 7 of wine.csv has no pH; mend or remove it",
        "where": "step 0",
        "advice": None,
    }


def test_an_unexpected_error_says_where_and_the_log_has_it_all(
    store: Store, run: str, caplog: pytest.LogCaptureFixture
) -> None:
    def train(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        yield step(1)
        yield step(2)
        raise ZeroDivisionError("by nought")

    with caplog.at_level(logging.ERROR):
        list(perform(store, run, train=train))
    record = store.get(run)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["message"] == "ZeroDivisionError: by nought"
    assert record.error["where"].startswith("step 2, tests/execution/test_perform.py line ")
    assert "Traceback" in caplog.text
    assert record.step == 2
    assert [found.step for _, found in store.events_since(run, kinds=["step"])] == [1, 2]


def test_an_engine_that_says_nothing_at_the_end_has_failed(store: Store, run: str) -> None:
    list(perform(store, run, train=lambda *_, **__: iter([started()])))
    error = store.get(run).error
    assert error is not None
    assert "without saying how" in error["message"]


def test_a_damaged_checkpoint_fails_the_run_with_advice(store: Store, run: str) -> None:
    store.folder(run).mkdir(parents=True)
    (store.folder(run) / "checkpoint.pt").write_bytes(b"half")
    list(perform(store, run, train=lambda *_, **__: whole_run(10)))
    error = store.get(run).error
    assert error is not None
    assert "delete it" in error["message"]


def test_commands_reach_the_engine(store: Store, run: str) -> None:
    def train(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        yield started()
        assert control.poll() == [Command("stop", by="cli")]
        yield ending("stopped", 0)

    control = StoreControl(store, run)
    control.send(Command("stop", by="cli"))
    assert [found.kind for found in perform(store, run, train=train, control=control)] == ["started", "stopped"]


def test_the_run_reads_the_data_folder_of_whoever_made_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_DATA_DIR", "/one")
    run = store.create(RunSpec(), "owner", process=ME)
    monkeypatch.setenv("MTL_DATA_DIR", "/two")
    seen: list[str] = []

    def train(spec: RunSpec, control: Control, resume: Any) -> Iterator[Event]:
        seen.append(os.environ["MTL_DATA_DIR"])
        yield from whole_run(10)

    list(perform(store, run, train=train))
    assert seen == ["/one"]
