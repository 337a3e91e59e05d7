"""Gate: whether the next step may be taken now: paused, one step, one epoch, or ahead of the pace."""

from __future__ import annotations

import math
import time

from mtl_core.control import Command


class Gate:
    """Holds a run back where a person wants it.

    Args:
        steps_per_epoch: for ``epoch`` commands.
    """

    def __init__(self, steps_per_epoch: int) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.stopping = False
        self._pause_at: float = math.inf
        self._seconds_per_run: float | None = None
        self._mark = (time.monotonic(), 0)

    def obey(self, command: Command, step: int) -> None:
        """Take a command that is about when to step; ``step`` steps are done."""
        self._mark = (time.monotonic(), step)
        match command.name:
            case "pause":
                self._pause_at = step
            case "resume":
                self._pause_at = math.inf
            case "step":
                self._pause_at = step + 1
            case "epoch":
                self._pause_at = (step // self.steps_per_epoch + 1) * self.steps_per_epoch
            case "stop":
                self.stopping = True
            case "pace":
                self._seconds_per_run = None if command.value is None else float(command.value)

    def paused(self, step: int) -> bool:
        """Whether the run stands still after ``step`` steps."""
        return step >= self._pause_at

    def seconds_ahead(self, step: int, total_steps: int) -> float:
        """How long to wait before the next step to keep the pace; 0 at full speed."""
        if self._seconds_per_run is None:
            return 0.0
        started, first = self._mark
        due = started + (step - first) * self._seconds_per_run / total_steps
        return max(0.0, due - time.monotonic())
