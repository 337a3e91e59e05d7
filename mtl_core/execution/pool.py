"""Worker processes of the runner: spawned before they are needed, told what to do over pipes."""

from __future__ import annotations

import json
import logging
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from mtl_core.execution import processes
from mtl_core.runs.transitions import Process
from mtl_core.settings import PROJECT

SETTLE_SECONDS = 2.0
"""With nothing to train, the first worker warms up so much later, and each other one so long after the one before: a
page that has just opened paints first, and another tab after it."""
log = logging.getLogger(__name__)


class WorkerHandle:
    """One worker process as the runner sees it.

    Attributes:
        process: id and creation time, None until it is warm.
        runs: what it trains, several where they train together; none while it is idle.
        began: whether it has taken them up.
        leaving: whether it ends now of its own accord.
    """

    def __init__(self, home: Path, output: IO[bytes], messages: Messages) -> None:
        self.process: Process | None = None
        self.runs: tuple[str, ...] = ()
        self.began = False
        self.leaving = False
        self.idle_since = time.monotonic()
        self._messages = messages
        self._popen = subprocess.Popen(
            processes.command_line("worker"),
            cwd=PROJECT,
            env=processes.environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            creationflags=processes.worker_flags(),
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def warm(self) -> bool:
        """Whether it can take a run now."""
        return self.process is not None and not self.runs and not self.leaving and self._popen.poll() is None

    def begin(self, runs: Sequence[str]) -> bool:
        """Tell it to train runs that were claimed for it; False where it has died."""
        self.runs, self.began = tuple(runs), False
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(json.dumps({"runs": runs}).encode() + b"\n")
            self._popen.stdin.flush()
        except OSError:
            self.runs = ()
            return False
        return True

    def finished(self, leaving: bool) -> None:
        """It has said that its runs are over."""
        self.runs, self.leaving, self.idle_since = (), leaving, time.monotonic()

    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it lives."""
        return self._popen.poll()

    def retire(self) -> None:
        """Close its stdin: it ends once it has nothing to do."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.close()
        except OSError:
            log.info("worker %s was already gone", self._popen.pid)

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self._messages.put((self, json.loads(line)))
        self._messages.put((self, {"closed": True}))


Messages = queue.SimpleQueue[tuple[WorkerHandle, dict[str, Any]]]
"""What workers said, and which one did."""


class Pool:
    """Keeps enough workers warm, and replaces those that end.

    Args:
        home: of the store.
        output: where workers log to.
        size: workers that may train at a time.
        spare: workers to keep warm beyond those that train.
    """

    def __init__(self, home: Path, output: IO[bytes], size: int, spare: int = 2) -> None:
        self.size, self.spare = size, spare
        self.messages: Messages = queue.SimpleQueue()
        self.workers: list[WorkerHandle] = []
        self._home, self._output = home, output
        self._hold_until = 0.0
        self._settled = time.monotonic() + SETTLE_SECONDS
        self._deaths_in_a_row = 0

    @property
    def busy(self) -> list[WorkerHandle]:
        """Those that train."""
        return [worker for worker in self.workers if worker.runs]

    def idle(self) -> WorkerHandle | None:
        """A warm worker without a run."""
        return next((worker for worker in self.workers if worker.warm), None)

    def idle_count(self) -> int:
        """Warm workers without a run."""
        return sum(worker.warm for worker in self.workers)

    def refill(self, waiting: int) -> None:
        """Spawn a worker if more are wanted; one at a time warms up, so that the page stays quick."""
        if any(worker.process is None for worker in self.workers) or time.monotonic() < self._hold_until:
            return
        if not waiting and time.monotonic() < self._settled:
            return
        wanted = min(self.size, len(self.busy) + max(self.spare, waiting))
        if len(self.workers) < wanted:
            self.workers.append(WorkerHandle(self._home, self._output, self.messages))

    def retire_spare(self, after_seconds: float) -> None:
        """Let go of warm workers beyond the spare ones that have had nothing to do for long."""
        idle = [worker for worker in self.workers if worker.warm]
        for worker in idle[self.spare :]:
            if time.monotonic() - worker.idle_since > after_seconds:
                worker.retire()
                self.workers.remove(worker)

    def forget_dead(self) -> list[WorkerHandle]:
        """Take out the workers that have ended; gives them. Deaths while warming up slow the refilling down."""
        dead = [worker for worker in self.workers if worker.exit_code() is not None]
        for worker in dead:
            self.workers.remove(worker)
            if worker.process is None:
                self._deaths_in_a_row += 1
                pause = min(60.0, 2.0**self._deaths_in_a_row)
                self._hold_until = time.monotonic() + pause
                log.error("a worker ended with code %s while warming up; next try in %d s", worker.exit_code(), pause)
        return dead

    def became_warm(self, worker: WorkerHandle, process: Process) -> None:
        """A worker has said that it is ready."""
        worker.process = process
        worker.idle_since = time.monotonic()
        self._settled = worker.idle_since + SETTLE_SECONDS
        self._deaths_in_a_row = 0

    def retire_idle(self) -> None:
        """Let go of all workers that have nothing to do."""
        for worker in [worker for worker in self.workers if not worker.runs]:
            worker.retire()
            self.workers.remove(worker)
