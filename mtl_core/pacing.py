"""Gate: whether the next step may be taken now: paused, one step, one epoch, or ahead of the pace."""

from __future__ import annotations

import math
import time
from typing import Literal

from mtl_core.control import Command

BRIEF_SECONDS = 0.5
"""A step or an epoch that takes no longer is not told as "running" in between: what a person may press stays put."""


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
        self._stands = False
        self._tell_running_at = math.inf

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

    @property
    def open(self) -> bool:
        """Whether nothing holds the run back, now or at a later step, and nothing is left to tell."""
        free = self._pause_at == math.inf and self._seconds_per_run is None
        return free and not self._stands and self._tell_running_at == math.inf

    def paused(self, step: int) -> bool:
        """Whether the run stands still after ``step`` steps."""
        return step >= self._pause_at

    def news(self, step: int) -> Literal["paused", "running"] | None:
        """What to tell of where the run stands after ``step`` steps, once each time that it changes."""
        if self.paused(step):
            stood, self._stands, self._tell_running_at = self._stands, True, math.inf
            return None if stood else "paused"
        if self._stands:
            self._stands = False
            self._tell_running_at = time.monotonic() + BRIEF_SECONDS
        brief = self._pause_at < math.inf and time.monotonic() < self._tell_running_at
        if brief or self._tell_running_at == math.inf:
            return None
        self._tell_running_at = math.inf
        return "running"

    def seconds_ahead(self, step: int, total_steps: int) -> float:
        """How long to wait before the next step to keep the pace; 0 at full speed."""
        if self._seconds_per_run is None:
            return 0.0
        started, first = self._mark
        due = started + (step - first) * self._seconds_per_run / total_steps
        return max(0.0, due - time.monotonic())
