"""Workers killed at random moments: nothing acknowledged is lost, and the resumed run ends with the same numbers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from mtl_core.control import Command
from mtl_core.events import Event
from mtl_core.execution import processes
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
SPEC: dict[str, Any] = {"architecture": {"name": "hard", "hidden": [16]}, "epochs": 240, "device": "cpu"}
PICTURES: dict[str, Any] = {
    "dataset": {"name": "digits", "train_rows": 96},
    "architecture": {"name": "hard", "channels": [4, 8], "hidden": [8]},
    "batch_size": 16,
    "epochs": 40,
    "device": "cpu",
}
"""240 steps; its evaluations go on beside them."""
PACE = 4.0
"""Seconds a run: a checkpoint is written every two seconds, so that kills come before and after the first one."""


def finish(store: Store, run: str) -> dict[str, Any]:
    wait_for(lambda: store.get(run).ended_for_now, 120)
    record = store.get(run)
    assert record.status == "finished", record.error
    assert record.result is not None
    return record.result


def numbers(store: Store, run: str) -> list[tuple[str, int, dict[str, Any]]]:
    """All that must be the same bit for bit."""
    found = store.events_since(run, kinds=("step", "evaluation"))
    values = [(event.kind, event.step, dict(event.values)) for _, event in found]
    for _, _, content in values:
        content.pop("samples_per_second", None)
    return sorted(values, key=lambda item: (item[1], item[0], str(item[2].get("split"))))


def kill_once(store: Store, spec: dict[str, Any], after_steps: int) -> tuple[str, list[tuple[int, Event]]]:
    """Start a run, kill its worker once it is so far; gives what had been seen by then."""
    run = store.create(parse_spec(spec), "owner", pace=PACE)
    wait_for(lambda: store.get(run).step >= after_steps, 120, every=0.002)
    process = store.get(run).process
    assert process is not None
    seen = store.events_since(run)
    assert processes.end(process, forcibly=True)
    wait_for(lambda: store.get(run).status == "interrupted", 30)
    return run, seen


def check_kills(store: Store, times: int, seed: int, spec: dict[str, Any]) -> float:
    reference = store.create(parse_spec(spec), "owner")
    result, expected = finish(store, reference), None
    moments = random.Random(seed)
    began = time.monotonic()
    for _ in range(times):
        run, seen = kill_once(store, spec, moments.randint(1, 230))
        stored = dict(store.events_since(run))
        assert seen
        assert all(stored[seq] == event for seq, event in seen), "every event that was seen is there"
        assert [event.kind for event in stored.values()][-1] == "interrupted"
        store.send(run, Command("pace"))
        store.requeue(run)
        again = finish(store, run)
        assert again["metrics"] == result["metrics"]
        expected = expected or numbers(store, reference)
        assert numbers(store, run) == expected
        assert store.get(run).attempt == 2
    return time.monotonic() - began


@pytest.mark.acceptance
@pytest.mark.parametrize("spec", [SPEC, PICTURES], ids=["a table", "pictures"])
def test_three_random_kills(warm: Store, spec: dict[str, Any]) -> None:
    assert check_kills(warm, 3, 1, spec) > 0


@pytest.mark.acceptance
def test_twenty_random_kills(warm: Store, record_measurement: Callable[[str, str, str], None]) -> None:
    seconds = check_kills(warm, 20, 2, SPEC)
    record_measurement(
        "random kills of a worker in mid-run, each resumed",
        f"20 of 20 ended with the same numbers and no event lost ({seconds:.0f} s)",
        "20 of 20",
    )
