"""One SQLite file in WAL mode: a connection to read and one to write, safe under threads and processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.runs.migrations import migrate

BUSY_SECONDS = 20.0
"""How long a writer waits for another one before it gives up."""


class Database:
    """Reads never wait for writers (WAL); writes are short immediate transactions.

    Raises:
        MTLError: if the file cannot be opened, is damaged or is of a newer schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_lock = threading.Lock()
        self._write_lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            _switch_to_wal(self._writer)
            migrate(self._writer, str(path))
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")
        except OSError as error:
            raise MTLError(f"the folder {path.parent} cannot be used ({error}); set MTL_HOME to another") from error
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _explained(self, error: sqlite3.DatabaseError) -> MTLError:
        if isinstance(error, sqlite3.OperationalError):
            return MTLError(
                f"the run store {self.path} cannot be used: {error}; see that the folder can be written to and the "
                "disk has room, or set MTL_HOME to another folder"
            )
        return MTLError(
            f"the run store {self.path} is damaged: {error}; move the file and its -wal and -shm neighbours aside "
            "(a new store is made at the next start), or set MTL_HOME to another folder"
        )

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query, from the newest committed state."""
        try:
            with self._read_lock:
                return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, rolled back where it raises."""
        try:
            with self._write_lock:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                except BaseException:
                    self._writer.execute("ROLLBACK")
                    raise
                self._writer.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def version(self) -> int:
        """A number that changes with every commit of anyone; ~10 µs."""
        with self._read_lock:
            return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close both connections; the object cannot be used afterwards."""
        with self._read_lock, self._write_lock:
            self._reader.close()
            self._writer.close()


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Once in a file's life; SQLite does not wait by itself where another process does it at the same moment."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
