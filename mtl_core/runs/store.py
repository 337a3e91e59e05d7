"""Store: every run, its events, commands and artifacts, in one database file and one folder."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mtl_core.control import Command
from mtl_core.errors import MTLError, RunNotFound
from mtl_core.events import Event
from mtl_core.runs import artifacts, transitions
from mtl_core.runs.database import Database
from mtl_core.runs.records import COLUMNS, RunRecord, Status, record_of
from mtl_core.runs.transitions import Process
from mtl_core.runs.writer import RunWriter, dumps
from mtl_core.settings import data_dir, home_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mtl_core.spec import RunSpec

DATABASE = "runs.db"
ARTIFACTS = "artifacts"


class Store:
    """The run store of one home; safe under threads, and any number of processes may have one open.

    Args:
        home: its folder, default ``MTL_HOME``.

    Raises:
        MTLError: if the store cannot be opened, is damaged or was written by a newer program.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or home_dir()
        self.database = Database(self.home / DATABASE)

    def close(self) -> None:
        """Close the database; the object cannot be used afterwards."""
        self.database.close()

    # --- runs

    def create(
        self, spec: RunSpec, owner: str, *, pace: float | None = None, name: str = "", process: Process | None = None
    ) -> str:
        """A new run in the queue; gives its id, which cannot be guessed.

        Args:
            spec: what to train.
            owner: token of the browser, or ``cli``.
            pace: seconds that the whole run shall take at least; None for full speed.
            name: what a person calls it.
            process: id and creation time of the process that will train it itself, so that no worker takes it.
        """
        with self.database.write() as connection:
            return insert_run(connection, spec, owner, name=name, pace=pace, process=process)

    def get(self, run: str) -> RunRecord:
        """What is known about a run.

        Raises:
            RunNotFound: if no run has this id.
        """
        rows = self.database.read(f"SELECT {COLUMNS} FROM runs WHERE id = ?", (run,))
        if not rows:
            raise RunNotFound(f"no run {run!r} in {self.database.path}; `runs list` shows those that are there")
        return record_of(rows[0])

    def runs(
        self,
        owner: str | Collection[str] | None = None,
        status: Status | Collection[Status] | None = None,
        limit: int = 200,
        group: str | None = None,
    ) -> list[RunRecord]:
        """Runs of these owners with these statuses, newest first; those of one group, if it is given.

        Those that were thrown away are left out.
        """
        wheres, parameters = ["trashed IS NULL"], []
        for column, wanted in (("owner", owner), ("status", status), ("group_id", group)):
            if wanted is not None:
                chosen = [wanted] if isinstance(wanted, str) else list(wanted)
                wheres.append(f"{column} IN ({_marks(chosen)})")
                parameters += chosen
        sql = f"SELECT {COLUMNS} FROM runs WHERE {' AND '.join(wheres)} ORDER BY created DESC, id LIMIT ?"
        return [record_of(row) for row in self.database.read(sql, (*parameters, limit))]

    def rename(self, run: str, name: str) -> None:
        """Give a run the name that people call it by."""
        self.get(run)
        with self.database.write() as connection:
            connection.execute("UPDATE runs SET name = ? WHERE id = ?", (name.strip()[:120], run))

    def delete(self, run: str) -> None:
        """Remove a run, its events, commands and artifacts; with the last run of a group, the group.

        Raises:
            MTLError: while a process works on it.
        """
        record = self.get(run)
        with self.database.write() as connection:
            sql = "DELETE FROM runs WHERE id = ? AND status NOT IN ('starting', 'running', 'paused')"
            if connection.execute(sql, (run,)).rowcount == 0:
                raise MTLError(f"run {run} is {record.status}; stop it before deleting it")
            sql = "DELETE FROM groups WHERE id = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE group_id = groups.id)"
            connection.execute(sql, (record.group_id,))
        artifacts.remove(self.folder(run))

    def requeue(self, run: str, more_epochs: int = 0, *, process: Process | None = None) -> None:
        """Put a run into the queue again: it goes on from its checkpoint, or from its start where it has none.

        Args:
            run: its id; the run must have ended.
            more_epochs: continue for this many epochs beyond the planned ones (0: only what is left).
            process: as in :meth:`create`.

        Raises:
            MTLError: while it is queued or active, or where nothing is left to do.
        """
        self.get(run)
        with self.database.write() as connection:
            transitions.requeue(connection, run, more_epochs)
            if process is not None:
                transitions.begin(connection, run, process)

    # --- commands

    def send(self, run: str, *commands: Command) -> None:
        """Order one or several things at once; an active run obeys before its next step, a queued one at its start.

        A queued run that is told to stop leaves the queue at once. Commands to a run that has
        ended are without effect.
        """
        self.get(run)
        with self.database.write() as connection:
            for command in commands:
                row = (run, dumps(asdict(command)), time.time())
                connection.execute("INSERT INTO commands (run, body, created) VALUES (?, ?, ?)", row)
                if command.name == "pace":
                    connection.execute("UPDATE runs SET pace = ? WHERE id = ?", (command.value, run))
                if command.name == "stop":
                    transitions.request_stop(connection, run)

    def commands_since(self, run: str, cursor: int) -> tuple[list[Command], int]:
        """Commands after the cursor, oldest first, and the new cursor."""
        rows = self.database.read("SELECT id, body FROM commands WHERE run = ? AND id > ? ORDER BY id", (run, cursor))
        return [Command(**json.loads(row["body"])) for row in rows], rows[-1]["id"] if rows else cursor

    # --- events

    def writer(self, run: str) -> RunWriter:
        """For the process that trains the run; there is one at a time."""
        return RunWriter(self.database, run, self.folder(run))

    def events_since(
        self, run: str, seq: int = 0, kinds: Iterable[str] | None = None, limit: int = 20_000
    ) -> list[tuple[int, Event]]:
        """Events after ``seq`` in the order in which they were stored; payloads stay in their files.

        A resumed run rewrites the steps, evaluations and previews that it repeats in place: readers
        that already have them do not get them again.
        """
        chosen = list(kinds) if kinds is not None else []
        where = f" AND kind IN ({_marks(chosen)})" if kinds is not None else ""
        sql = f"SELECT * FROM events WHERE run = ? AND seq > ?{where} ORDER BY seq LIMIT ?"
        return [(row["seq"], _event(row)) for row in self.database.read(sql, (run, seq, *chosen, limit))]

    def last_events(self, run: str, kind: str, limit: int = 1) -> list[Event]:
        """The newest events of one kind, newest first."""
        sql = "SELECT * FROM events WHERE run = ? AND kind = ? ORDER BY step DESC, seq DESC LIMIT ?"
        return [_event(row) for row in self.database.read(sql, (run, kind, limit))]

    # --- artifacts

    def folder(self, run: str) -> Path:
        """The folder of a run's artifacts."""
        return self.home / ARTIFACTS / run

    def preview_names(self, run: str) -> list[tuple[float, int, str]]:
        """Epoch, step and file name of each stored preview, in order of the steps."""
        rows = self.database.read(
            "SELECT epoch, step, \"values\" FROM events WHERE run = ? AND kind = 'preview' ORDER BY step, seq", (run,)
        )
        return [(row["epoch"], row["step"], json.loads(row["values"])["artifact"]) for row in rows]

    def load_preview(self, run: str, name: str) -> dict[str, NDArray[np.generic]]:
        """The arrays of one preview.

        Raises:
            MTLError: if the name is no preview's, or the file is not there or damaged.
        """
        return artifacts.load_preview(self.folder(run), name)

    def load_checkpoint(self, run: str) -> dict[str, Any] | None:
        """The state to resume from, on the CPU, or None; imports torch.

        Raises:
            MTLError: if the file is damaged.
        """
        return artifacts.load_checkpoint(self.folder(run))

    def has_checkpoint(self, run: str) -> bool:
        """Whether there is a state to resume from."""
        return (self.folder(run) / artifacts.CHECKPOINT).exists()


def insert_run(
    connection: sqlite3.Connection,
    spec: RunSpec,
    owner: str,
    *,
    name: str = "",
    pace: float | None = None,
    process: Process | None = None,
    group: str | None = None,
    label: str = "",
    created: float | None = None,
) -> str:
    """Put a new run into the queue, or into the hands of a process, within a transaction; gives its id."""
    run, now = new_id(), time.time() if created is None else created
    body = json.dumps(spec.model_dump(mode="json"), ensure_ascii=False)
    connection.execute(
        "INSERT INTO runs (id, owner, name, status, spec, data_dir, pace, created, queued, group_id, label) "
        "VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?)",
        (run, owner, name, body, str(data_dir()), pace, now, now, group, label),
    )
    if process is not None:
        transitions.begin(connection, run, process)
    return run


def _event(row: Any) -> Event:
    return Event(row["kind"], row["step"], row["epoch"], row["time"], orjson.loads(row["values"]), run=row["run"])


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def new_id() -> str:
    """12 characters that cannot be guessed and can stand in a link."""
    while True:
        run = secrets.token_urlsafe(9)
        if run[0].isalnum():  # an id that begins with a dash would look like an option on the command line
            return run
