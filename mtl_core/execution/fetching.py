"""Fetching a data set's files in a process of its own (:mod:`mtl_core.execution.background`)."""

from __future__ import annotations

from pathlib import Path

from mtl_core.datasets import DATASETS
from mtl_core.errors import MTLError
from mtl_core.execution import background
from mtl_core.execution.background import JobState
from mtl_core.settings import data_dir, home_dir


def start_fetch(name: str, home: Path | None = None) -> JobState:
    """Start fetching the files of a data set, unless that is under way.

    Raises:
        MTLError: if there is no data set of that name.
    """
    _check(name)
    home = home or home_dir()
    return background.start(_path(name, home), _words(name), home, "fetch", name)


def fetch_state(name: str, home: Path | None = None) -> JobState | None:
    """How far the fetch is, or None where none was ever started; a fetch whose process died has failed."""
    return background.read(_path(name, home or home_dir()), _words(name))


def fetch(name: str, home: Path | None = None) -> JobState:
    """Fetch the files of a data set in this process, noting how far it is; what ``python -m mtl_core fetch`` does."""
    _check(name)
    path = _path(name, home or home_dir())
    work = DATASETS[name].model_validate({"name": name}).fetch(data_dir())
    state, _ = background.follow(path, _words(name), work)
    background.write(path, state)
    return state


def _check(name: str) -> None:
    if name not in DATASETS:
        raise MTLError(f"unknown data set {name!r}; known: {', '.join(sorted(DATASETS))}")


def _words(name: str) -> str:
    return f"the download of {name}"


def _path(name: str, home: Path) -> Path:
    return home / "fetch" / f"{name}.json"
