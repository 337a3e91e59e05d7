"""Evaluations by formulas, told with the steps that follow: the same events in the same order, and none left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from mtl_core import steplog
from mtl_core.control import Command, Control
from mtl_core.events import Event
from mtl_core.opening import open_session
from mtl_core.reporting import Reporter
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.steplog import StepLog
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.loading import finished

TABLE: dict[str, Any] = {"dataset": "tiny_table", "epochs": 60, "batch_size": "full", "device": "cpu"}
SPECS: dict[str, dict[str, Any]] = {
    "full batch": TABLE,
    "mini-batches": TABLE | {"batch_size": 8, "epochs": 8},
    "each third epoch": TABLE | {"evaluate_every": 3},
    "a regularizer, which tells of the parameters": TABLE
    | {"regularizers": [{"name": "nuclear_norm", "strength": 0.01}]},
    "gradients": TABLE | {"weighting": "pcgrad", "gradients": {"every": 3}},
}
CLOCK = ("seconds", "samples_per_second", "cost")
LONG = float("inf")


def told(events: list[Event]) -> list[Any]:
    """What events say, in the order in which they came; NaN is NaN."""
    return [(e.step, e.kind, repr({k: v for k, v in e.values.items() if k not in CLOCK})) for e in events]


def steps(events: list[Event], kind: str) -> list[int]:
    return [event.step for event in events if event.kind == kind]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of evaluations that were held; the log tells nothing of its own accord but the first step."""
    held: list[int] = []
    hold = StepLog.hold

    def watched(log: StepLog, events: Callable[[], Iterator[Event]], seconds: float) -> None:
        held.append(log.session.step)
        hold(log, events, seconds)

    monkeypatch.setattr(StepLog, "hold", watched)
    monkeypatch.setattr(steplog, "FLUSH_SECONDS", LONG)
    monkeypatch.setattr("mtl_core.reporting.CHECKPOINT_SECONDS", LONG)
    monkeypatch.setattr("mtl_core.reporting.PREVIEW_SHARE", 0.0)  # the first and the last preview alone
    return held


@pytest.mark.parametrize("name", SPECS)
def test_the_events_are_the_same_in_the_same_order(name: str, later: list[int]) -> None:
    spec = parse_spec(SPECS[name])
    at_once = told(list(train(spec)))
    assert not later, "nothing is held where a caller may act on an event before the next step"
    assert told(list(train(spec, beside=True))) == at_once
    assert later, "nothing was held"


def test_an_evaluation_is_of_its_own_step_whenever_it_is_read() -> None:
    session: Session = finished(open_session(parse_spec(TABLE)))
    reporter = Reporter(session)

    def stepped() -> None:
        take_step(session, reporter.next_batch())
        session.step += 1

    session.spec = session.spec.model_copy(update={"evaluate_every": 2})
    for _ in range(3):  # of the fifty previews none is due after the third of sixty epochs
        stepped()
    reporter._previews, reporter._preview_seconds = 1, LONG  # none is affordable
    now, held = told(list(reporter.evaluations())), reporter.measured()
    assert held is not None
    stepped()
    session.change("optimizer.lr", 0.5)
    assert told(list(held())) == now
    assert told(list(reporter.evaluations())) != now


def test_not_with_a_preview_and_not_at_the_end() -> None:
    session: Session = finished(open_session(parse_spec(TABLE | {"epochs": 4})))
    reporter = Reporter(session)
    session.step = 2
    assert reporter.measured() is None, "the second of four epochs has a preview"
    reporter._previews, reporter._preview_seconds = 1, LONG
    assert reporter.measured() is not None
    session.step = 4
    assert reporter.measured() is None


def test_the_first_step_is_told_at_once_and_the_others_together(later: list[int]) -> None:
    seen = list[tuple[int, int]]()

    class Counted(Control):
        asked = 0

        def poll(self) -> list[Command]:
            self.asked += 1
            return super().poll()

    control = Counted()
    for event in train(parse_spec(SPECS["mini-batches"] | {"evaluate_every": 8}), control, beside=True):
        if event.kind == "step":
            seen.append((event.step, control.asked))
    assert seen[0] == (1, 1), "a click should show something soon"
    assert {asked for _, asked in seen[1:]} != {step for step, _ in seen[1:]}


@pytest.mark.parametrize("order", ["pause", "stop"])
def test_whoever_stops_or_pauses_has_all_of_it(order: Any, later: list[int]) -> None:
    seen, polls = list[Event](), count()
    spec = parse_spec(TABLE | {"epochs": 200})

    class After(Control):
        def poll(self) -> list[Command]:
            if next(polls) == 33:
                self.send(Command(order))
            return super().poll()

    for event in train(spec, After(), beside=True):
        seen.append(event)
        if event.kind == "stopped" or event.values.get("what") == "paused":
            break
    assert later
    assert steps(seen, "step") == list(range(1, 34))
    assert steps(seen, "evaluation") == [step for step in range(1, 34) for _ in ("train", "validation")]


def test_a_checkpoint_stands_for_no_evaluation_that_is_missing(
    later: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtl_core.reporting.CHECKPOINT_SECONDS", 0.0)
    events = list(train(parse_spec(TABLE), beside=True))
    saved = [place for place, event in enumerate(events) if event.kind == "checkpoint"]
    assert later
    assert len(saved) > 20
    for place in saved:
        assert set(steps(events[:place], "evaluation")) == set(range(1, events[place].step + 1))


def test_a_run_that_diverges_tells_what_came_before(later: list[int]) -> None:
    spec = parse_spec(TABLE | {"optimizer": {"name": "sgd", "lr": 100.0}})
    at_once, held = list(train(spec)), list(train(spec, beside=True))
    assert at_once[-1].kind == held[-1].kind == "failed"
    assert held[-1].values == at_once[-1].values
    assert steps(held, "step") == steps(at_once, "step")
    assert len(later) > 1
    assert steps(held, "evaluation") == steps(at_once, "evaluation")
