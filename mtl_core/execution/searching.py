"""A search in a process of its own, which the page starts, looks at and stops."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from mtl_core.datasets.base import Progress
from mtl_core.errors import MTLError
from mtl_core.execution import background
from mtl_core.execution.background import JobState
from mtl_core.execution.local import ensure_runner
from mtl_core.runs.store import Store

WORDS = "the search"
COMMAND = "searcher"


def start_search(home: Path, group: str) -> JobState:
    """Begin or go on with a search, unless it is under way."""
    _stop_file(home, group).unlink(missing_ok=True)
    return background.start(_state_file(home, group), WORDS, home, COMMAND, group)


def search_state(home: Path, group: str) -> JobState | None:
    """How far it is, or None where no page has started it."""
    return background.read(_state_file(home, group), WORDS)


def stop_search(home: Path, group: str) -> None:
    """Tell it to stop: the runs under way are stopped, and it can go on later."""
    path = _stop_file(home, group)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def search_here(home: Path, group: str) -> JobState:
    """Search in this process until all trials have ended or :func:`stop_search` was called."""
    path = _state_file(home, group)
    state, _ = background.follow(path, WORDS, _work(home, group))
    background.write(path, state)
    return state


def _work(home: Path, group: str) -> Generator[Progress, None, None]:
    from mtl_core.execution.runner import worker_limit
    from mtl_core.search.loop import Search, run_search

    try:
        store = Store(home)
        search = Search(store, group, worker_limit())
        ensure_runner(home)
        stop = _stop_file(home, group)
        for stand in run_search(search, stop.exists):
            yield Progress("trials", stand.done, stand.trials, "trials")
    except MTLError:
        raise
    except Exception as error:  # of Optuna's storage: a page shall say so, not wait
        raise MTLError(f"the search broke off: {type(error).__name__}: {error}") from error


def _state_file(home: Path, group: str) -> Path:
    return home / "searches" / f"{group}.json"


def _stop_file(home: Path, group: str) -> Path:
    return home / "searches" / f"{group}.stop"
