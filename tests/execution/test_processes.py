"""Processes by id and creation time; the version of the code; runs whose process is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mtl_core.errors import MTLError
from mtl_core.execution import code_version, processes
from mtl_core.execution.recovery import death, mark_lost_runs
from mtl_core.execution.runner import worker_limit
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from tests.waiting import wait_for


@pytest.fixture
def child() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def identity(child: subprocess.Popen[bytes]) -> tuple[int, float]:
    import psutil

    return child.pid, psutil.Process(child.pid).create_time()


def test_a_process_is_known_by_id_and_creation_time() -> None:
    pid, created = processes.this_process()
    assert processes.alive((pid, created))
    assert not processes.alive((pid, created - 60))
    assert not processes.end((pid, created - 60), forcibly=True), "another process that got the same number"


def test_a_dead_child_that_nobody_waited_for_is_dead(child: subprocess.Popen[bytes]) -> None:
    process = identity(child)
    assert processes.end(process, forcibly=True)
    wait_for(lambda: not processes.alive(process))
    assert not processes.end(process, forcibly=False)
    child.communicate()


def test_runs_of_dead_processes_are_marked_and_those_of_living_ones_are_not(
    store: Store, child: subprocess.Popen[bytes]
) -> None:
    lost = store.create(RunSpec(), "owner", process=identity(child))
    going_on = store.create(RunSpec(), "owner", process=processes.this_process())
    assert mark_lost_runs(store) == []
    child.kill()
    child.communicate()
    assert mark_lost_runs(store) == [lost]
    assert mark_lost_runs(store) == []
    assert store.get(lost).status == "interrupted"
    assert store.get(going_on).status == "starting"


def test_a_death_is_told_in_words(store: Store) -> None:
    record = store.get(store.create(RunSpec(), "owner"))
    assert "ended by SIGKILL" in death(record, 7, -9)["message"]
    assert "ended with code 1" in death(record, 7, 1)["message"]
    assert "process 7 that trained this run is gone" in death(record, 7, None)["message"]


def test_the_version_changes_with_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("one = 1\n")
    monkeypatch.setattr(code_version, "PACKAGE", tmp_path)
    monkeypatch.setattr(code_version, "FRESH_SECONDS", 1e-9)
    first, _ = code_version.code_version()
    assert code_version.code_version()[0] == first
    (tmp_path / "a.py").write_text("one = 11\n")
    second, _ = code_version.code_version()
    assert second != first
    (tmp_path / "a.py").write_text("one = 1\n")
    assert code_version.code_version()[0] == first, "the content counts, not when it was written"


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_bad_number_of_workers_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MTL_WORKERS", value)
    with pytest.raises(MTLError, match="MTL_WORKERS must be a whole number"):
        worker_limit()


def test_the_number_of_workers_is_that_of_the_cores_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MTL_WORKERS", raising=False)
    assert worker_limit() >= 1
    monkeypatch.setenv("MTL_WORKERS", "5")
    assert worker_limit() == 5
