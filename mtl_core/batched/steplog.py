"""SharedLog: the numbers of the steps of R runs, read at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mtl_core.events import Event
from mtl_core.session import Session
from mtl_core.steplog import StepLog, due


class SharedLog:
    """Gathers the numbers of steps that R runs take together and turns them into the ``step`` events of each.

    Args:
        sessions: of the runs; all have done as many steps.
    """

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._logs = [StepLog(session) for session in sessions]
        self._numbers: list[Tensor] = []
        self._factors: list[float] = []
        self._began = time.monotonic()

    def add(self, numbers: Tensor, factor: float) -> None:
        """Take a step.

        Args:
            numbers: (R, 3K + 2), a row as :class:`mtl_core.stepping.Step` has it for each run.
            factor: of the learning-rate schedule.
        """
        if not self._numbers:
            self._began = time.monotonic()
        self._numbers.append(numbers)
        self._factors.append(factor)

    def due(self) -> bool:
        """Whether the numbers should be read now."""
        return due(len(self._numbers), self._began)

    def flush(self) -> dict[int, Iterator[Event]]:
        """By place of a run the events of the steps gathered; each raises where its run diverged."""
        if not self._numbers:
            return {}
        rows: list[list[list[float]]] = torch.stack(self._numbers, dim=1).tolist()
        factors, seconds = self._factors, time.monotonic() - self._began
        self._numbers, self._factors = [], []
        return {place: self._told(place, steps, factors, seconds) for place, steps in enumerate(rows)}

    def _told(self, place: int, rows: list[list[float]], factors: list[float], seconds: float) -> Iterator[Event]:
        log = self._logs[place]
        rate = log.session.spec.optimizer.lr
        return log.told(rows, [rate * factor for factor in factors], seconds)
