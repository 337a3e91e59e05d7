"""Events as the trainer yields them, made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mtl_core.events import Event

STEPS_PER_EPOCH = 10


def event(kind: Any, step: int, payload: dict[str, Any] | None = None, **values: Any) -> Event:
    """An event at a step; ten steps are an epoch."""
    return Event(kind, step, step / STEPS_PER_EPOCH, step * 0.01, values, payload=payload)


def step(number: int, loss: float | None = None) -> Event:
    """A ``step`` event."""
    value = 1 / number if loss is None else loss
    return event(
        "step", number, loss={"quality": value, "good": 0.5}, total=value + 0.5, penalty=0.0, weights={}, lr=0.01
    )


def started(total_steps: int = 100, at: int = 0) -> Event:
    """A ``started`` event."""
    data = {"name": "wine_quality", "source": "synthetic", "sizes": {"train": 10}, "notes": []}
    parameters = {"shared": 3, "per_task": {"quality": 1, "good": 1}}
    return event(
        "started",
        at,
        total_steps=total_steps,
        steps_per_epoch=STEPS_PER_EPOCH,
        data=data,
        device="cpu",
        why="chosen",
        engine="single",
        parameters=parameters,
    )


def evaluation(number: int, split: str = "validation", mse: float = 0.4) -> Event:
    """An ``evaluation`` event."""
    return event(
        "evaluation", number, split=split, loss={"quality": mse}, metrics={"quality": {"mse": mse}}, final=False
    )


def preview(number: int, first: bool = False) -> Event:
    """A ``preview`` event with an array."""
    arrays = {"prediction.quality": np.full(4, number, dtype=np.float32)}
    return event("preview", number, payload=arrays, split="validation", first=first)


def ending(kind: Any, number: int) -> Event:
    """A ``finished`` or ``stopped`` event with the contract's result."""
    return event(
        kind,
        number,
        status=kind,
        seconds=number * 0.01,
        epochs=number // STEPS_PER_EPOCH,
        steps=number,
        device="cpu",
        engine="single",
        parameters={"shared": 3, "per_task": {}},
        data={"name": "wine_quality", "source": "synthetic", "sizes": {}},
        metrics={"train": None, "validation": None, "test": None},
        error=None,
    )


def whole_run(steps: int) -> Iterator[Event]:
    """A run from start to end."""
    yield started(steps)
    for number in range(1, steps + 1):
        yield step(number)
        if number % STEPS_PER_EPOCH == 0:
            yield evaluation(number)
    yield ending("finished", steps)
