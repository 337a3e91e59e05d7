"""Fetching a data set's files in a process of its own; how far it is stands in a small file that pages read.

The page only starts and reads: a slow or broken line never holds it up, and closing the page does not end a download.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Progress
from mtl_core.datasets.files import write_aside
from mtl_core.errors import MTLError
from mtl_core.execution.processes import alive, command_line, environment, spawn_detached, this_process
from mtl_core.settings import data_dir, home_dir

REPORT_SECONDS = 0.2
START_SECONDS = 20.0
"""A fetch that has not said a word after so long has failed to start."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FetchState:
    """How far the fetch of one data set is.

    Attributes:
        status: ``running``, ``done`` or ``failed``.
        what, done, total, unit: the piece under way, as in :class:`mtl_core.datasets.base.Progress`.
        message: why it failed; empty otherwise.
        pid, created: the process that fetches; 0 until it has begun.
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


def start_fetch(name: str, home: Path | None = None) -> FetchState:
    """Start fetching the files of a data set, unless that is under way.

    Raises:
        MTLError: if there is no data set of that name.
    """
    _check(name)
    home = home or home_dir()
    state = fetch_state(name, home)
    if state is not None and state.status == "running":
        return state
    state = FetchState("running", asked=time.time())
    _write(name, state, home)
    spawn_detached(command_line("fetch", name), environment(home), home / "logs" / "fetch.log")
    return state


def fetch_state(name: str, home: Path | None = None) -> FetchState | None:
    """How far the fetch is, or None where none was ever started; a fetch whose process died has failed."""
    path = _path(name, home or home_dir())
    try:
        state = FetchState(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise MTLError(f"{path} is damaged ({error}); delete it") from error
    gone = not alive((state.pid, state.created)) if state.pid else time.time() - state.asked > START_SECONDS
    if state.status == "running" and gone:
        return replace(state, status="failed", message=f"the download of {name} ended without a word; start it again")
    return state


def fetch(name: str, home: Path | None = None) -> FetchState:
    """Fetch the files of a data set in this process, noting how far it is; what ``python -m mtl_core fetch`` does."""
    _check(name)
    home = home or home_dir()
    pid, created = this_process()
    state = FetchState("running", pid=pid, created=created, asked=time.time())
    _write(name, state, home)
    reported = time.monotonic()
    try:
        for progress in DATASETS[name].model_validate({"name": name}).fetch(data_dir()):
            state = _with(state, progress)
            if time.monotonic() - reported > REPORT_SECONDS:
                _write(name, state, home)
                reported = time.monotonic()
    except MTLError as error:
        log.warning("fetch of %s failed: %s", name, error)
        state = replace(state, status="failed", message=str(error))
    else:
        state = replace(state, status="done")
    _write(name, state, home)
    return state


def _with(state: FetchState, progress: Progress) -> FetchState:
    return replace(state, what=progress.what, done=progress.done, total=progress.total, unit=progress.unit)


def _check(name: str) -> None:
    if name not in DATASETS:
        raise MTLError(f"unknown data set {name!r}; known: {', '.join(sorted(DATASETS))}")


def _path(name: str, home: Path) -> Path:
    return home / "fetch" / f"{name}.json"


def _write(name: str, state: FetchState, home: Path) -> None:
    write_aside(json.dumps(asdict(state)).encode(), _path(name, home))
