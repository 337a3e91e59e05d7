"""``runs``, ``list`` and the rest of the command line from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from tests.cli.calls import ENDLESS, QUICK, begin, call, last_json, spec_file
from tests.conftest import PROJECT
from tests.waiting import wait_for


@pytest.mark.slow
@pytest.mark.acceptance
def test_a_run_is_stopped_from_another_process_and_resumed(tmp_path: Path, home: Path) -> None:
    child = begin("train", spec_file(tmp_path, {**ENDLESS, "epochs": 20_000}), "--json")
    store = Store(home)
    wait_for(lambda: store.runs() and store.runs()[0].step > 0, 60)
    run = store.runs()[0].id
    stopped = call("runs", "stop", run, "--json")
    out, _ = child.communicate(timeout=30)
    assert (stopped.returncode, child.returncode) == (0, 3)
    assert last_json(stopped.stdout) == last_json(out)
    again = call("runs", "stop", run)
    assert again.returncode == 1
    assert "stopped already" in again.stderr
    steps = store.get(run).step
    child = begin("runs", "resume", run, "--json")
    wait_for(lambda: store.get(run).attempt == 2 and store.get(run).step > steps, 60)
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=30)
    assert last_json(out)["run"] == run
    assert last_json(out)["steps"] > steps


@pytest.mark.slow
@pytest.mark.acceptance
def test_a_killed_run_is_interrupted_and_can_be_resumed(tmp_path: Path, home: Path) -> None:
    child = begin("train", spec_file(tmp_path, {**QUICK, "epochs": 3000, "evaluate_every": 100}))
    store = Store(home)
    wait_for(lambda: store.runs() and store.runs()[0].step > 0, 60)
    child.kill()
    child.communicate()
    run = store.runs()[0].id
    listed = last_json(call("runs", "list", "--json").stdout)
    assert [(entry["run"], entry["status"]) for entry in listed] == [(run, "interrupted")]
    done = call("runs", "resume", run, "--json")
    assert done.returncode == 0, done.stderr
    assert last_json(done.stdout)["steps"] == 3000
    more = call("runs", "resume", run, "--epochs", "10", "--json")
    assert last_json(more.stdout)["steps"] == 3010


@pytest.mark.parametrize("registry", ["datasets", "architectures", "weightings", "regularizers"])
def test_what_there_is_can_be_listed(registry: str) -> None:
    done = call("list", registry, "--json")
    assert done.returncode == 0
    entries = last_json(done.stdout)
    assert entries
    assert all(entry["name"] and entry["summary"] for entry in entries)
    plain = call("list", registry).stdout
    assert all(entry["name"] in plain for entry in entries)


def test_quick_calls_do_not_import_torch(home: Path) -> None:
    calls = (["list", "datasets"], ["list", "architectures", "--json"], ["runs", "list"], ["--version"])
    for arguments in calls:
        script = (
            "import sys; from mtl_core.cli import main\n"
            f"try: main({arguments!r})\nexcept SystemExit: pass\n"
            "sys.exit('torch' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_an_empty_store_says_what_to_do(home: Path) -> None:
    done = call("runs", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no runs yet" in done.stdout
    assert last_json(call("runs", "list", "--json").stdout) == []


@pytest.mark.parametrize("action", ["show", "stop", "resume"])
def test_an_unknown_run_is_named(action: str) -> None:
    done = call("runs", action, "nobody", "--json")
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert "nobody" in last_json(done.stdout)["error"]


def test_a_prefix_of_several_runs_is_refused(home: Path) -> None:
    store = Store(home)
    firsts: set[str] = set()
    while True:  # ids begin with one of 62 characters: two of 63 begin alike
        run = store.create(RunSpec(), "cli")
        if run[0] in firsts:
            break
        firsts.add(run[0])
    done = call("runs", "show", run[0])
    assert done.returncode == 1
    assert "begins the ids of" in done.stderr


def test_a_queued_run_is_stopped_and_shown(home: Path) -> None:
    store = Store(home)
    run = store.create(RunSpec(), "cli", name="mine")
    assert call("runs", "stop", run).returncode == 0
    shown = call("runs", "show", run)
    assert "stopped after 0 epochs" in shown.stdout
    assert "mine" in shown.stdout
    assert store.get(run).status == "stopped"


def test_the_owner_of_a_run_is_not_given_away(home: Path) -> None:
    run = Store(home).create(RunSpec(), "a-secret-token")
    for arguments in (("list", "--json"), ("show", run, "--json"), ("show", run)):
        assert "a-secret-token" not in call("runs", *arguments).stdout


@pytest.mark.slow
@pytest.mark.acceptance
def test_a_detached_resume_is_the_runners_work(tmp_path: Path, home: Path) -> None:
    run = last_json(call("train", spec_file(tmp_path), "--json").stdout)["run"]
    done = call("runs", "resume", run, "--epochs", "5", "--detach")
    assert (done.returncode, done.stdout) == (0, f"run {run}: queued\n")
    store = Store(home)
    wait_for(lambda: store.get(run).status == "finished", 120)
    assert store.get(run).step == 10


def test_a_command_that_does_not_exist_is_refused() -> None:
    done = call("trane")
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
