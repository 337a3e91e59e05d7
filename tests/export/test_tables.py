"""Metrics as CSV and Parquet, the spec as YAML, the weights as safetensors and state_dict."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from pyarrow import parquet

from mtl_core.cli.outputs import COLUMNS, write_outputs
from mtl_core.errors import MTLError, RunNotFound
from mtl_core.export import EXPORTS
from mtl_core.network import Network
from mtl_core.runs.results import result_of
from mtl_core.spec import parse_spec
from tests.export.helpers import Bench


@pytest.fixture(scope="module")
def written(bench: Bench, wine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``--out`` writes of the same run."""
    folder = tmp_path_factory.mktemp("out")
    record = bench.store.get(wine)
    write_outputs(bench.store, record, result_of(bench.store, record), folder)
    return folder


def test_the_csv_is_what_out_writes(bench: Bench, wine: str, written: Path) -> None:
    found = EXPORTS["metrics"](bench.store, wine)
    assert found.content == (written / "metrics.csv").read_bytes()
    assert found.name == f"wine-quality-{wine.replace('_', '-')}-metrics.csv"


def test_parquet_has_the_rows_of_the_csv_with_numbers_as_numbers(bench: Bench, wine: str) -> None:
    table = parquet.read_table(io.BytesIO(EXPORTS["parquet"](bench.store, wine).content))
    assert table.column_names == list(COLUMNS)
    assert [str(kind) for kind in table.schema.types] == ["int64", "double", "string", "string", "string", "double"]
    rows = list(csv.DictReader(io.StringIO(EXPORTS["metrics"](bench.store, wine).content.decode())))
    values = [float(row["value"]) if row["value"] else None for row in rows]
    assert table.column("value").to_pylist() == values
    assert table.column("task").to_pylist() == [row["task"] for row in rows]
    assert len(rows) > 50


def test_a_run_without_numbers_gives_tables_without_rows(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    assert EXPORTS["metrics"](bench.store, run).content.decode().split() == [",".join(COLUMNS)]
    assert parquet.read_table(io.BytesIO(EXPORTS["parquet"](bench.store, run).content)).num_rows == 0


def test_the_spec_is_the_runs_with_its_changes(bench: Bench, wine: str, written: Path) -> None:
    found = EXPORTS["spec"](bench.store, wine)
    assert found.content == (written / "spec.yaml").read_bytes()
    again = parse_spec(yaml.safe_load(found.content))
    assert again == parse_spec(bench.store.get(wine).spec)
    assert again.schedule[0].step == 3


def test_safetensors_hold_the_weights_and_say_of_which_run(bench: Bench, wine: str, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors", reason="the library safetensors is not installed")
    path = tmp_path / "weights.safetensors"
    path.write_bytes(EXPORTS["weights"](bench.store, wine).content)
    with library.safe_open(path, "pt") as file:
        names = file.keys()
        found = {name: file.get_tensor(name) for name in names}
        about: dict[str, Any] = file.metadata()
    spec = parse_spec(bench.store.get(wine).spec)
    network = Network(spec.layout(), spec.seed)
    network.load_state_dict(found)
    assert about["run"] == wine
    assert parse_spec(yaml.safe_load(about["spec"])) == spec
    saved = (bench.store.load_checkpoint(wine) or {})["network"]
    assert found.keys() == saved.keys()
    assert all(torch.equal(found[name], saved[name]) for name in saved)


def test_maps_of_pictures_go_into_safetensors(bench: Bench) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="the library safetensors is not installed")
    run = bench.train(dataset="tiny_images", epochs=1)
    found = safetensors.load(EXPORTS["weights"](bench.store, run).content)
    assert any(tensor.dim() == 4 for tensor in found.values())


def test_the_average_of_a_generator_is_among_the_weights(bench: Bench) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="the library safetensors is not installed")
    small = {"name": "shapes", "options": {"rows": 100, "size": 16}}
    run = bench.train(dataset=small, tasks=["image"], generation={"name": "gan", "channels": 8}, epochs=1)
    found = safetensors.load(EXPORTS["weights"](bench.store, run).content)
    spec = parse_spec(bench.store.get(run).spec)
    network = Network(spec.layout(), spec.seed)
    network.load_state_dict(found)
    maker = spec.generation.decoder(network.parts, spec.task_list()[0])
    weight = found["parts.image/generator.average.twin.style.0.weight"]
    assert torch.equal(maker.style[0].weight, weight)
    assert not torch.equal(weight, found["parts.image/generator.style.0.weight"])


def test_a_state_dict_is_what_out_writes_and_loads_without_pickles(bench: Bench, wine: str, written: Path) -> None:
    found = torch.load(io.BytesIO(EXPORTS["state_dict"](bench.store, wine).content), weights_only=True)
    saved = torch.load(written / "weights.pt", weights_only=True)
    assert found.keys() == saved.keys()
    assert all(torch.equal(found[name], saved[name]) for name in saved)


@pytest.mark.parametrize("what", ["weights", "state_dict"])
def test_a_run_without_weights_says_so(bench: Bench, what: str) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    with pytest.raises(MTLError, match=f"run {run} is queued and has no weights yet.*export its spec"):
        EXPORTS[what](bench.store, run)


def test_without_the_library_there_is_a_way_out(bench: Bench, wine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(MTLError, match="`pip install safetensors`, or export a state_dict"):
        EXPORTS["weights"](bench.store, wine)


@pytest.mark.parametrize("what", EXPORTS)
def test_an_unknown_run_is_named(bench: Bench, what: str) -> None:
    with pytest.raises(RunNotFound, match="nobody"):
        EXPORTS[what](bench.store, "nobody")
