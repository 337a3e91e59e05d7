"""The script by itself: that it gives a run's numbers, says where it does not, and what cannot be written as one."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl_core.batched.trainer import train_together
from mtl_core.errors import DataError, MTLError, RunNotFound
from mtl_core.events import Event
from mtl_core.export import script_zip
from mtl_core.export.recipe import check
from mtl_core.runs.results import result_of
from mtl_core.runs.writer import dumps
from mtl_core.spec import parse_spec
from tests.export.helpers import Bench, execute


def constant(script: Path, name: str) -> Any:
    """The value of a constant in a script."""
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and target.id == name:
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            return ast.literal_eval(node.value)
    raise KeyError(name)


@pytest.fixture(scope="module")
def folder(bench: Bench, wine: str) -> Path:
    return bench.unpacked(wine)


def test_a_zip_holds_script_data_spec_and_a_word(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "data.npz", "retrain.py", "spec.yaml"]


def test_it_runs_as_a_program_in_an_empty_folder_and_gives_the_numbers(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(folder / "retrain.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "step       6 of 6  quality " in done.stdout
    assert done.stdout.endswith("the numbers of the run\n")


def test_the_numbers_that_it_expects_are_those_of_the_run(bench: Bench, wine: str, folder: Path) -> None:
    expected = constant(folder / "retrain.py", "EXPECTED")
    metrics = result_of(bench.store, bench.store.get(wine))["metrics"]
    assert list(expected) == ["validation", "test"]
    for split, tasks in expected.items():
        for task, values in tasks.items():
            assert list(values) == ["loss", *metrics[split][task]]
            assert {name: value for name, value in values.items() if name != "loss"} == pytest.approx(
                metrics[split][task], rel=1e-9
            )
    assert constant(folder / "retrain.py", "TOLERANCE") == 1e-5


def test_another_number_is_told_and_ends_with_1_unless_any_will_do(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    script = other / "retrain.py"
    text = script.read_text(encoding="utf-8")
    assert "\nLR = 0.01\n" in text
    script.write_text(text.replace("\nLR = 0.01\n", "\nLR = 0.01001\n"), encoding="utf-8")
    ((code, shown),) = execute([other], tmp_path)
    assert code == 1
    assert "differs" in shown
    assert "numbers differ by more than 1e-05" in shown
    ((code, _),) = execute([other], tmp_path, "--any-numbers")
    assert code == 0


def test_the_data_hold_no_pickles(folder: Path) -> None:
    with np.load(folder / "data.npz", allow_pickle=False) as file:
        found = {key: file[key].dtype.kind for key in file.files}
    assert found["input_table"] == "f"
    assert {"target_quality", "target_good", "split_train", "split_validation", "split_test"} <= set(found)


def test_it_says_what_it_is_and_what_it_needs(folder: Path, wine: str) -> None:
    text = (folder / "retrain.py").read_text(encoding="utf-8")
    head = ast.get_docstring(ast.parse(text)) or ""
    assert wine in head
    assert "python retrain.py" in head
    assert "It needs data.npz beside it, and torch, numpy." in head
    assert "mtl_core" not in text
    assert 200 < len(text.splitlines()) < 350


def test_the_same_run_gives_the_same_bytes(bench: Bench, wine: str) -> None:
    assert script_zip(bench.store, wine).content == script_zip(bench.store, wine).content


def test_an_unknown_run_is_named(bench: Bench) -> None:
    with pytest.raises(RunNotFound, match="no run 'nobody'"):
        script_zip(bench.store, "nobody")


def test_a_run_that_has_not_finished_is_refused_with_what_can_be_exported(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    with pytest.raises(MTLError, match=rf"run {run} is queued: a script .* needs a finished run.*export its spec"):
        script_zip(bench.store, run)


def test_a_run_that_makes_pictures_is_refused_with_what_can_be_exported(bench: Bench) -> None:
    spec = parse_spec({"dataset": "shapes"})
    run = bench.store.create(spec, "test")
    result = {"status": "finished", "device": "cpu", "engine": "single", "seconds": 1.0, "epochs": 1, "steps": 1}
    with bench.store.database.write() as connection:
        row = (dumps(result), run)
        connection.execute("UPDATE runs SET status = 'finished', result = ? WHERE id = ?", row)
    with pytest.raises(MTLError, match=r"makes pictures \(task image\).*train it without generation tasks, or export"):
        script_zip(bench.store, run)
    check(parse_spec({"dataset": "shapes", "tasks": ["shape", "mask"]}), run)


def test_data_that_are_others_now_are_refused(bench: Bench) -> None:
    run = bench.train(dataset="tiny_table", epochs=1)
    result = bench.store.get(run).result or {}
    data = {**result["data"], "source": "uci"}
    with bench.store.database.write() as connection:
        connection.execute("UPDATE runs SET result = ? WHERE id = ?", (dumps({**result, "data": data}), run))
    with pytest.raises(DataError, match=r"from 'uci' .*now gives 'generated'"):
        script_zip(bench.store, run)


def test_a_run_of_many_at_once_is_held_against_itself_alone(bench: Bench, tmp_path: Path) -> None:
    specs = [parse_spec({"dataset": "tiny_table", "device": "cpu", "epochs": 30, "seed": seed}) for seed in (1, 2)]
    runs = [bench.store.create(spec, "test") for spec in specs]
    writers = [bench.store.writer(run) for run in runs]
    for place, event in train_together(specs):
        writers[place].append(event)
    folder = bench.unpacked(runs[1])
    text = (folder / "retrain.py").read_text(encoding="utf-8")
    assert "computed as one of many at once" in text
    assert constant(folder / "retrain.py", "TOLERANCE") == 1e-5
    assert "test         y                mse" in (folder / "README.txt").read_text(encoding="utf-8")
    ((code, shown),) = execute([folder], tmp_path)
    assert code == 0, shown


def test_what_is_measured_over_all_tasks_at_once_is_compared_too(bench: Bench, tmp_path: Path) -> None:
    run = bench.train(dataset="tiny_sources", epochs=2)
    overall = result_of(bench.store, bench.store.get(run))["overall"]
    folder = bench.unpacked(run)
    expected = constant(folder / "retrain.py", "EXPECTED")
    assert expected["test"]["(all tasks)"] == pytest.approx(overall["test"], rel=1e-9)
    ((code, shown),) = execute([folder], tmp_path)
    assert code == 0, shown
    assert shown.count("explained_within") == 2


def test_a_run_without_numbers_to_hold_it_against_is_refused(bench: Bench) -> None:
    run = bench.train(dataset="tiny_table", epochs=1)
    with bench.store.database.write() as connection:
        connection.execute("DELETE FROM events WHERE run = ? AND kind = 'evaluation'", (run,))
    writer = bench.store.writer(run)
    writer.append(Event("evaluation", 1, 1.0, 0.1, {"split": "train", "loss": {}, "metrics": {}}))
    writer.flush()
    with pytest.raises(MTLError, match="neither validation nor test rows"):
        script_zip(bench.store, run)
