"""Fetching data in a process of its own: done, failed, unknown, killed, under way only once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psutil
import pytest

from mtl_core.errors import MTLError
from mtl_core.execution.background import JobState
from mtl_core.execution.fetching import fetch_state, start_fetch
from mtl_core.execution.processes import command_line
from tests.datasets.conftest import real_file
from tests.datasets.helpers import serving
from tests.waiting import wait_for

WINE = "winequality-red.csv"


def ended(home: Path) -> JobState | None:
    state = fetch_state("wine_quality", home)
    return state if state is not None and state.status != "running" else None


def test_the_file_arrives_in_the_data_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (real_file("wine_quality", WINE) / "wine_quality" / WINE).read_bytes()
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    with serving() as server:
        server.contents["/w.csv"] = content
        monkeypatch.setenv("MTL_WINE_URL", f"{server.url}/w.csv")
        assert fetch_state("wine_quality", home) is None
        assert start_fetch("wine_quality", home).status == "running"
        state = wait_for(lambda: ended(home))
    assert (state.status, state.message) == ("done", "")
    assert (tmp_path / "data" / "wine_quality" / WINE).read_bytes() == content


def test_no_network_is_a_failure_with_words(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MTL_WINE_URL", "http://127.0.0.1:9/w.csv")
    start_fetch("wine_quality", home)
    state = wait_for(lambda: ended(home))
    assert state.status == "failed"
    assert "127.0.0.1:9/w.csv" in state.message


def test_a_killed_fetch_is_told_and_can_be_started_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    with serving() as server:
        server.silent.add("/w.csv")
        monkeypatch.setenv("MTL_WINE_URL", f"{server.url}/w.csv")
        start_fetch("wine_quality", home)
        wait_for(lambda: "/w.csv" in server.asked)
        pid = wait_for(lambda: (state := fetch_state("wine_quality", home)) and state.pid)
        again = start_fetch("wine_quality", home)
        assert (again.status, again.pid) == ("running", pid), "one fetch at a time"
        psutil.Process(pid).kill()
        state = wait_for(lambda: ended(home))
        assert state.status == "failed"
        assert "start it again" in state.message
        assert start_fetch("wine_quality", home).pid == 0


def test_unknown_name(home: Path) -> None:
    with pytest.raises(MTLError, match=r"unknown data set 'beer'; known: .*digits"):
        start_fetch("beer", home)


def test_the_command_says_what_came_of_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MTL_WINE_URL", "http://127.0.0.1:9/w.csv")
    failed = subprocess.run(
        command_line("fetch", "wine_quality", "--json"), capture_output=True, text=True, timeout=60, check=False
    )
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["status"] == "failed"
    fine = subprocess.run(command_line("fetch", "digits"), capture_output=True, text=True, timeout=60, check=False)
    assert fine.returncode == 0
    assert "digits" in fine.stdout
