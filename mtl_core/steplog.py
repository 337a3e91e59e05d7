"""StepLog: the steps' numbers stay on the device and are read in batches."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mtl_core.errors import TrainingDiverged
from mtl_core.events import Event
from mtl_core.session import Session
from mtl_core.stepping import Step

FLUSH_SECONDS = 0.1
FLUSH_STEPS = 256


class StepLog:
    """Gathers the numbers of steps and turns them into ``step`` events.

    Reading a number waits for the device, so it is done for many steps at once: every 0.1 s,
    every 256 steps, or when asked.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers: list[Tensor] = []
        self._gradients: list[dict[str, Any] | None] = []
        self._rates: list[float] = []
        self._alone: dict[int, dict[str, object]] = {}
        self._began = time.monotonic()

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
            after = zip((task.name for task in self.session.tasks), step.after.tolist(), strict=True)
            self._alone[self.session.step + 1] = {"only": list(step.only), "loss_after": dict(after)}

    def due(self) -> bool:
        """Whether the numbers should be read now."""
        if not self._numbers:
            return False
        return len(self._numbers) >= FLUSH_STEPS or time.monotonic() - self._began > FLUSH_SECONDS

    def flush(self) -> Iterator[Event]:
        """The events of the steps gathered.

        Raises:
            TrainingDiverged: at the first loss that is not a finite number; the steps before it were yielded.
        """
        if not self._numbers:
            return
        session = self.session
        rows, rates, first = torch.stack(self._numbers).tolist(), self._rates, session.step - len(self._numbers)
        speed = len(rows) * session.batch_size / max(1e-9, time.monotonic() - self._began)
        gradients, alone = self._gradients, self._alone
        self._numbers, self._rates, self._gradients, self._alone = [], [], [], {}
        for step, (row, rate, measured) in enumerate(zip(rows, rates, gradients, strict=True), start=first + 1):
            values = self._values(step, row) | {"lr": rate, "samples_per_second": round(speed, 1)}
            values |= alone.pop(step, {})
            yield Event("step", step, step / session.steps_per_epoch, session.seconds, values)
            if measured is not None:
                yield Event("gradients", step, step / session.steps_per_epoch, session.seconds, measured)

    def _values(self, step: int, row: list[float]) -> dict[str, object]:
        names = [task.name for task in self.session.tasks]
        k = len(names)
        met = [i for i in range(k) if row[2 * k + i]]  # tasks that had rows in this batch
        losses = {names[i]: row[i] for i in met}
        weights = {names[i]: row[k + i] for i in met}
        total, penalty = row[3 * k], row[3 * k + 1]
        groups = zip(self.session.groups, row[3 * k + 2 :], strict=True)
        made = {group.task: value for group, value in groups if weights.get(group.task)}
        for name, value in (*losses.items(), ("total", total), *made.items()):
            if not math.isfinite(value):
                raise TrainingDiverged(step, name, value)
        values = {"loss": losses, "total": total, "penalty": penalty, "weights": weights}
        return values | ({"generator": made} if made else {})
