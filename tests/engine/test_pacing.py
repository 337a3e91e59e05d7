"""When a run may take its next step, and what it tells of where it stands."""

from __future__ import annotations

import pytest

from mtl_core import pacing
from mtl_core.control import Command
from mtl_core.pacing import Gate


def test_a_gate_is_open_until_something_is_ordered() -> None:
    gate = Gate(4)
    assert gate.open
    assert (gate.news(0), gate.paused(0), gate.seconds_ahead(0, 8)) == (None, False, 0.0)


@pytest.mark.parametrize(("order", "stops_at"), [("pause", 3), ("step", 4), ("epoch", 4)])
def test_a_pause_holds_it_until_it_has_been_told_that_the_run_goes_on(order: str, stops_at: int) -> None:
    gate = Gate(4)
    gate.obey(Command("pause"), 3)
    assert not gate.open
    assert gate.news(3) == "paused"
    if order != "pause":
        gate.obey(Command(order), 3)  # type: ignore[arg-type]
        assert not gate.paused(3)
    assert not gate.open
    assert gate.paused(stops_at)
    gate.obey(Command("resume"), stops_at)
    assert not gate.open
    assert gate.news(stops_at) == "running"
    assert gate.open


def test_a_brief_step_is_not_told_as_running_and_a_longer_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(pacing, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    gate = Gate(4)
    gate.obey(Command("pause"), 0)
    assert gate.news(0) == "paused"
    gate.obey(Command("epoch"), 0)
    assert gate.news(0) is None
    now[0] += pacing.BRIEF_SECONDS / 2
    assert gate.news(1) is None
    now[0] += pacing.BRIEF_SECONDS
    assert gate.news(2) == "running"
    assert gate.news(3) is None
    assert gate.news(4) == "paused"


def test_a_pace_holds_it_until_it_is_taken_back() -> None:
    gate = Gate(4)
    gate.obey(Command("pace", value=3600.0), 0)
    assert not gate.open
    assert 0 < gate.seconds_ahead(1, 4) <= 900.0
    gate.obey(Command("pace", value=None), 1)
    assert gate.open
    assert gate.seconds_ahead(2, 4) == 0.0


def test_a_stop_is_kept() -> None:
    gate = Gate(4)
    gate.obey(Command("stop"), 1)
    assert gate.stopping
