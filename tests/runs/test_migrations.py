"""The schema: older ones are brought up to date, newer and damaged ones are refused with words."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mtl_core.errors import MTLError
from mtl_core.runs.database import Database
from mtl_core.runs.migrations import MIGRATIONS, migrate
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def add_remark(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE runs ADD COLUMN remark TEXT NOT NULL DEFAULT 'none'")


def break_off(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (id INTEGER)")
    raise RuntimeError("power cut")


def test_a_store_of_an_older_schema_keeps_its_runs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(RunSpec(), "owner")
    store.close()
    connection = connect(tmp_path / "runs.db")
    migrate(connection, "runs.db", (*MIGRATIONS, add_remark))
    assert version(connection) == len(MIGRATIONS) + 1
    assert connection.execute("SELECT id, remark FROM runs").fetchall() == [(run, "none")]


def test_each_migration_is_applied_once(tmp_path: Path) -> None:
    connection = connect(tmp_path / "runs.db")
    migrate(connection, "runs.db", MIGRATIONS)
    migrate(connection, "runs.db", (*MIGRATIONS, add_remark))
    migrate(connection, "runs.db", (*MIGRATIONS, add_remark))
    assert version(connection) == len(MIGRATIONS) + 1


def test_every_released_schema_can_be_opened(tmp_path: Path) -> None:
    for known in range(len(MIGRATIONS) + 1):
        home = tmp_path / str(known)
        home.mkdir()
        connection = connect(home / "runs.db")
        migrate(connection, "runs.db", MIGRATIONS[:known])
        connection.close()
        store = Store(home)
        run = store.create(RunSpec(), "owner")
        assert store.get(run).owner == "owner"


def test_a_migration_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    connection = connect(tmp_path / "runs.db")
    migrate(connection, "runs.db", MIGRATIONS)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(connection, "runs.db", (*MIGRATIONS, break_off))
    assert version(connection) == len(MIGRATIONS)
    assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        databases = list(threads.map(lambda _: Database(tmp_path / "runs.db"), range(16)))
    assert {int(d.read("PRAGMA user_version")[0][0]) for d in databases} == {len(MIGRATIONS)}
    assert databases[0].read("PRAGMA journal_mode")[0][0] == "wal"


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = connect(tmp_path / "runs.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(MTLError, match=r"has schema 99.*newer MTL Lab"):
        Store(tmp_path)


def test_a_damaged_store_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"this is no database, whatever its name says" * 40)
    with pytest.raises(MTLError, match=r"runs\.db is damaged.*move the file"):
        Store(tmp_path)


def test_damage_that_shows_later_is_named_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for _ in range(300):
        store.create(RunSpec(), "owner")
    store.close()
    path = tmp_path / "runs.db"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(MTLError, match="is damaged"):
        Store(tmp_path).runs()


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(MTLError, match="MTL_HOME"):
        Store(tmp_path / "home")
