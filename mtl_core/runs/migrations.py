"""The schema of the run store as a list of migrations; ``PRAGMA user_version`` counts those that were applied."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from mtl_core.errors import MTLError

Migration = Callable[[sqlite3.Connection], None]

_RUNS = (
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        status TEXT NOT NULL,
        spec TEXT NOT NULL,          -- JSON; its schedule grows with changes made by hand
        data_dir TEXT NOT NULL,      -- where the owner's process looks for data
        pace REAL,                   -- seconds that the whole run shall take at least
        created REAL NOT NULL,       -- this and the following: seconds since 1970, UTC
        queued REAL NOT NULL,
        started REAL,
        ended REAL,
        step INTEGER NOT NULL DEFAULT 0,
        total_steps INTEGER,
        epoch REAL NOT NULL DEFAULT 0,
        latest TEXT,                 -- JSON of the newest step event, which thinning may drop
        result TEXT,                 -- JSON
        error TEXT,                  -- JSON
        pid INTEGER,                 -- of the process that trains it
        pid_created REAL,
        attempt INTEGER NOT NULL DEFAULT 0,
        command_cursor INTEGER NOT NULL DEFAULT 0,   -- commands up to here belong to earlier attempts
        stop_requested REAL
    )""",
    "CREATE INDEX runs_by_status ON runs (status, queued)",
    "CREATE INDEX runs_by_owner ON runs (owner, created)",
)
_EVENTS = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        epoch REAL NOT NULL,
        time REAL NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,           -- tells events of one kind at one step apart
        "values" TEXT NOT NULL,      -- JSON
        UNIQUE (run, step, kind, key)
    )""",
    "CREATE INDEX events_in_order ON events (run, seq)",
)
_COMMANDS = (
    """CREATE TABLE commands (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        body TEXT NOT NULL,          -- JSON
        created REAL NOT NULL
    )""",
    "CREATE INDEX commands_in_order ON commands (run, id)",
)


def _first_schema(connection: sqlite3.Connection) -> None:
    for statement in (*_RUNS, *_EVENTS, *_COMMANDS):
        connection.execute(statement)


def _groups_of_runs(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE groups (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            kind TEXT NOT NULL,          -- crossvalidation, with_without, modalities
            name TEXT NOT NULL DEFAULT '',
            created REAL NOT NULL,       -- seconds since 1970, UTC
            spec TEXT NOT NULL,          -- JSON; the spec that the runs are variants of
            plan TEXT NOT NULL           -- JSON; label, arm and run of each member, also of those deleted since
        )"""
    )
    connection.execute("CREATE INDEX groups_by_owner ON groups (owner, created)")
    connection.execute("ALTER TABLE runs ADD COLUMN group_id TEXT REFERENCES groups (id) ON DELETE SET NULL")
    connection.execute("ALTER TABLE runs ADD COLUMN label TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE INDEX runs_by_group ON runs (group_id, created)")


def _notes_on_runs(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'")  # JSON
    connection.execute("ALTER TABLE runs ADD COLUMN trashed REAL")  # when it was thrown away; NULL: it was not


def _what_a_plan_left_out(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE groups ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]'")  # JSON


MIGRATIONS: tuple[Migration, ...] = (_first_schema, _groups_of_runs, _notes_on_runs, _what_a_plan_left_out)
"""Append only: an entry that was released is never changed."""


def migrate(connection: sqlite3.Connection, place: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database to the newest schema, all of it or nothing.

    Args:
        connection: in autocommit mode (``isolation_level=None``).
        place: the file's name, for messages.
        migrations: all migrations, oldest first.

    Raises:
        MTLError: if a newer program wrote the database.
    """
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have migrated while this one waited
        if version > len(migrations):
            raise MTLError(
                f"the run store {place} has schema {version}, this program knows schemas up to {len(migrations)}: "
                "a newer MTL Lab wrote it; update this one, or set MTL_HOME to another folder"
            )
        for migration in migrations[version:]:
            migration(connection)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
