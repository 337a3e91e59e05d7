"""RunWriter: the one process that trains a run writes its events here, in batches."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from mtl_core.events import TERMINAL_KINDS, Event
from mtl_core.runs import artifacts
from mtl_core.runs.database import Database
from mtl_core.runs.thinning import kept, kept_after

BATCH_SECONDS = 0.2
"""An event is in the store at most this long after it was appended, if the run is polled."""

_UNHURRIED = frozenset({"step", "progress", "evaluation", "gradients", "preview"})
_REPEATABLE = frozenset({"step", "evaluation", "gradients", "preview"})
"""Kinds that a resumed run repeats with the same numbers: they are rewritten in place and keep their ``seq``.
Other kinds are news each time: they move to the end, where readers find them."""

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
_INSERT = 'INSERT INTO events (run, step, epoch, time, kind, key, "values") VALUES (?, ?, ?, ?, ?, ?, ?)'
_REWRITE = _INSERT + (
    " ON CONFLICT (run, step, kind, key) DO UPDATE SET "
    'epoch = excluded.epoch, time = excluded.time, "values" = excluded."values"'
)
_REPLACE = _INSERT.replace("INSERT", "INSERT OR REPLACE", 1)


class RunWriter:
    """Appends the events of one run; what is committed survives the death of any process.

    Step, progress, evaluation and preview events wait for at most 0.2 s (or the next other event) to be
    committed together. Payloads become artifact files, and ``values["artifact"]`` names them.
    The run's row follows: step, epoch, status, result, and the schedule with each change made by hand.
    """

    def __init__(self, database: Database, run: str, folder: Path) -> None:
        self._database, self._run, self._folder = database, run, folder
        self._pending: list[Event] = []
        self._rows: list[tuple[Any, ...]] = []
        self._committed = 0.0
        self._last_step: Event | None = None
        self._last_gradients: Event | None = None
        self._latest: Event | None = None
        artifacts.clear_aside(folder)

    def append(self, event: Event) -> None:
        """Take an event; it is acknowledged once it is committed (see :meth:`flush`)."""
        if event.kind == "checkpoint":
            self.flush()  # a checkpoint never stands for events that are not in the store
        self._pending.append(self._with_artifact(event))
        first_step = event.kind == "step" and self._last_step is None  # a click should show something soon
        if first_step or event.kind not in _UNHURRIED or self.due():
            self.flush()

    def due(self) -> bool:
        """Whether events have waited for 0.2 s."""
        return bool(self._pending) and time.monotonic() - self._committed >= BATCH_SECONDS

    def flush(self) -> None:
        """Commit what waits."""
        if not self._pending:
            return
        with self._database.write() as connection:
            self._rows.clear()  # of a transaction that failed
            for event in self._pending:
                self._store(connection, event)
            self._write_rows(connection)
            self._follow(connection)
        self._pending.clear()
        self._committed = time.monotonic()

    def _with_artifact(self, event: Event) -> Event:
        if event.payload is None:
            return event
        if event.kind == "checkpoint":
            name = artifacts.CHECKPOINT
            artifacts.save_checkpoint(self._folder, event.payload)
        else:
            values = event.values
            name = artifacts.preview_name(values.get("split", "validation"), event.step, bool(values.get("first")))
            artifacts.save_preview(self._folder, name, event.payload)
        return Event(event.kind, event.step, event.epoch, event.time, event.values | {"artifact": name})

    def _store(self, connection: sqlite3.Connection, event: Event) -> None:
        if event.kind == "step":
            self._last_step = self._latest = event
            if kept(event.step):
                self._insert(connection, event)
        elif event.kind == "gradients":
            self._last_gradients = self._latest = event
            if kept_after(event.step, self._measured_before(connection, event.step)):
                self._insert(connection, event)
        else:
            if self._latest is None or event.step >= self._latest.step:  # an evaluation may come a few steps later
                self._latest = event
            if event.kind in TERMINAL_KINDS:
                for last in filter(None, (self._last_step, self._last_gradients)):
                    self._insert(connection, last)  # the curves end where the run ended
            if event.kind == "change":
                event = _extend_schedule(connection, self._run, event)
            self._insert(connection, event)
            self._update_row(connection, event)

    def _measured_before(self, connection: sqlite3.Connection, step: int) -> int | None:
        """Step of the newest stored measurement of the gradients before this step."""
        self._write_rows(connection)
        sql = "SELECT step FROM events WHERE run = ? AND kind = 'gradients' AND step < ? ORDER BY step DESC LIMIT 1"
        found = connection.execute(sql, (self._run, step)).fetchone()
        return None if found is None else int(found[0])

    def _insert(self, connection: sqlite3.Connection, event: Event) -> None:
        row = (self._run, event.step, event.epoch, event.time, event.kind, event_key(event), dumps(event.values))
        if event.kind in _REPEATABLE:
            self._rows.append(row)
            return
        self._write_rows(connection)
        connection.execute(_REPLACE, row)

    def _write_rows(self, connection: sqlite3.Connection) -> None:
        """Insert in one call what was gathered: a call for each row takes half as long again."""
        if self._rows:
            connection.executemany(_REWRITE, self._rows)
            self._rows.clear()

    def _update_row(self, connection: sqlite3.Connection, event: Event) -> None:
        match event.kind:
            case "started":
                sql, found = "status = 'running', total_steps = ?", [event.values.get("total_steps")]
            case "progress" if event.values.get("what") in ("paused", "running"):
                sql, found = "status = ?", [event.values["what"]]
            case "change" if event.values["field"] == "epochs":
                sql, found = "total_steps = total_steps * ? / ?", [event.values["new"], event.values["old"]]
            case "finished" | "stopped" | "failed" | "interrupted":
                end_run(connection, self._run, event)
                return
            case _:
                return
        connection.execute(f"UPDATE runs SET {sql} WHERE id = ?", (*found, self._run))

    def _follow(self, connection: sqlite3.Connection) -> None:
        if self._latest is None:
            return
        step = None if self._last_step is None else dumps(self._last_step.as_json() | {"run": self._run})
        connection.execute(
            "UPDATE runs SET step = ?, epoch = ?, latest = COALESCE(?, latest) WHERE id = ?",
            (self._latest.step, self._latest.epoch, step, self._run),
        )


def event_key(event: Event) -> str:
    """What tells events of one kind at one step apart: the split, the field, or what makes progress."""
    values = event.values
    match event.kind:
        case "evaluation" | "gradients":
            return str(values.get("split", ""))
        case "preview":
            return f"{values.get('split', '')}{'/first' if values.get('first') else ''}"
        case "change":
            return str(values["field"])
        case "progress":
            return str(values.get("what", ""))
    return ""


def end_run(connection: sqlite3.Connection, run: str, event: Event) -> None:
    """Write into a run's row how it ended."""
    values = event.values
    result = {"run": run, **values} if event.kind in ("finished", "stopped") else None
    error = {name: values.get(name) for name in ("message", "where", "advice")} if result is None else None
    connection.execute(
        "UPDATE runs SET status = ?, ended = ?, pid = NULL, pid_created = NULL, "
        "result = COALESCE(?, result), error = ? WHERE id = ?",
        (event.kind, time.time(), dumps(result), dumps(error), run),
    )


def _extend_schedule(connection: sqlite3.Connection, run: str, event: Event) -> Event:
    """Note a change made by hand in the spec; of several to one field at one step, the last one counts.

    Returns the event to store: its ``old`` is what held before the first of them.
    """
    values = event.values
    if values.get("by") == "schedule":
        return event
    (text,) = connection.execute("SELECT spec FROM runs WHERE id = ?", (run,)).fetchone()
    spec = json.loads(text)
    place = (event.step, values["field"])
    schedule = [entry for entry in spec.get("schedule", []) if (entry["step"], entry["field"]) != place]
    schedule.append({"step": event.step, "field": values["field"], "value": values["new"]})
    spec["schedule"] = sorted(schedule, key=lambda entry: int(entry["step"]))
    connection.execute("UPDATE runs SET spec = ? WHERE id = ?", (dumps(spec), run))
    earlier = connection.execute(
        "SELECT \"values\" FROM events WHERE run = ? AND step = ? AND kind = 'change' AND key = ?", (run, *place)
    ).fetchone()
    old = json.loads(earlier[0])["old"] if earlier else values["old"]
    return Event(event.kind, event.step, event.epoch, event.time, values | {"old": old})


def dumps(value: Mapping[str, Any] | None) -> str | None:
    """JSON without spaces, None for None; a number that is not finite, which JSON lacks, becomes null."""
    return None if value is None else orjson.dumps(value, option=_OPTIONS).decode()
