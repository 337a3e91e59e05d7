"""StoreControl: commands from the run store to a run in this process."""

from __future__ import annotations

import time
from collections import deque

from mtl_core.control import Command, Control
from mtl_core.runs.store import Store

POLL_SECONDS = 0.05
"""How often the store is asked at most; a change acts within this time and the step under way."""


class StoreControl(Control):
    """Reads a run's commands from the store, and commits its waiting events in between.

    Args:
        store: where the commands are.
        run: id of the run, which this process has claimed.

    Attributes:
        writer: the writer of the run's events.
    """

    def __init__(self, store: Store, run: str) -> None:
        super().__init__()
        record = store.get(run)
        self.writer = store.writer(run)
        self._store, self._run = store, run
        self._cursor = record.command_cursor
        self._asked = 0.0
        if record.pace is not None:
            self.send(Command("pace", value=record.pace))

    def poll(self) -> list[Command]:
        """Commands that arrived; of several values for one field in a row, the last."""
        self._ask()
        return coalesced(super().poll()) if self._commands else []

    def wait(self, seconds: float) -> None:
        """Sleep in slices of 50 ms at most; a new command ends the wait."""
        until = time.monotonic() + seconds
        while not self._commands and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))
            self._ask()

    def _ask(self) -> None:
        now = time.monotonic()
        if now - self._asked < POLL_SECONDS * 0.9:  # a wait of one slice must not just miss it
            return
        self._asked = now
        found, self._cursor = self._store.commands_since(self._run, self._cursor)
        self._commands.extend(found)
        if self.writer.due():
            self.writer.flush()


def coalesced(commands: list[Command]) -> list[Command]:
    """Of the ``set`` commands to one field with no other kind of command between them, only the last."""
    result: deque[Command] = deque()
    later: set[str] = set()
    for command in reversed(commands):
        if command.name != "set":
            later.clear()
        elif command.field in later:
            continue
        else:
            later.add(command.field)
        result.appendleft(command)
    return list(result)
