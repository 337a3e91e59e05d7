"""The runner and its workers, as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from mtl_core.control import Command
from mtl_core.errors import MTLError
from mtl_core.execution import local, processes
from mtl_core.execution.local import ensure_runner, runner_info
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.conftest import PROJECT
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
QUICK: dict[str, Any] = {"architecture": {"name": "hard", "hidden": [8]}, "epochs": 30, "device": "cpu"}
LONG = {**QUICK, "epochs": 200_000, "evaluate_every": 1000}


def begin(store: Store, spec: dict[str, Any] | None = None, owner: str = "owner", pace: float | None = None) -> str:
    return store.create(parse_spec(spec or QUICK), owner, pace=pace)


def ended(store: Store, run: str, seconds: float = 60.0) -> RunRecord:
    wait_for(lambda: store.get(run).ended_for_now, seconds)
    return store.get(run)


def stepping(store: Store, run: str) -> RunRecord:
    wait_for(lambda: store.get(run).step > 0 or store.get(run).ended_for_now, 60)
    return store.get(run)


def runners_of(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == ["runner"] and process.environ().get("MTL_HOME") == str(home):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def test_a_run_goes_through_the_queue_to_its_result(warm: Store) -> None:
    record = ended(warm, begin(warm))
    assert record.status == "finished", record.error
    assert (record.step, record.attempt, record.process) == (30, 1, None)
    assert record.result is not None
    assert record.result["run"] == record.id
    assert record.result["metrics"]["test"]["quality"]["mse"] > 0
    kinds = [event.kind for _, event in warm.events_since(record.id)]
    assert kinds[-1] == "finished"
    assert kinds.count("step") == 30


def test_the_first_step_of_a_warm_worker_is_there_at_once(
    warm: Store, record_measurement: Callable[[str, str, str], None]
) -> None:
    waits = []
    for _ in range(5):
        began = time.monotonic()
        run = begin(warm)
        wait_for(lambda run=run: warm.events_since(run, kinds=["step"]), every=0.002)  # type: ignore[misc]
        waits.append(time.monotonic() - began)
        ended(warm, run)
    median = sorted(waits)[2]
    record_measurement("a run is created → its first step is in the store, warm worker", f"{median:.3f} s", "≤ 0.3 s")
    assert median <= 0.3, waits


def test_a_stop_takes_less_than_a_second(warm: Store, record_measurement: Callable[[str, str, str], None]) -> None:
    run = begin(warm, LONG)
    stepping(warm, run)
    began = time.monotonic()
    warm.send(run, Command("stop"))
    record = ended(warm, run)
    took = time.monotonic() - began
    record_measurement("a stop is ordered → the run has stopped", f"{took:.3f} s", "≤ 1 s")
    assert record.status == "stopped"
    assert took <= 1.0


def test_a_new_value_acts_within_a_tenth_of_a_second_and_is_kept(warm: Store) -> None:
    run = begin(warm, LONG)
    stepping(warm, run)
    warm.send(run, Command("set", "weighting.lambdas.quality", 2.0))
    wait_for(lambda: warm.events_since(run, kinds=["change"]))
    warm.send(run, Command("stop"))
    entry = ended(warm, run).spec["schedule"][0]
    assert (entry["field"], entry["value"]) == ("weighting.lambdas.quality", 2.0)
    change = warm.events_since(run, kinds=["change"])[0][1]
    assert entry["step"] == change.step
    before = [event for _, event in warm.events_since(run, kinds=["step"]) if event.step <= change.step][-1]
    assert before.values["weights"]["quality"] == 0.5


def test_a_pause_is_shown_and_one_step_is_one_step(warm: Store) -> None:
    run = begin(warm, LONG)
    stepping(warm, run)
    warm.send(run, Command("pause"))
    wait_for(lambda: warm.get(run).status == "paused")
    at = warm.get(run).step
    warm.send(run, Command("step"))
    wait_for(lambda: warm.get(run).step == at + 1)
    warm.send(run, Command("resume"))
    wait_for(lambda: warm.get(run).status == "running" and warm.get(run).step > at + 1)
    warm.send(run, Command("stop"))
    assert ended(warm, run).status == "stopped"


def test_a_run_that_fails_says_so_and_the_next_one_is_well(warm: Store) -> None:
    bad = {**QUICK, "optimizer": {"name": "sgd", "lr": 100.0}}
    record = ended(warm, begin(warm, bad))
    assert record.status == "failed"
    assert record.error is not None
    assert "step" in record.error["where"]
    assert ended(warm, begin(warm)).status == "finished"


def test_a_finished_run_goes_on_for_more_epochs(warm: Store) -> None:
    run = begin(warm)
    ended(warm, run)
    warm.requeue(run, more_epochs=10)
    wait_for(lambda: warm.get(run).attempt == 2)
    record = ended(warm, run)
    assert (record.status, record.step) == ("finished", 40)
    assert [event.step for _, event in warm.events_since(run, kinds=["step"])] == list(range(1, 41))


def test_no_more_runs_train_than_there_are_workers(warm: Store) -> None:
    runs = [begin(warm, LONG, owner=f"owner {number}") for number in range(4)]
    for run in runs[:2]:
        stepping(warm, run)
    assert [warm.get(run).status for run in runs[2:]] == ["queued", "queued"]
    for run in reversed(runs):
        warm.send(run, Command("stop"))
    assert {ended(warm, run).status for run in runs} == {"stopped"}


def test_a_killed_worker_leaves_an_interrupted_run_that_can_go_on(warm: Store) -> None:
    run = begin(warm, {**QUICK, "epochs": 200}, pace=60.0)
    record = stepping(warm, run)
    assert record.process is not None
    seen = warm.events_since(run)
    processes.end(record.process, forcibly=True)
    record = ended(warm, run)
    assert record.status == "interrupted"
    assert record.error is not None
    if sys.platform != "win32":
        assert "SIGKILL" in record.error["message"]
    stored = dict(warm.events_since(run))
    assert all(stored[seq] == event for seq, event in seen)
    warm.send(run, Command("pace"))
    warm.requeue(run)
    wait_for(lambda: warm.get(run).attempt == 2)
    assert ended(warm, run, 120).status == "finished"


@pytest.mark.acceptance
def test_a_worker_that_does_not_answer_a_stop_is_ended(warm: Store) -> None:
    run = begin(warm, LONG)
    record = stepping(warm, run)
    assert record.process is not None
    worker = processes.find(record.process)
    assert worker is not None
    worker.suspend()
    warm.send(run, Command("stop"))
    record = ended(warm, run, 30)
    assert record.status == "interrupted"
    assert record.error is not None
    assert "stop was asked for and not answered" in record.error["message"]
    assert record.stop_requested is not None
    assert record.ended is not None
    assert record.ended - record.stop_requested < 12


def test_many_callers_start_one_runner(home: Path, offline: Path) -> None:
    script = "import sys; from mtl_core.execution.local import ensure_runner; print(ensure_runner().pid)"
    with ThreadPoolExecutor(4) as threads:
        in_threads = [threads.submit(ensure_runner, home) for _ in range(4)]
        others = [
            subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        pids = {task.result().pid for task in in_threads}
        pids |= {int(other.communicate(timeout=60)[0]) for other in others}
    assert len(pids) == 1
    assert [process.pid for process in runners_of(home)] == list(pids)


def test_a_killed_runner_harms_no_run_and_the_next_one_adopts_it(store: Store) -> None:
    first = ensure_runner(store.home)
    run = begin(store, LONG)
    before = stepping(store, run)
    processes.end(first.process, forcibly=True)
    wait_for(lambda: not processes.alive(first.process))
    second = ensure_runner(store.home)
    assert second.pid != first.pid
    wait_for(lambda: store.get(run).step > before.step + 1000)
    record = store.get(run)
    assert (record.status, record.process, record.attempt) == ("running", before.process, 1)
    assert record.process is not None
    processes.end(record.process, forcibly=True)
    assert ended(store, run).status == "interrupted", "the new runner looks after it"


@pytest.mark.acceptance
def test_newer_code_replaces_the_runner_and_its_runs_go_on(store: Store) -> None:
    first = ensure_runner(store.home)
    run = begin(store, LONG)
    before = stepping(store, run)
    info = json.loads((store.home / local.INFO).read_text())
    (store.home / local.INFO).write_text(json.dumps(info | {"version": "older", "code_time": 1.0}))
    second = ensure_runner(store.home)
    assert second.pid != first.pid
    wait_for(lambda: store.get(run).step > before.step + 1000)
    assert processes.alive(first.process), "it drains"
    later = begin(store)
    assert ended(store, later, 120).status == "finished"
    assert store.get(run).status == "running"
    store.send(run, Command("stop"))
    assert ended(store, run).status == "stopped"
    wait_for(lambda: not processes.alive(first.process))
    now = runner_info(store.home)
    assert now is not None
    assert now.process == second.process


def test_older_code_does_not_replace_a_runner(home: Path, offline: Path) -> None:
    first = ensure_runner(home)
    info = json.loads((home / local.INFO).read_text())
    (home / local.INFO).write_text(json.dumps(info | {"version": "newer", "code_time": time.time() + 1000}))
    assert ensure_runner(home).process == first.process


def test_a_runner_that_nobody_needs_ends(store: Store) -> None:
    ensure_runner(store.home)
    first = runner_info(store.home)
    assert first is not None
    processes.end(first.process, forcibly=True)
    os.utime(store.home / local.HEARTBEAT, (1.0, 1.0))
    log = store.home / "logs" / "idle.log"
    arguments = processes.command_line("runner", "--idle-seconds", "0.5")
    child = processes.spawn_detached(arguments, processes.environment(store.home), log)
    wait_for(lambda: child.poll() is not None, 60)
    assert child.returncode == 0
    assert runner_info(store.home) is None
    assert "nobody there" in log.read_text()


def test_a_runner_that_cannot_start_says_where_its_log_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_WORKERS", "none")
    with pytest.raises(MTLError, match=r"MTL_WORKERS must be.*runner\.log"):
        ensure_runner(home)
