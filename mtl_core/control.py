"""Control: what brings pause, stop, single steps and new values into a running run.

The trainer asks it before each step. The base class is driven from the same
process (tests, notebooks); ``execution.worker`` has one that reads the store.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

CommandName = Literal["pause", "resume", "stop", "step", "epoch", "set", "pace"]


@dataclass(frozen=True)
class Command:
    """One order to a running run.

    Attributes:
        name: ``pause``, ``resume``, ``stop``, ``step`` (one step, then pause), ``epoch`` (to the end of
            the epoch, then pause), ``set`` (a new value for ``field``), ``pace``.
        field: dotted spec field of ``set``: ``weighting.lambdas.<task>``, ``regularizers.<i>.strength``,
            ``optimizer.lr`` or ``epochs``.
        value: new value of ``set``; seconds that a whole run shall take at least for ``pace`` (None: full speed).
        by: who ordered it (``user``, ``schedule``, ``cli``).
    """

    name: CommandName
    field: str = ""
    value: Any = None
    by: str = "user"


class Control:
    """An in-process control: ``send`` from anywhere, the trainer calls ``poll`` and ``wait``."""

    def __init__(self) -> None:
        self._commands: deque[Command] = deque()

    def send(self, command: Command) -> None:
        """Queue a command; it acts before the next step."""
        self._commands.append(command)

    def poll(self) -> list[Command]:
        """Commands that arrived since the last call, oldest first. Cheap: called before every step."""
        commands = list(self._commands)
        self._commands.clear()
        return commands

    def wait(self, seconds: float) -> None:
        """Sleep while paused or ahead of the pace; may return early."""
        time.sleep(seconds)
