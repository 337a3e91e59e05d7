"""How a run moves from one status to the next outside training: claimed, requeued, stopped in the queue, lost."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.runs.records import ENDED
from mtl_core.runs.writer import dumps, end_run
from mtl_core.spec import parse_spec

Process = tuple[int, float]
"""Id and creation time of a process: together they name it for good."""

_NEXT_IN_QUEUE = """
WITH owners AS (
    SELECT owner, SUM(status IN ('starting', 'running', 'paused')) AS active, COALESCE(MAX(started), 0) AS newest
    FROM runs WHERE owner IN (SELECT owner FROM runs WHERE status = 'queued') GROUP BY owner
)
SELECT id FROM runs JOIN owners USING (owner) WHERE status = 'queued'
ORDER BY active, newest, group_id IS NOT NULL, queued, id LIMIT 1
"""


def claim_next(connection: sqlite3.Connection, process: Process) -> str | None:
    """Give the next queued run to a process: owners take turns, an owner's runs go in their order.

    A run by itself comes before those of a group: a person waits for it, and a group takes its time anyway.

    First comes the owner with the fewest active runs, among those the one whose last run began longest ago.
    """
    row = connection.execute(_NEXT_IN_QUEUE).fetchone()
    if row is None:
        return None
    begin(connection, row["id"], process)
    return str(row["id"])


def begin(connection: sqlite3.Connection, run: str, process: Process) -> None:
    """A process takes the run up."""
    connection.execute(
        "UPDATE runs SET status = 'starting', started = ?, ended = NULL, error = NULL, pid = ?, pid_created = ?, "
        "attempt = attempt + 1 WHERE id = ?",
        (time.time(), *process, run),
    )


def release(connection: sqlite3.Connection, run: str, process: Process) -> None:
    """Put a run back into the queue that its process never began."""
    connection.execute(
        "UPDATE runs SET status = 'queued', pid = NULL, pid_created = NULL, attempt = attempt - 1 "
        "WHERE id = ? AND pid = ? AND pid_created = ? AND status = 'starting'",
        (run, *process),
    )


def requeue(connection: sqlite3.Connection, run: str, more_epochs: int) -> None:
    """See :meth:`mtl_core.runs.store.Store.requeue`."""
    row = connection.execute("SELECT status, spec, step FROM runs WHERE id = ?", (run,)).fetchone()
    if row["status"] not in ENDED:
        raise MTLError(f"run {run} is {row['status']}; only a run that has ended can be resumed or continued")
    if more_epochs < 0 or (more_epochs == 0 and row["status"] == "finished"):
        raise MTLError(f"run {run} is {row['status']}: more_epochs must be at least 1 (found {more_epochs})")
    spec = json.loads(row["spec"])
    if more_epochs:
        spec["schedule"] = _continued(spec, row["step"], more_epochs)
        parse_spec(spec)  # too many epochs are refused here, before the run is touched
    connection.execute(
        "UPDATE runs SET status = 'queued', queued = ?, ended = NULL, error = NULL, pid = NULL, pid_created = NULL, "
        "stop_requested = NULL, spec = ?, "
        "command_cursor = (SELECT COALESCE(MAX(id), 0) FROM commands WHERE run = ?) WHERE id = ?",
        (time.time(), dumps(spec), run, run),
    )


def _continued(spec: dict[str, Any], step: int, more_epochs: int) -> list[dict[str, Any]]:
    """The schedule with ``epochs`` raised at this step."""
    schedule = spec.get("schedule", [])
    planned = [entry["value"] for entry in schedule if entry["field"] == "epochs"] or [spec["epochs"]]
    kept = [entry for entry in schedule if (entry["step"], entry["field"]) != (step, "epochs")]
    return [*kept, {"step": step, "field": "epochs", "value": int(planned[-1]) + more_epochs}]


def request_stop(connection: sqlite3.Connection, run: str) -> None:
    """Note that a stop was ordered; a run that still waits in the queue ends here."""
    connection.execute("UPDATE runs SET stop_requested = COALESCE(stop_requested, ?) WHERE id = ?", (time.time(), run))
    row = connection.execute(
        "SELECT step, epoch, result FROM runs WHERE id = ? AND status = 'queued'", (run,)
    ).fetchone()
    if row is not None:
        result = (json.loads(row["result"]) if row["result"] else unstarted_result()) | {"status": "stopped"}
        event = Event("stopped", row["step"], row["epoch"], 0.0, {k: v for k, v in result.items() if k != "run"})
        _append(connection, run, event)


def unstarted_result() -> dict[str, Any]:
    """The contract's result, without ``run``, of a run that never took a step."""
    return {
        "status": "stopped",
        "seconds": 0.0,
        "epochs": 0,
        "steps": 0,
        "device": None,
        "engine": "single",
        "parameters": None,
        "data": None,
        "metrics": {"train": None, "validation": None, "test": None},
        "error": None,
    }


def interrupt(connection: sqlite3.Connection, run: str, process: Process, values: dict[str, Any]) -> bool:
    """Mark a run whose process is gone; False where the run already ended or another process has it.

    Args:
        connection: in a transaction.
        run: its id.
        process: the process that had it.
        values: ``message``, ``where``, ``advice`` and what is known about the death.
    """
    row = connection.execute(
        "SELECT step, epoch, started FROM runs WHERE id = ? AND pid = ? AND pid_created = ? "
        "AND status IN ('starting', 'running', 'paused')",
        (run, *process),
    ).fetchone()
    if row is None:
        return False
    last = connection.execute("SELECT time FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)).fetchone()
    time_then = last["time"] if last else 0.0
    _append(connection, run, Event("interrupted", row["step"], row["epoch"], time_then, values))
    return True


def _append(connection: sqlite3.Connection, run: str, event: Event) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO events (run, step, epoch, time, kind, key, \"values\") VALUES (?, ?, ?, ?, ?, '', ?)",
        (run, event.step, event.epoch, event.time, event.kind, dumps(event.values)),
    )
    end_run(connection, run, event)
