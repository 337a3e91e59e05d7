"""Evaluations on another core: the same numbers bit for bit, while steps are taken, and never left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import torch

from mtl_core import beside, trainer
from mtl_core.beside import Beside, gains, spare_core
from mtl_core.control import Command, Control
from mtl_core.errors import TrainingDiverged
from mtl_core.events import Event
from mtl_core.opening import open_session
from mtl_core.reporting import Reporter
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.trainer import train
from tests.engine.loading import finished

SECONDS = 30.0
"""A wait that takes so long has failed."""
IMAGES: dict[str, Any] = {"dataset": "tiny_images", "epochs": 5, "device": "cpu"}
SPECS: dict[str, dict[str, Any]] = {
    "pictures and masks": IMAGES,
    "a weighting that learns": IMAGES | {"weighting": "uncertainty"},
    "gradients": IMAGES | {"weighting": "pcgrad", "gradients": {"every": 3}},
    "columns of their own": IMAGES | {"architecture": "cross_stitch"},
    "two epochs between two": IMAGES | {"evaluate_every": 2},
    "class weights": IMAGES | {"class_weights": "balanced"},
}
CLOCK = ("seconds", "samples_per_second", "cost")


@pytest.fixture(autouse=True)
def one_thread_and_two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(beside, "spare_core", lambda: True)
    yield
    torch.set_num_threads(before)


def told(events: list[Event]) -> list[Any]:
    """What events say, in an order that does not hang on the machine; NaN is NaN."""
    kept = [event for event in events if event.kind in ("step", "evaluation", "gradients", "finished")]
    return sorted((e.step, e.kind, repr({k: v for k, v in e.values.items() if k not in CLOCK})) for e in kept)


def places(events: list[Event], kind: str) -> list[int]:
    return [place for place, event in enumerate(events) if event.kind == kind]


def opened(raw: dict[str, Any]) -> Session:
    return finished(open_session(parse_spec(raw)))


class Watched(Beside):
    """Remembers how many evaluations went on beside."""

    count = 0

    def _as_now(self) -> Session:
        Watched.count += 1
        return super()._as_now()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    monkeypatch.setattr(Watched, "count", 0)
    monkeypatch.setattr(trainer, "Beside", Watched)
    return Watched


@pytest.mark.parametrize("name", SPECS)
def test_the_numbers_are_the_same_bit_for_bit(name: str, watched: type[Watched]) -> None:
    spec = parse_spec(SPECS[name])
    on_the_spot = told(list(train(spec)))
    assert watched.count == 0
    assert told(list(train(spec, beside=True))) == on_the_spot
    assert watched.count == 5 // spec.evaluate_every - (5 % spec.evaluate_every == 0), "all but the last one of a run"


def test_previews_are_of_their_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.reporting.PREVIEW_SHARE", float("inf"))

    def shown(allowed: bool) -> dict[tuple[int, str], list[Any]]:
        events = [event for event in train(parse_spec(IMAGES), beside=allowed) if event.kind == "preview"]
        arrays = {(event.step, str(event.values)): event.payload or {} for event in events}
        return {key: [(name, values.tolist()) for name, values in found.items()] for key, found in arrays.items()}

    assert len(shown(False)) > 5
    assert shown(True) == shown(False)


class Gate(Control):
    """Opens a gate when the trainer has asked so many times for commands: it asks before each step."""

    def __init__(self, asked: int) -> None:
        super().__init__()
        self.left, self.opened = asked, threading.Event()

    def poll(self) -> list[Command]:
        self.left -= 1
        if self.left == 0:
            self.opened.set()
        return super().poll()


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Evaluations wait until three steps of the second epoch were taken."""
    gate, evaluations = Gate(asked=4 + 1 + 3), Reporter.evaluations

    def late(reporter: Reporter, seen: Session | None = None) -> Iterator[Event]:
        assert gate.opened.wait(SECONDS), "the steps wait for the evaluation"
        yield from evaluations(reporter, seen)

    monkeypatch.setattr(Reporter, "evaluations", late)
    return gate


def test_steps_are_taken_while_an_evaluation_goes_on(held_back: Gate) -> None:
    events = list(train(parse_spec(IMAGES | {"epochs": 3}), held_back, beside=True))
    first = next(event for event in events if event.kind == "evaluation")
    assert (first.step, first.epoch) == (4, 1.0)
    assert events[-1].kind == "finished"


def test_nothing_is_left_when_a_checkpoint_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.reporting.CHECKPOINT_SECONDS", 0.0)
    events = list(train(parse_spec(IMAGES), beside=True))
    saved = places(events, "checkpoint")
    assert len(saved) > 5
    for place in saved:
        due = set(range(4, events[place].step + 1, 4))
        there = {event.step for event in events[:place] if event.kind == "evaluation"}
        assert there >= due, f"the checkpoint of step {events[place].step} stands for evaluations that are missing"


def test_a_pause_waits_for_the_evaluation() -> None:
    control, seen = Control(), list[Event]()
    for event in train(parse_spec(IMAGES), control, beside=True):
        seen.append(event)
        if event.kind == "started":
            control.send(Command("epoch"))
        if event.values.get("what") == "paused":
            break
    assert [event.step for event in seen if event.kind == "evaluation"] == [4, 4]


def test_a_stopped_run_has_its_evaluations() -> None:
    control, seen = Control(), list[Event]()
    for event in train(parse_spec(IMAGES), control, beside=True):
        seen.append(event)
        if event.kind == "step" and event.step >= 4:
            control.send(Command("stop"))
    assert seen[-1].kind == "stopped"
    last = max(event.step for event in seen if event.kind == "step")
    assert {event.step for event in seen if event.kind == "evaluation"} == set(range(4, last + 1, 4))


def test_what_goes_wrong_in_an_evaluation_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Iterator[Event]:
        raise ZeroDivisionError("in the evaluation")
        yield

    monkeypatch.setattr(Reporter, "evaluations", broken)
    with pytest.raises(ZeroDivisionError, match="in the evaluation"):
        list(train(parse_spec(IMAGES), beside=True))


def test_a_run_that_diverges_tells_its_evaluation_first(monkeypatch: pytest.MonkeyPatch) -> None:
    flush = trainer.StepLog.flush

    def diverged(log: Any) -> Iterator[Event]:
        if log.session.step > 4:
            raise TrainingDiverged(log.session.step, "bar", float("nan"))
        yield from flush(log)

    monkeypatch.setattr(trainer.StepLog, "flush", diverged)
    events = list(train(parse_spec(IMAGES), beside=True))
    assert events[-1].kind == "failed"
    assert [event.step for event in events if event.kind == "evaluation"] == [4, 4]


def test_no_thread_is_left() -> None:
    events = train(parse_spec(IMAGES), beside=True)
    for event in events:
        if event.kind == "evaluation":
            break
    assert any(thread.name.startswith("evaluation") for thread in threading.enumerate())
    events.close()  # type: ignore[attr-defined]
    assert not any(thread.name.startswith("evaluation") for thread in threading.enumerate())


class Stream:
    """A stream of a GPU that writes down who waits for whom."""

    said: ClassVar[list[str]] = []

    def __init__(self, name: object) -> None:
        self.name = name if name == "here" else "aside"

    def wait_stream(self, other: Stream) -> None:
        Stream.said.append(f"{self.name} waits for {other.name}")

    def __enter__(self) -> None:
        Stream.said.append(f"evaluated {self.name}")

    def __exit__(self, *_: object) -> None:
        pass


def test_on_a_gpu_streams_wait_for_each_other_around_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = {"Stream": Stream, "current_stream": lambda: Stream("here"), "stream": lambda stream: stream}
    for name, value in cuda.items():
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(Stream, "said", [])
    session = opened(IMAGES)
    session.device, session.step = torch.device("cuda"), 4
    there = Beside(Reporter(session), allowed=True)
    assert not list(there.evaluate())
    assert [event.kind for event in there.settled()].count("evaluation") == 2
    there.close()
    assert Stream.said == ["here waits for aside", "aside waits for here", "evaluated aside"]


@pytest.mark.parametrize(
    ("fields", "gained"),
    [
        (IMAGES, True),
        ({"dataset": "tiny_table"}, False),
        ({"dataset": {"name": "shapes", "options": {"rows": 240, "size": 16}}}, False),
    ],
)
def test_where_it_gains(fields: dict[str, Any], gained: bool) -> None:
    assert gains(opened({"device": "cpu", **fields})) is gained


def test_not_where_rows_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.batches.memory_for_data", lambda _: 0)
    assert not gains(opened(IMAGES))


@pytest.mark.parametrize(("threads", "spare"), [(1, True), (2, False)])
def test_a_core_is_spare_where_steps_do_not_use_all(threads: int, spare: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        cpu_affinity: Callable[..., list[int]] = staticmethod(lambda: [0, 1])

    torch.set_num_threads(threads)
    monkeypatch.setattr(beside.psutil, "Process", Process)
    assert spare_core() is spare


def test_without_a_spare_core_everything_is_made_on_the_spot(
    watched: type[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "spare_core", lambda: False)
    assert [*train(parse_spec(IMAGES), beside=True)][-1].kind == "finished"
    assert watched.count == 0
