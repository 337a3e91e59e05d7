"""One piece of work in a process of its own; how far it is stands in a small file that pages read.

The page only starts and reads: slow work never holds it up, and closing the page does not end it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from mtl_core.datasets.base import Progress
from mtl_core.datasets.files import write_aside
from mtl_core.errors import MTLError
from mtl_core.execution.processes import alive, command_line, environment, spawn_detached, this_process

REPORT_SECONDS = 0.2
START_SECONDS = 20.0
"""Work that has not said a word after so long has failed to start."""
log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class JobState:
    """How far the work is.

    Attributes:
        status: ``running``, ``done`` or ``failed``.
        what, done, total, unit: the piece under way, as in :class:`mtl_core.datasets.base.Progress`.
        message: why it failed; empty otherwise.
        pid, created: the process that works; 0 until it has begun.
        asked: unix time at which it was asked for.
    """

    status: Literal["running", "done", "failed"]
    what: str = ""
    done: int = 0
    total: int | None = None
    unit: str = "bytes"
    message: str = ""
    pid: int = 0
    created: float = 0.0
    asked: float = 0.0


def start(path: Path, name: str, home: Path, *arguments: str) -> JobState:
    """Start ``python -m mtl_core …`` unless the work of this state file is under way.

    Args:
        path: the state file.
        name: what is done, for messages.
        home: of the store.
        arguments: of the command line.
    """
    state = read(path, name)
    if state is not None and state.status == "running":
        return state
    state = JobState("running", asked=time.time())
    write(path, state)
    spawn_detached(command_line(*arguments), environment(home), home / "logs" / f"{arguments[0]}.log")
    return state


def read(path: Path, name: str) -> JobState | None:
    """How far the work is, or None where it was never started; work whose process died has failed.

    Raises:
        MTLError: if the state file is damaged.
    """
    try:
        state = JobState(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise MTLError(f"{path} is damaged ({error}); delete it") from error
    gone = not alive((state.pid, state.created)) if state.pid else time.time() - state.asked > START_SECONDS
    if state.status == "running" and gone:
        return replace(state, status="failed", message=f"{name} ended without a word; start it again")
    return state


def follow(path: Path, name: str, work: Generator[Progress, None, T]) -> tuple[JobState, T | None]:
    """Do the work in this process, noting how far it is; gives the last state and what the work returned."""
    pid, created = this_process()
    state = JobState("running", pid=pid, created=created, asked=time.time())
    write(path, state)
    reported = time.monotonic()
    result: T | None = None
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            result = end.value
            return replace(state, status="done"), result
        except MTLError as error:
            log.warning("%s failed: %s", name, error)
            return replace(state, status="failed", message=str(error)), None
        state = _with(state, progress)
        if time.monotonic() - reported > REPORT_SECONDS:
            write(path, state)
            reported = time.monotonic()


def write(path: Path, state: JobState) -> None:
    """Put the state where pages read it."""
    write_aside(json.dumps(asdict(state)).encode(), path)


def _with(state: JobState, progress: Progress) -> JobState:
    return replace(state, what=progress.what, done=progress.done, total=progress.total, unit=progress.unit)
