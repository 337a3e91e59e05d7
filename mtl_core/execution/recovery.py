"""Runs whose process is gone become ``interrupted``: nobody waits for them, and they can be resumed."""

from __future__ import annotations

import signal
from collections.abc import Collection
from typing import Any

from mtl_core.execution.processes import alive
from mtl_core.runs.records import ACTIVE, RunRecord
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import Process, interrupt


def mark_lost_runs(store: Store, besides: Collection[Process | None] = ()) -> list[str]:
    """Mark every run whose process has died; gives their ids.

    Args:
        store: the run store.
        besides: processes that the caller looks after itself.
    """
    lost = []
    for record in store.runs(status=ACTIVE, limit=10_000):
        process = record.process
        if process is None or process in besides or alive(process):
            continue
        if mark_interrupted(store, record, process, None):
            lost.append(record.id)
    return lost


def mark_interrupted(store: Store, record: RunRecord, process: Process, code: int | None) -> bool:
    """Mark one run, with the exit code of its process where that is known; False if it had already ended."""
    with store.database.write() as connection:
        return interrupt(connection, record.id, process, death(record, process[0], code))


def death(record: RunRecord, pid: int, code: int | None) -> dict[str, Any]:
    """The values of an ``interrupted`` event."""
    how = "is gone" if code is None else "ended " + _in_words(code)
    asked = "; a stop was asked for and not answered" if record.stop_requested is not None else ""
    return {
        "message": f"the process {pid} that trained this run {how}{asked}",
        "where": f"step {record.step}",
        "advice": "resume: it goes on from its last checkpoint",
        "exit_code": code,
    }


def _in_words(code: int) -> str:
    if code >= 0:
        return f"with code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
