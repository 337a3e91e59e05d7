"""``export``: files where they are asked for, and reasons where they cannot be made."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch
from pyarrow import parquet

from mtl_core.cli.export import add_export_parser, export_command
from mtl_core.errors import MTLError, SpecError
from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.cli.calls import QUICK


@pytest.fixture
def run(offline: None) -> str:
    """A short run of wine's stand-in."""
    store = Store()
    made = store.create(parse_spec(QUICK), "cli", name="quick", process=this_process())
    for _ in perform(store, made):
        pass
    return made


def export(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_export_parser(parser.add_subparsers(dest="command"))
    return export_command(parser.parse_args(["export", *map(str, arguments)]))


def test_a_script_is_written_into_a_folder_or_as_a_zip(run: str, tmp_path: Path) -> None:
    assert export(run, "--script", "--out", tmp_path / "deep" / "script") == 0
    found = sorted(path.name for path in (tmp_path / "deep" / "script").iterdir())
    assert found == ["README.txt", "data.npz", "retrain.py", "spec.yaml"]
    assert export(run, "--script", "--out", tmp_path / "script.zip") == 0
    assert (tmp_path / "script.zip").read_bytes()[:2] == b"PK"


def test_the_ending_says_which_format(run: str, tmp_path: Path) -> None:
    assert export(run, "--metrics", "--out", tmp_path / "m.csv") == 0
    assert export(run, "--metrics", "--out", tmp_path / "m.parquet") == 0
    assert export(run, "--weights", "--out", tmp_path / "w.pt") == 0
    rows = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    assert parquet.read_table(tmp_path / "m.parquet").num_rows == len(rows) - 1
    assert "parts.quality/head.weight" in torch.load(tmp_path / "w.pt", weights_only=True)


def test_a_folder_takes_the_file_under_its_own_name(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(run[:6], "--report", "--out", tmp_path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    file = Path(told["file"])
    assert file.parent == tmp_path
    assert file.name == told["name"]
    assert file.name.startswith("quick-")
    assert (told["runs"], told["what"], told["mime"], told["left_out"]) == ([run], ["report"], "text/html", [])
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_several_kinds_and_runs_are_one_zip(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Store().create(parse_spec(QUICK), "cli")
    assert export(run, other, "--spec", "--state-dict", "--out", tmp_path / "all.zip") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == str(tmp_path / "all.zip")
    assert f"run {other} is queued and has no weights yet" in shown[1]


def test_asking_for_nothing_names_what_there_is(run: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"say what to export: --spec, --metrics, .*--script"):
        export(run, "--out", tmp_path)


def test_an_unknown_run_is_named_and_nothing_is_written(run: str, tmp_path: Path) -> None:
    with pytest.raises(MTLError, match="no run 'nobody'"):
        export("nobody", "--spec", "--out", tmp_path / "new" / "spec.yaml")
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_to_is_named(run: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(SpecError, match="--out: must be a place that can be written to"):
        export(run, "--spec", "--out", tmp_path / "file" / "spec.yaml")
    with pytest.raises(SpecError, match="--out: must be a place that can be written to"):
        export(run, "--script", "--out", tmp_path / "file" / "folder")
