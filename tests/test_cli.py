"""The command line from outside: what it prints, what it writes, how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.conftest import PROJECT
from tests.waiting import wait_for

CLOSED_PORT = "http://127.0.0.1:9"
QUICK: dict[str, Any] = {
    "dataset": {"name": "wine_quality"},
    "architecture": {"name": "hard", "hidden": [8]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "epochs": 5,
    "device": "cpu",
}
ENDLESS = {**QUICK, "epochs": 1_000_000, "evaluate_every": 1000}
RESULT_KEYS = [
    "run",
    "status",
    "seconds",
    "epochs",
    "steps",
    "device",
    "engine",
    "parameters",
    "data",
    "metrics",
    "error",
]


@pytest.fixture(autouse=True)
def offline(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own, an empty data folder and no network: wine is the stand-in."""
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, CLOSED_PORT)


def begin(*arguments: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "mtl_core", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, env={**os.environ}, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    child = begin(*arguments)
    out, err = child.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, child.returncode, out, err)


def spec_file(folder: Path, spec: Any = QUICK) -> str:
    path = folder / "spec.yaml"
    path.write_text(spec if isinstance(spec, str) else yaml.safe_dump(spec), encoding="utf-8")
    return str(path)


def nothing_in(home: Path) -> bool:
    return not home.exists() or not any(home.iterdir())


def last_json(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])


@pytest.mark.slow
def test_a_run_prints_the_contracts_result_and_writes_its_files(tmp_path: Path, home: Path) -> None:
    out = tmp_path / "out"
    done = call("train", spec_file(tmp_path), "--set", "weighting.lambdas.quality=2", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    result = last_json(done.stdout)
    assert list(result) == RESULT_KEYS
    assert (result["status"], result["epochs"], result["steps"], result["error"]) == ("finished", 5, 5, None)
    assert result["parameters"]["shared"] > 0
    assert set(result["metrics"]["test"]["quality"]) == {"mse", "mae", "r2"}
    assert "epoch 5.0" in done.stderr
    assert "stand-in" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["metrics.csv", "result.json", "spec.yaml", "weights.pt"]
    assert json.loads((out / "result.json").read_text()) == result
    spec = parse_spec(yaml.safe_load((out / "spec.yaml").read_text()))
    assert spec == parse_spec({**QUICK, "weighting": {"lambdas": {"quality": 2}}})
    rows = list(csv.DictReader((out / "metrics.csv").open()))
    assert list(rows[0]) == ["step", "epoch", "split", "task", "name", "value"]
    mse = [row for row in rows if (row["split"], row["task"], row["name"]) == ("test", "quality", "mse")]
    assert [float(row["value"]) for row in mse] == [result["metrics"]["test"]["quality"]["mse"]]
    assert len([row for row in rows if (row["task"], row["name"]) == ("quality", "step_loss")]) == 5
    check_weights(spec, out / "weights.pt")
    shown = last_json(call("runs", "show", result["run"][:8], "--json").stdout)
    assert (shown["run"], shown["status"], shown["result"]) == (result["run"], "finished", result)
    assert (home / "runs.db").exists()


def check_weights(spec: RunSpec, path: Path) -> None:
    import torch

    from mtl_core.network import Network

    Network(spec.layout(), spec.seed).load_state_dict(torch.load(path, weights_only=True))


@pytest.mark.slow
def test_a_summary_for_people_stands_on_stdout(tmp_path: Path) -> None:
    done = call("train", spec_file(tmp_path))
    assert done.returncode == 0
    assert "finished after 5 epochs" in done.stdout
    assert "mse" in done.stdout


@pytest.mark.slow
def test_a_diverging_run_fails_with_step_task_and_advice(tmp_path: Path) -> None:
    done = call("train", spec_file(tmp_path, {**QUICK, "optimizer": {"name": "sgd", "lr": 100.0}}), "--json")
    assert done.returncode == 1
    result = last_json(done.stdout)
    assert list(result) == RESULT_KEYS
    assert result["status"] == "failed"
    assert all(words in result["error"] for words in ("quality", "step", "try"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can answer")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_in_good_order(tmp_path: Path, home: Path, number: signal.Signals) -> None:
    child = begin("train", spec_file(tmp_path, ENDLESS), "--json")
    store = Store(home)
    wait_for(lambda: store.runs() and store.runs()[0].step > 0, 60)
    child.send_signal(number)
    out, _ = child.communicate(timeout=30)
    assert child.returncode == 3
    assert last_json(out)["status"] == "stopped"
    assert store.runs()[0].status == "stopped"


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("content", "settings", "fields"),
    [
        ({**QUICK, "epochs": 0, "seed": -1}, [], {"epochs", "seed"}),
        ({**QUICK, "epochz": 3}, [], {"epochz"}),
        (QUICK, ["weighting.lambdas.quality=-1"], {"weighting.lambdas.quality"}),
        (QUICK, ["optimiser.lr=1", "epochs=0"], {"optimiser", "epochs"}),
        (QUICK, ["epochs"], {"--set"}),
        (QUICK, ["epochs=[1"], {"epochs"}),
        (QUICK, ["seed.deep=1", "epochs=0"], {"seed.deep", "epochs"}),
        (QUICK, ["batch_size=100000"], {"batch_size"}),
        ("epochs: [1", [], {"spec"}),
        ("- a list", [], {"spec"}),
    ],
)
def test_a_bad_spec_names_every_field_and_creates_nothing(
    tmp_path: Path, home: Path, content: Any, settings: list[str], fields: set[str]
) -> None:
    options = [part for setting in settings for part in ("--set", setting)]
    if isinstance(content, dict):
        content = {**content, **({"seed": 3} if "seed.deep=1" in settings else {})}
    out = tmp_path / "out"
    done = call("train", spec_file(tmp_path, content), *options, "--out", str(out), "--json")
    assert done.returncode == 2
    answer = last_json(done.stdout)
    assert answer["error"]
    assert {problem["field"] for problem in answer["problems"]} == fields
    assert all(problem["rule"] and "value" in problem for problem in answer["problems"])
    for field in fields:
        assert field in done.stderr
    assert "Traceback" not in done.stderr
    assert nothing_in(home)
    assert not out.exists()


def test_a_missing_spec_file_is_named(tmp_path: Path, home: Path) -> None:
    done = call("train", str(tmp_path / "nowhere.yaml"))
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr
    assert "No such file" in done.stderr
    assert done.stdout == ""
    assert nothing_in(home)


def test_a_folder_that_cannot_be_written_to_is_named_before_anything_is_made(tmp_path: Path, home: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = call("train", spec_file(tmp_path), "--out", str(tmp_path / "taken" / "out"), "--json")
    assert done.returncode == 2
    assert last_json(done.stdout)["problems"][0]["field"] == "--out"
    assert nothing_in(home)


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
