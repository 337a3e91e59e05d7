"""The runner: takes runs from the queue, hands them to warm workers and looks after those.

One per home. It may be killed at any time: workers finish what they train, and the next runner adopts them.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from mtl_core.errors import MTLError
from mtl_core.execution import local, processes
from mtl_core.execution.code_version import code_version
from mtl_core.execution.companions import claim_companions
from mtl_core.execution.pool import Pool, WorkerHandle
from mtl_core.execution.recovery import mark_interrupted, mark_lost_runs
from mtl_core.runs.records import ACTIVE, RunRecord
from mtl_core.runs.shelf import purge
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import Process, claim_next, release

TICK_SECONDS = 0.02
SUPERVISE_SECONDS = 0.25
PURGE_SECONDS = 600.0
"""How often runs that were thrown away a day ago are removed for good."""
IDLE_SECONDS = 15 * 60.0
TERMINATE_AFTER, KILL_AFTER = 3.0, 8.0
"""Seconds between the order to stop and SIGTERM, and SIGKILL, of a worker that does not answer."""
WORKERS_VARIABLE = "MTL_WORKERS"
log = logging.getLogger(__name__)


class Runner:
    """The loop of the runner process.

    Args:
        home: of the store.
        idle_seconds: after so long without a run and without anybody there it ends.
    """

    def __init__(self, home: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self.home, self.idle_seconds = home, idle_seconds
        self.store = Store(home)
        self.process = processes.this_process()
        (home / local.LOGS).mkdir(parents=True, exist_ok=True)
        output = (home / local.LOGS / "workers.log").open("ab")
        self.pool = Pool(home, output, worker_limit())
        self.draining = False
        self._seen_version = -1
        self._supervised = self._purged = 0.0
        self._last_work = time.monotonic()
        self._signalled: dict[tuple[str, bool], int] = {}

    def announce(self) -> None:
        """Become the runner of this home."""
        version, changed = code_version()
        pid, created = self.process
        local.write_info(self.home, local.RunnerInfo(pid, created, version, changed, self.pool.size))

    def run(self) -> None:
        """Work until idle for long, or until a newer runner has taken over and the own runs have ended."""
        while not (self._finished() and self._resign()):
            try:
                self._listen()
                if time.monotonic() - self._supervised >= SUPERVISE_SECONDS:
                    self._supervise()
                self._dispatch()
            except MTLError:
                log.exception("the store could not be used; trying again")
                time.sleep(1.0)
        self.pool.retire_idle()

    def _listen(self) -> None:
        """Wait for a tick, or less where a worker says something."""
        try:
            self._hear(*self.pool.messages.get(timeout=TICK_SECONDS))
            while True:
                self._hear(*self.pool.messages.get_nowait())
        except queue.Empty:
            return

    def _hear(self, worker: WorkerHandle, message: dict[str, Any]) -> None:
        self._seen_version = -1
        if "ready" in message:
            self.pool.became_warm(worker, (int(message["ready"]), float(message["created"])))
            local.write_machine(self.home, message["device"], message["why"])
        elif "began" in message:
            worker.began = True
        elif "done" in message:
            log.info("%s", ", ".join(f"run {run}: {status}" for run, status in message["done"].items()))
            worker.finished(bool(message["leaving"]))
        self._last_work = time.monotonic()

    def _dispatch(self) -> None:
        """Hand queued runs to warm workers, as many as may train."""
        version = self.store.database.version()
        if version == self._seen_version or self.draining:
            return
        self._seen_version = version
        while (free := self._allowed() - len(self.pool.busy)) > 0:
            worker = self.pool.idle()
            if worker is None or worker.process is None or not local.is_named(self.home, self.process):
                return
            if not self.store.runs(status="queued", limit=1):
                return
            sharers = min(free, self.pool.idle_count())
            with self.store.database.write() as connection:
                run = claim_next(connection, worker.process)
                runs = claim_companions(connection, run, worker.process, sharers) if run else []
            if runs and worker.begin(runs):
                log.info("%d to worker %d: %s", len(runs), worker.process[0], ", ".join(runs))
            for run in runs if not worker.runs else ():
                self._put_back(run, worker.process)
            self._last_work = time.monotonic()

    def _put_back(self, run: str, process: Process) -> None:
        """A worker died before it began what it was given: another one takes it."""
        log.warning("run %s: back into the queue, worker %d is gone", run, process[0])
        with self.store.database.write() as connection:
            release(connection, run, process)

    def _allowed(self) -> int:
        """Own runs that may train now; runs of other processes take room, but never all of it."""
        own = {run for worker in self.pool.workers for run in worker.runs}
        others = {record.process for record in self._active() if record.id not in own}
        return max(1, self.pool.size - len(others))

    def _active(self) -> list[RunRecord]:
        return self.store.runs(status=ACTIVE, limit=10_000)

    def _supervise(self) -> None:
        self._supervised = time.monotonic()
        self._bury()
        mark_lost_runs(self.store, besides=[worker.process for worker in self.pool.workers])
        for record in self._active():
            self._press(record)
        if time.monotonic() - self._purged > PURGE_SECONDS:
            self._purged = time.monotonic()
            purge(self.store)
        self.draining = not local.is_named(self.home, self.process)
        if self.draining:
            self.pool.retire_idle()
        else:
            waiting = len(self.store.runs(status="queued", limit=self.pool.size))
            self.pool.refill(waiting)
            self.pool.retire_spare(after_seconds=60.0)

    def _bury(self) -> None:
        """Mark the runs of own workers that died, with the exit code."""
        for worker in self.pool.forget_dead():
            self._seen_version = -1
            if worker.process is None:
                continue
            code = worker.exit_code()
            for run in worker.runs:
                record = self.store.get(run)
                if not worker.began and record.step == 0:  # its word may be lost, its steps are not
                    self._put_back(run, worker.process)
                elif mark_interrupted(self.store, record, worker.process, code):
                    log.warning("run %s: interrupted, its worker ended with code %s", run, code)

    def _press(self, record: RunRecord) -> None:
        """A stop that is not answered: first SIGTERM, then SIGKILL."""
        if record.stop_requested is None or record.process is None:
            return
        waited = time.time() - record.stop_requested
        for forcibly, after in ((False, TERMINATE_AFTER), (True, KILL_AFTER)):
            key = (record.id, forcibly)
            if waited >= after and self._signalled.get(key) != record.attempt:
                self._signalled[key] = record.attempt
                log.warning("run %s: no answer to the stop for %.1f s; ending its process", record.id, waited)
                processes.end(record.process, forcibly=forcibly)

    def _finished(self) -> bool:
        if self.pool.busy:
            self._last_work = time.monotonic()
            return False
        if self.draining:
            log.info("another runner has taken over")
            return True
        return self._quiet() and not self._active()

    def _quiet(self) -> bool:
        quiet = min(time.monotonic() - self._last_work, local.seconds_since_sign_of_life(self.home))
        return quiet > self.idle_seconds

    def _resign(self) -> bool:
        """Withdraw the own name; False where somebody saw it just before and now counts on this runner."""
        if self.draining:
            return True
        local.withdraw(self.home)
        if self._quiet() and not self.store.runs(status="queued", limit=1):
            log.info("nothing to do and nobody there for %d s", self.idle_seconds)
            return True
        self.announce()
        return False


def worker_limit() -> int:
    """Runs at a time: ``MTL_WORKERS``, or the number of cores that this process may use."""
    wanted = os.environ.get(WORKERS_VARIABLE, "")
    if wanted:
        if not wanted.isdigit() or int(wanted) < 1:
            raise MTLError(f"{WORKERS_VARIABLE} must be a whole number of at least 1 (found {wanted!r})")
        return int(wanted)
    affinity = getattr(psutil.Process(), "cpu_affinity", None)
    return max(1, len(affinity()) if affinity else os.cpu_count() or 1)


def main(home: Path, idle_seconds: float = IDLE_SECONDS) -> int:
    """The runner process: announce, then work."""
    local.rotate(home / local.LOGS / "workers.log")
    signal.signal(signal.SIGTERM, _leave)
    runner = Runner(home, idle_seconds)
    runner.announce()
    log.info("runner %d: %d workers at a time", runner.process[0], runner.pool.size)
    runner.run()
    log.info("runner %d ends", runner.process[0])
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM: end at once; the pipes close, idle workers end, the others finish their run first."""
    raise SystemExit(0)
