"""Perform a run: train what the store's spec says, and write every event into the store."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.events import TERMINAL_KINDS, Event
from mtl_core.execution.store_control import StoreControl
from mtl_core.runs.store import Store
from mtl_core.settings import DATA_DIR_VARIABLE, PROJECT
from mtl_core.spec import parse_spec

Train = Callable[..., Iterator[Event]]
log = logging.getLogger(__name__)


def perform(
    store: Store, run: str, *, train: Train | None = None, control: StoreControl | None = None
) -> Iterator[Event]:
    """Train a run that this process has claimed; yields each event after it was handed to the store.

    An exception becomes a ``failed`` event with its message and place; the whole traceback goes to the log.

    Args:
        store: the run store.
        run: id of the run.
        train: the engine, default :func:`mtl_core.trainer.train`.
        control: for a caller that sends commands of its own (Ctrl-C).
    """
    record = store.get(run)
    os.environ[DATA_DIR_VARIABLE] = record.data_dir
    control = control or StoreControl(store, run)
    last = Event("progress", record.step, record.epoch, 0.0)
    try:
        for event in (train or _engine())(parse_spec(record.spec), control, resume=store.load_checkpoint(run)):
            last = event
            control.writer.append(event)
            yield event
        if last.kind not in TERMINAL_KINDS:
            raise RuntimeError("the training ended without saying how")
    except Exception as error:
        if isinstance(error, MTLError):
            log.warning("run %s failed at step %d: %s", run, last.step, error)
        else:
            log.exception("run %s failed at step %d", run, last.step)
        event = Event("failed", last.step, last.epoch, last.time, failure(error, last.step))
        control.writer.append(event)
        yield event


def perform_all(store: Store, runs: Sequence[str], controls: Sequence[StoreControl]) -> Iterator[tuple[str, Event]]:
    """Train runs that this process has claimed: together where they can, else one after another.

    Yields:
        Id of a run, and an event of it after it was handed to the store.
    """
    if len(runs) > 1:
        try:
            yield from _perform_together(store, runs, controls)
            return
        except _cannot_stack() as reason:
            log.info("%d runs one after another: %s", len(runs), reason)
    for run, control in zip(runs, controls, strict=True):
        yield from ((run, event) for event in perform(store, run, control=control))


def _cannot_stack() -> type[MTLError]:
    from mtl_core.batched.trainer import CannotStack  # imports torch

    return CannotStack


def _perform_together(
    store: Store, runs: Sequence[str], controls: Sequence[StoreControl]
) -> Iterator[tuple[str, Event]]:
    from mtl_core.batched.trainer import CannotStack, train_together

    records = [store.get(run) for run in runs]
    os.environ[DATA_DIR_VARIABLE] = records[0].data_dir
    last = {place: Event("progress", 0, 0.0, 0.0) for place in range(len(runs))}
    try:
        for place, event in train_together([parse_spec(record.spec) for record in records], controls):
            last[place] = event
            controls[place].writer.append(event)
            yield runs[place], event
    except CannotStack:
        raise
    except Exception as error:
        log.exception("runs %s failed together", ", ".join(runs))
        for place, before in last.items():
            if before.kind not in TERMINAL_KINDS:
                event = Event("failed", before.step, before.epoch, before.time, failure(error, before.step))
                controls[place].writer.append(event)
                yield runs[place], event


def _engine() -> Train:
    from mtl_core.trainer import train  # imports torch

    return partial(train, beside=True)


def failure(error: Exception, step: int) -> dict[str, Any]:
    """The values of a ``failed`` event: what went wrong, where, and what to do."""
    if isinstance(error, MTLError):
        return {"message": str(error), "where": f"step {step}", "advice": None}
    frame = traceback.extract_tb(error.__traceback__)[-1]
    path = Path(frame.filename)
    shown = path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else Path(path.name)
    return {
        "message": f"{type(error).__name__}: {error}",
        "where": f"step {step}, {shown.as_posix()} line {frame.lineno}",
        "advice": "the log of the workers has the whole traceback",
    }
