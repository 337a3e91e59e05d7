"""StepLog: the steps' numbers stay on the device and are read in batches."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from mtl_core.errors import TrainingDiverged
from mtl_core.events import Event
from mtl_core.session import Session
from mtl_core.stepping import Step

FLUSH_SECONDS = 0.1
FLUSH_STEPS = 256
Later = Callable[[], Iterator[Event]]


class StepLog:
    """Gathers the numbers of steps and turns them into ``step`` events.

    Reading a number waits for the device, so it is done for many steps at once: after the first one, every 0.1 s,
    every 256 steps, or when asked. On a processor that pays as well: what makes events of numbers is out of its caches
    after each step.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._names = [task.name for task in session.tasks]
        self._numbers: list[Tensor] = []
        self._gradients: list[dict[str, Any] | None] = []
        self._rates: list[float] = []
        self._alone: dict[int, dict[str, object]] = {}
        self._held: list[tuple[int, Later]] = []
        self._began, self._fresh = time.monotonic(), True

    def begin(self, rate: float) -> None:
        """A step begins, with this learning rate."""
        if not self._numbers:
            self._began = time.monotonic()
        self._rates.append(rate)

    def add(self, step: Step) -> None:
        """Take what the step just done gave."""
        self._numbers.append(step.numbers)
        self._gradients.append(step.gradients)
        if step.after is not None:
            after = zip(self._names, step.after.tolist(), strict=True)
            self._alone[self.session.step + 1] = {"only": list(step.only), "loss_after": dict(after)}

    def hold(self, later: Later, seconds: float) -> None:
        """Tell an evaluation of now after the step just done.

        Args:
            later: gives its events.
            seconds: that it took, and no step did.
        """
        self._held.append((self.session.step, later))
        self._began += seconds

    def due(self) -> bool:
        """Whether the numbers should be read now."""
        return self._fresh or due(len(self._numbers), self._began)

    def flush(self) -> Iterator[Event]:
        """The events of the steps gathered, and of the evaluations held between them.

        Raises:
            TrainingDiverged: at the first loss that is not a finite number; the steps before it were yielded.
        """
        if not self._numbers:
            return
        rows, rates, first = torch.stack(self._numbers).tolist(), self._rates, self.session.step - len(self._numbers)
        gradients, alone, seconds = self._gradients, self._alone, time.monotonic() - self._began
        held, self._held, self._fresh = deque(self._held), [], False
        self._numbers, self._rates, self._gradients, self._alone = [], [], [], {}
        steps = zip(self.told(rows, rates, seconds), gradients, strict=True)
        for step, (told, measured) in enumerate(steps, start=first + 1):
            told.values.update(alone.pop(step, {}))
            yield told
            if measured is not None:
                yield Event("gradients", step, told.epoch, told.time, measured)
            while held and held[0][0] == step:
                yield from held.popleft()[1]()

    def told(self, rows: list[list[float]], rates: list[float], seconds: float) -> Iterator[Event]:
        """The ``step`` events of the last steps.

        Args:
            rows: what :class:`mtl_core.stepping.Step` has as numbers, a row a step.
            rates: learning rate of each.
            seconds: that they took together.

        Raises:
            TrainingDiverged: at the first loss that is not a finite number; the steps before it were yielded.
        """
        session = self.session
        speed = round(len(rows) * session.batch_size / max(1e-9, seconds), 1)
        first, an_epoch, now = session.step - len(rows) + 1, session.steps_per_epoch, session.seconds
        for step, (row, rate) in enumerate(zip(rows, rates, strict=True), start=first):
            values = self._values(step, row)
            values["lr"], values["samples_per_second"] = rate, speed
            yield Event("step", step, step / an_epoch, now, values)

    def _values(self, step: int, row: list[float]) -> dict[str, object]:
        names, k = self._names, len(self._names)
        losses, weights = dict(zip(names, row, strict=False)), dict(zip(names, row[k:], strict=False))
        if not all(met := row[2 * k : 3 * k]):  # tasks that had rows in this batch
            there = [name for name, had in zip(names, met, strict=True) if had]
            losses, weights = ({name: each[name] for name in there} for each in (losses, weights))
        total, penalty, *groups = row[3 * k :]
        made = {g.task: value for g, value in zip(self.session.groups, groups, strict=True) if weights.get(g.task)}
        if not math.isfinite(sum(row)):
            for name, value in (*losses.items(), ("total", total), *made.items()):
                if not math.isfinite(value):
                    raise TrainingDiverged(step, name, value)
        values: dict[str, object] = {"loss": losses, "total": total, "penalty": penalty, "weights": weights}
        return values | {"generator": made} if made else values


def due(steps: int, began: float) -> bool:
    """Whether so many steps, gathered since that moment, should be read now."""
    return steps >= FLUSH_STEPS or (steps > 0 and time.monotonic() - began > FLUSH_SECONDS)
