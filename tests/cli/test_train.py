"""``train`` from outside: what it prints, what it writes, how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtl_core.cli.spec_file import read_spec
from mtl_core.errors import SpecError
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.cli.calls import ENDLESS, QUICK, RESULT_KEYS, begin, call, last_json, nothing_in, spec_file
from tests.waiting import wait_for


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
@pytest.mark.acceptance
def test_a_run_takes_the_threads_that_it_is_given(tmp_path: Path, home: Path) -> None:
    store, cores = Store(home), os.cpu_count() or 1
    for threads in (1, min(2, cores)):
        done = call("train", spec_file(tmp_path), "--threads", str(threads), "--json")
        assert done.returncode == 0, done.stderr
        ((_, started),) = store.events_since(last_json(done.stdout)["run"], kinds=["started"])
        assert started.values["threads"] == threads
    for wrong in ("0", str(cores + 1), "many"):
        done = call("train", spec_file(tmp_path), "--threads", wrong)
        assert done.returncode == 2
        assert f"a whole number from 1 to {cores}" in done.stderr


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


@pytest.mark.parametrize(
    ("content", "settings", "fields"),
    [
        ({**QUICK, "epochs": 0, "seed": -1}, [], {"epochs", "seed"}),
        ({**QUICK, "epochz": 3}, [], {"epochz"}),
        (QUICK, ["weighting.lambdas.quality=-1"], {"weighting.lambdas.quality"}),
        (QUICK, ["optimiser.lr=1", "epochs=0"], {"optimiser", "epochs"}),
        (QUICK, ["epochs"], {"--set"}),
        (QUICK, ["epochs=[1"], {"epochs"}),
        (QUICK, ["optimizer.lr=.nan"], {"optimizer.lr"}),
        (QUICK, ["seed.deep=1", "epochs=0"], {"seed.deep", "epochs"}),
        (QUICK, ["batch_size=100000"], {"batch_size"}),
        ("epochs: [1", [], {"spec"}),
        ("tasks: &tasks [*tasks]", [], {"tasks.0"}),
        ({"schedule": [{"step": 3, "field": "epochs", "value": 100_000_000}]}, [], {"schedule.0"}),
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


def test_a_setting_reaches_into_a_list_that_is_there_by_default(tmp_path: Path, home: Path) -> None:
    path = Path(spec_file(tmp_path))
    spec = read_spec(path, ["architecture=soft", "regularizers.0.strength=0.5"])
    assert [(term.name, term.strength) for term in spec.regularizers] == [("l2_distance", 0.5)]
    with pytest.raises(SpecError, match="no entry of a list of 1"):
        read_spec(path, ["architecture=soft", "regularizers.1.strength=0.5"])


def test_a_reader_that_has_had_enough_is_no_error(home: Path) -> None:
    child = begin("list", "datasets")
    assert child.stdout is not None
    child.stdout.close()
    child.stdout = None
    assert "Traceback" not in child.communicate(timeout=60)[1]


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


def test_an_unknown_field_names_those_that_are_spelled_alike(tmp_path: Path) -> None:
    path = Path(spec_file(tmp_path))
    with pytest.raises(SpecError, match=r"epoch: unknown field; near it: epochs"):
        read_spec(path, ["epoch=3"])
    with pytest.raises(SpecError, match=r"architecture.experts: unknown field of the architecture .* others have it"):
        read_spec(path, ["architecture.experts=3"])
