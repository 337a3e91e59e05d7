"""A runner with warm workers, in a home of its own, and runs sent through it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mtl_core.execution import processes
from mtl_core.execution.local import ensure_runner, runner_info
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec

PATIENCE = 120.0
WORKERS = "MTL_WORKERS"


def wait(condition: Callable[[], bool], what: str, every: float = 0.002) -> None:
    """Look until it is true.

    Raises:
        TimeoutError: after two minutes.
    """
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not happen within {PATIENCE:.0f} s")
        time.sleep(every)


@contextmanager
def runner(workers: int) -> Iterator[Store]:
    """The store of a runner with so many workers; it ends with the block."""
    before = os.environ.get(WORKERS)
    os.environ[WORKERS] = str(workers)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        started = ensure_runner(home).process
        wait(lambda: bool((info := runner_info(home)) and info.device), "a warm worker", 0.05)
        store = Store(home)
        try:
            yield store
        finally:
            store.close()
            processes.end(started, forcibly=False)
            wait(lambda: not processes.alive(started), "the runner's end", 0.05)
            os.environ.pop(WORKERS) if before is None else os.environ.update({WORKERS: before})


def through(store: Store, specs: list[RunSpec]) -> list[str]:
    """Ask for runs and wait until all have finished; their ids."""
    runs = [store.create(spec, "benchmark") for spec in specs]
    every = 0.002 if len(runs) == 1 else 0.02  # looking costs a core some of its time
    wait(lambda: all(store.get(run).ended_for_now for run in runs), "the end of the runs", every)
    ended = {run: store.get(run).status for run in runs}
    if set(ended.values()) != {"finished"}:
        raise RuntimeError(f"not all runs finished: {ended}")
    return runs
