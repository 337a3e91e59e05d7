"""Several runs as one zip, and exports in a process of their own."""

from __future__ import annotations

import io
import zipfile

import pytest

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.export import EXPORTS, bundle
from mtl_core.export.apart import export_apart
from mtl_core.export.exported import Exported, file_name, zipped
from mtl_core.spec import parse_spec
from tests.export.helpers import Bench


def names(found: Exported) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        return archive.namelist()


def test_a_bundle_has_a_folder_for_each_run(bench: Bench, wine: str) -> None:
    other = bench.train(dataset="tiny_table", epochs=1)
    found = bundle(bench.store, [wine, other, wine], ["spec", "metrics", "report"])
    folders = {name.split("/")[0] for name in names(found)}
    assert folders == {file_name(bench.store.get(run), "") for run in (wine, other)}
    assert len(names(found)) == 6
    assert (found.name, found.left_out) == ("2-runs.zip", ())


def test_what_one_run_cannot_give_is_left_out_and_said(bench: Bench, wine: str) -> None:
    queued = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    found = bundle(bench.store, [wine, queued], ["spec", "state_dict"])
    assert len(found.left_out) == 1
    assert f"run {queued} is queued and has no weights yet" in found.left_out[0]
    assert "left-out.txt" in names(found)


def test_a_bundle_of_nothing_is_refused(bench: Bench, wine: str) -> None:
    queued = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    with pytest.raises(MTLError, match="at least one run and one kind of file, got 0 and 1"):
        bundle(bench.store, [], ["spec"])
    with pytest.raises(MTLError, match=r"must be among spec, metrics, .*got drawing"):
        bundle(bench.store, [wine], ["spec", "drawing"])
    with pytest.raises(MTLError, match="nothing could be exported"):
        bundle(bench.store, [queued], ["state_dict"])
    with pytest.raises(RunNotFound, match="nobody"):
        bundle(bench.store, [wine, "nobody"], ["spec"])


def test_names_of_files_hold_nothing_that_a_system_forbids(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test", name="../My: run*? \u202e日本 " + "x" * 99)
    name = file_name(bench.store.get(run), ".yaml")
    assert name.startswith("my-run-xxxx")
    assert len(name) < 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")


def test_a_zip_of_the_same_files_has_the_same_bytes() -> None:
    assert zipped({"a.txt": b"a", "b.npz": b"b"}) == zipped({"a.txt": b"a", "b.npz": b"b"})


def test_a_process_of_its_own_gives_the_same_bytes(bench: Bench, wine: str) -> None:
    found = export_apart(bench.store, [wine], ["metrics"])
    assert found == EXPORTS["metrics"](bench.store, wine)


def test_a_process_of_its_own_makes_scripts_and_bundles(bench: Bench, wine: str) -> None:
    assert "retrain.py" in names(export_apart(bench.store, [wine], ["script"]))
    queued = bench.store.create(parse_spec({"dataset": "wine_quality"}), "test")
    found = export_apart(bench.store, [wine, queued], ["spec", "script"])
    assert len(names(found)) == 4
    assert "needs a finished run" in found.left_out[0]


def test_what_goes_wrong_there_is_said_here(bench: Bench, wine: str) -> None:
    with pytest.raises(MTLError, match="no run 'nobody'"):
        export_apart(bench.store, ["nobody"], ["report"])
    with pytest.raises(MTLError, match="took longer than 0 s"):
        export_apart(bench.store, [wine], ["report"], seconds=0.01)
