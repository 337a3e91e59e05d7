"""Opening a run: what can be asked, what a page is told of it, and why some cannot be opened."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mtl_core.control import Command
from mtl_core.errors import DataError, MTLError, RunNotFound
from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.predicting.opened import EXAMPLES, open_run
from mtl_core.runs import artifacts
from mtl_core.settings import DATA_DIR_VARIABLE
from mtl_core.spec import parse_spec
from tests.datasets.helpers import drain
from tests.export.helpers import Bench
from tests.predicting.conftest import SPECS, Opens, Runs, opened_run


def test_what_a_page_is_told_is_plain_values(opens: Opens) -> None:
    for name in SPECS:
        about = opens(name).about()
        assert json.loads(json.dumps(about))["run"] == opens(name).run
        assert 0 < about["rows"] <= EXAMPLES
        assert {task["name"] for task in about["tasks"]} == set(opens(name).spec.tasks)


def test_a_table_run_offers_its_columns_and_the_range_of_its_targets(opens: Opens) -> None:
    about = opens("wine").about()
    assert about["inputs"] == {"table": {"kind": "table"}}
    assert [column["name"] for column in about["columns"]][:2] == ["fixed acidity", "volatile acidity"]
    assert [task["range"] for task in about["tasks"]] == [(3.0, 8.0), None]
    assert (about["latent"], about["vocabulary"]) == (None, [])


def test_a_run_that_makes_pictures_offers_z(opens: Opens) -> None:
    about = opens("shapes").about()
    assert about["inputs"] == {"image": {"kind": "image", "channels": 3, "side": 16}}
    assert about["latent"] == {"task": "image", "starts": 24, "ways": 4}


def test_a_run_that_reads_sentences_tells_its_words(opens: Opens) -> None:
    about = opens("scenes").about()
    assert about["inputs"]["text"]["kind"] == "text"
    assert about["vocabulary"][:2] == ["", "<unknown>"]


def test_opening_tells_how_far_it_is(bench: Bench, runs: Runs) -> None:
    opened, progress = drain(open_run(bench.store, runs("digits")))
    assert opened.spec.device == "cpu"
    assert progress


def test_a_run_that_has_not_ended_is_told_of(bench: Bench) -> None:
    spec = parse_spec(SPECS["wine"])
    run = bench.store.create(spec, "test")
    with pytest.raises(MTLError, match=f"run {run} is queued: it can be asked once it has ended"):
        opened_run(bench.store, run)
    begun = bench.store.create(spec, "test", process=this_process())
    with pytest.raises(MTLError, match=f"run {begun} is starting: it can be asked once it has ended; stop it, or wait"):
        opened_run(bench.store, begun)


def test_a_run_without_weights_is_told_of(bench: Bench) -> None:
    run = bench.train(**SPECS["wine"])
    (bench.store.folder(run) / artifacts.CHECKPOINT).unlink()
    with pytest.raises(MTLError, match=f"run {run} is finished and has no weights; run it again"):
        opened_run(bench.store, run)


def test_damaged_weights_are_told_of(bench: Bench) -> None:
    run = bench.train(**SPECS["wine"])
    path = bench.store.folder(run) / artifacts.CHECKPOINT
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(MTLError, match="cannot be read"):
        opened_run(bench.store, run)


def test_no_run_of_that_name(bench: Bench) -> None:
    with pytest.raises(RunNotFound):
        opened_run(bench.store, "nobodys-run0")


def test_data_from_elsewhere_would_have_other_scales(bench: Bench) -> None:
    run = bench.train(**SPECS["wine"])
    state = bench.store.load_checkpoint(run)
    assert state is not None
    artifacts.save_checkpoint(bench.store.folder(run), state | {"source": "uci"})
    with pytest.raises(DataError, match=r"from 'uci', and the data folder now gives 'synthetic'.*train it anew"):
        opened_run(bench.store, run)


def test_data_are_looked_for_where_the_run_had_them(
    bench: Bench, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs("wine")
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "elsewhere"))
    opened_run(bench.store, run)
    assert os.environ[DATA_DIR_VARIABLE] == str(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    monkeypatch.delenv(DATA_DIR_VARIABLE)
    opened_run(bench.store, run)
    assert DATA_DIR_VARIABLE not in os.environ


def test_a_run_that_was_stopped_can_be_asked(bench: Bench) -> None:
    run = bench.store.create(
        parse_spec({**SPECS["wine"], "epochs": 5000, "device": "cpu"}), "test", process=this_process()
    )
    for event in perform(bench.store, run):
        if event.kind == "step" and event.step == 10:
            bench.store.send(run, Command("stop"))
    assert bench.store.get(run).status == "stopped"
    assert opened_run(bench.store, run).run == run
