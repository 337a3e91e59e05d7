"""Processes by id *and* creation time, so that a number the system gave away again is never mistaken for ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from mtl_core.runs.transitions import Process
from mtl_core.settings import HOME_VARIABLE, PROJECT

CLOCK_SLACK = 2.0
"""Seconds by which two readings of one process's creation time may differ when the clock is set."""

_spawned: list[subprocess.Popen[bytes]] = []


def this_process() -> Process:
    """The process that asks."""
    process = psutil.Process()
    return process.pid, process.create_time()


def find(process: Process) -> psutil.Process | None:
    """The living process of this id and creation time, or None."""
    pid, created = process
    try:
        found = psutil.Process(pid)
        if found.status() == psutil.STATUS_ZOMBIE or abs(found.create_time() - created) > CLOCK_SLACK:
            return None
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return found  # it is there; it belongs to someone else
    return found


def alive(process: Process) -> bool:
    """Whether the process still runs."""
    return find(process) is not None


def end(process: Process, *, forcibly: bool) -> bool:
    """Ask the process to end, or end it at once; False where it is gone or belongs to someone else."""
    found = find(process)
    if found is None:
        return False
    try:
        found.kill() if forcibly else found.terminate()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return True


def command_line(*arguments: str) -> list[str]:
    """``python -m mtl_core …`` with this interpreter."""
    return [sys.executable, "-m", "mtl_core", *arguments]


def environment(home: Path) -> dict[str, str]:
    """The environment of a runner or worker: one thread each, and the home of its store."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **threads, HOME_VARIABLE: str(home.absolute())}


def spawn_detached(arguments: Sequence[str], environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and its terminal; what it prints goes to the log."""
    for earlier in list(_spawned):
        if earlier.poll() is not None:
            _spawned.remove(earlier)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            cwd=PROJECT,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=os.name != "nt",
            creationflags=_detached_flags(),
        )
    _spawned.append(process)
    return process


def _detached_flags() -> int:
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def worker_flags() -> int:
    """Creation flags of a worker: on Windows no console window of its own and no Ctrl-C from others."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
