"""StoreControl: what reaches a run, when, and how often the store is asked."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Timer

import pytest

from mtl_core.control import Command
from mtl_core.execution.store_control import StoreControl, coalesced
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from tests.runs.events import started, step


@pytest.fixture
def run(store: Store) -> str:
    return store.create(RunSpec(), "owner")


def test_a_command_reaches_the_run(store: Store, run: str) -> None:
    control = StoreControl(store, run)
    change = Command("set", "optimizer.lr", 0.1)
    store.send(run, change)
    assert control.poll() == [change]
    assert control.poll() == []


def test_the_pace_of_the_run_comes_first(store: Store) -> None:
    control = StoreControl(store, store.create(RunSpec(), "owner", pace=15.0))
    assert control.poll() == [Command("pace", value=15.0)]


def test_the_store_is_asked_at_most_every_fifty_milliseconds(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = store.commands_since
    monkeypatch.setattr(store, "commands_since", lambda *arguments: asked.append(1) or real(*arguments))
    control = StoreControl(store, run)
    until = time.monotonic() + 0.3
    polls = 0
    while time.monotonic() < until:
        control.poll()
        polls += 1
    assert polls > 100
    assert 1 <= len(asked) <= 8


def test_a_wait_ends_when_a_command_arrives(store: Store, run: str) -> None:
    control = StoreControl(store, run)
    control.poll()
    timer = Timer(0.1, store.send, (run, Command("resume")))
    timer.start()
    began = time.monotonic()
    control.wait(30.0)
    assert time.monotonic() - began < 5.0
    assert control.poll() == [Command("resume")]
    timer.join()


def test_a_wait_takes_its_time_when_nothing_arrives(store: Store, run: str) -> None:
    control = StoreControl(store, run)
    began = time.monotonic()
    control.wait(0.12)
    assert 0.11 < time.monotonic() - began < 2.0


def test_waiting_commits_the_events_that_wait(store: Store, run: str) -> None:
    control = StoreControl(store, run)
    for event in (started(), step(1), step(2)):
        control.writer.append(event)
    control.wait(0.4)
    assert [event.step for _, event in store.events_since(run, kinds=["step"])] == [1, 2]


def test_a_command_of_this_process_comes_too(store: Store, run: str) -> None:
    control = StoreControl(store, run)
    control.send(Command("stop"))
    assert control.poll() == [Command("stop")]


def test_of_several_values_for_one_field_the_last_one_counts() -> None:
    slow, fast = (Command("set", "optimizer.lr", value) for value in (0.1, 0.2))
    other = Command("set", "weighting.lambdas.good", 2.0)
    assert coalesced([slow, other, fast]) == [other, fast]


def test_a_value_that_held_for_a_step_is_kept() -> None:
    slow, fast = (Command("set", "optimizer.lr", value) for value in (0.1, 0.2))
    orders = [slow, Command("step"), fast]
    assert coalesced(orders) == orders


def test_two_homes_do_not_mix(store: Store, run: str, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    elsewhere = other.create(RunSpec(), "owner")
    store.send(run, Command("stop"))
    assert StoreControl(other, elsewhere).poll() == []
