"""train(spec, control): the only training loop; a stream of events comes out."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

from mtl_core.acceleration.stepper import Stepper
from mtl_core.beside import Beside
from mtl_core.control import Command, Control
from mtl_core.errors import SpecError, TrainingDiverged
from mtl_core.events import Event
from mtl_core.opening import open_session
from mtl_core.pacing import Gate
from mtl_core.reporting import Reporter, event, position, started
from mtl_core.session import Session
from mtl_core.spec import RunSpec, steering_rule
from mtl_core.steplog import StepLog

WAIT_SECONDS = 0.05


def train(
    spec: RunSpec, control: Control | None = None, *, resume: dict[str, Any] | None = None, beside: bool = False
) -> Iterator[Event]:
    """Train what the spec says, yielding events.

    The same spec gives the same numbers bit for bit on one machine's CPU, whatever the pace, the
    pauses and the moments at which it was stopped and resumed. Test metrics are computed once, when the
    run finishes. A loss that is no longer a number ends the run with a ``failed`` event.

    Args:
        spec: all that determines the run.
        control: brings commands into the run; none for a run that nobody steers.
        resume: the state of a ``checkpoint`` event, to go on from there.
        beside: whether evaluations may go on on another core while steps are taken, or be told with later steps: the
            same numbers, but when their events come hangs on the machine. Before a checkpoint, a pause and the end all
            of them have come.

    Yields:
        ``progress`` while data load and when the run pauses or goes on, ``started``, then ``step``,
        ``evaluation``, ``preview``, ``change`` and ``checkpoint``, at last ``finished``, ``stopped`` or ``failed``.

    Raises:
        DataError: where the data cannot be used.
        SpecError: where device, acceleration or batch size do not fit this machine or these rows.
    """
    began = time.monotonic()
    loading = open_session(spec)
    while True:
        try:
            progress = next(loading)
        except StopIteration as loaded:
            session: Session = loaded.value
            break
        yield Event("progress", 0, 0.0, time.monotonic() - began, vars(progress))
    if resume is not None:
        session.load_state(resume)
    try:
        yield from _run(session, control or Control(), beside)
    except TrainingDiverged as error:
        values = {"message": str(error), "where": f"step {error.step}, task {error.task}", "step": error.step}
        yield event(session, "failed", values | {"task": error.task, "value": str(error.value)})


def _run(session: Session, control: Control, allowed: bool) -> Iterator[Event]:
    reporter = Reporter(session)
    beside = Beside(reporter, allowed)
    try:
        yield from _steps(session, control, reporter, beside)
    except TrainingDiverged:
        yield from beside.settled()
        raise
    finally:
        beside.close()
        reporter.feed.close()


def _steps(session: Session, control: Control, reporter: Reporter, beside: Beside) -> Iterator[Event]:
    gate, log, stepper = Gate(session.steps_per_epoch), StepLog(session), Stepper(session)
    rescheduled = session.step or -1  # a checkpoint already has the changes of its step
    if session.continued is not None:
        old, new = session.continued
        yield event(session, "change", {"field": "epochs", "old": old, "new": new, "by": "schedule"})
    yield started(session)
    yield from reporter.truth()
    while not gate.stopping:
        if beside.busy:
            yield from beside.settled() if gate.paused(session.step) else beside.ready()
        for command in control.poll():
            yield from _obey(session, gate, command)
        if session.spec.schedule and rescheduled != session.step:
            rescheduled = session.step
            yield from _scheduled(session)
        if gate.stopping or session.step >= session.total_steps:
            break
        if not gate.open and (yield from _held(session, control, reporter, gate, log)):
            continue
        log.begin(session.learning_rate())
        log.add(stepper.take(reporter.next_batch()))
        session.step += 1
        if stepper.news:
            yield position(session, "acceleration", stepper.told())
        if session.step % session.steps_per_epoch == 0 and reporter.evaluation_due():
            yield from _evaluated(log, beside)
        saved = reporter.checkpoint_due() and not beside.busy
        if saved or log.due():
            yield from log.flush()
        if saved:
            yield from beside.settled()
            yield reporter.checkpoint()
    yield from log.flush()
    yield from beside.settled()
    yield from reporter.close(stopped=gate.stopping)


def _evaluated(log: StepLog, beside: Beside) -> Iterator[Event]:
    """Evaluate, to be told with the steps that follow where that may be; else what came before it is told first."""
    yield from beside.settled()
    began = time.monotonic()
    later = beside.measured()
    if later is not None:
        log.hold(later, time.monotonic() - began)
        return
    yield from log.flush()
    yield from beside.evaluate()


def _held(
    session: Session, control: Control, reporter: Reporter, gate: Gate, log: StepLog
) -> Generator[Event, None, bool]:
    """Tell where the run stands; where no step may be taken now, wait a little and give True."""
    news, paused = gate.news(session.step), gate.paused(session.step)
    ahead = gate.seconds_ahead(session.step, session.total_steps)
    if news is not None or ahead > 0:
        yield from log.flush()
    if news is not None:
        yield position(session, news)
    if news == "paused":
        yield reporter.checkpoint()
    if not (paused or ahead > 0):
        return False
    control.wait(WAIT_SECONDS if paused else min(ahead, WAIT_SECONDS))
    return True


def _obey(session: Session, gate: Gate, command: Command) -> Iterator[Event]:
    if command.name != "set":
        gate.obey(command, session.step)
        return
    rule = steering_rule(session.spec, command.field, command.value)
    if rule is None:
        try:
            yield _change(session, command.field, command.value, command.by)
            return
        except SpecError as error:
            rule = str(error)
    values = {"what": "rejected", "field": command.field, "rule": rule, "value": command.value}
    yield event(session, "progress", values)


def _scheduled(session: Session) -> Iterator[Event]:
    """Apply the changes that the schedule has for this step."""
    for change in session.spec.schedule:
        if change.step == session.step:
            yield _change(session, change.field, change.value, "schedule")


def _change(session: Session, field: str, value: float, by: str) -> Event:
    old, new = session.change(field, value)
    return event(session, "change", {"field": field, "old": old, "new": new, "by": by})
