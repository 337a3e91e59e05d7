"""Runs that are shipped with the project, so that the page shows something real before anybody starts one.

A folder a run: ``record.json`` (the store's row), ``events.jsonl`` and ``previews.npz``; made by
``python -m ui.recorded.make`` and read through the same interface as the store.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.errors import RunNotFound
from mtl_core.events import Event
from mtl_core.runs.records import RunRecord

FOLDER = Path(__file__).parent


def recorded_run(dataset: str) -> str | None:
    """The recorded run to show for a data set; None where it has none."""
    return dataset if (FOLDER / dataset / "record.json").is_file() else None


class Recorded:
    """Reads recorded runs; a run's id is the name of its folder."""

    def get(self, run: str) -> RunRecord:
        """The run's row.

        Raises:
            RunNotFound: if there is no such recording.
        """
        path = _folder(run) / "record.json"
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))

    def events_since(self, run: str, seq: int = 0) -> list[tuple[int, Event]]:
        """Its events after ``seq``."""
        lines = (_folder(run) / "events.jsonl").read_text(encoding="utf-8").splitlines()[seq:]
        return [(seq + i + 1, Event(**json.loads(line))) for i, line in enumerate(lines)]

    def load_preview(self, run: str, name: str) -> dict[str, NDArray[Any]]:
        """The arrays of one preview."""
        prefix = f"{name}/"
        return {key.removeprefix(prefix): value for key, value in _previews(run).items() if key.startswith(prefix)}


@lru_cache(maxsize=4)
def _previews(run: str) -> dict[str, NDArray[Any]]:
    with np.load(_folder(run) / "previews.npz", allow_pickle=False) as file:
        return dict(file)


def _folder(run: str) -> Path:
    folder = FOLDER / run
    if not run.isidentifier() or not (folder / "record.json").is_file():
        raise RunNotFound(f"no recorded run {run!r} in {FOLDER}")
    return folder
