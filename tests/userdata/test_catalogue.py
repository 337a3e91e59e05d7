"""Adding, listing, sharing, removing, exporting: what is kept, who sees it, and what is left."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mtl_core.errors import DataError, SpecError
from mtl_core.userdata import catalogue, keeping
from mtl_core.userdata.adding import add, examine
from mtl_core.userdata.exporting import exported
from mtl_core.userdata.inspection import inspect
from tests.userdata.makers import archive, flats, looked_at, scenes, uses

ANNA, BEN = "a" * 43, "b" * 43


def added(name: str = "Flats", owner: str = ANNA, rows: int = 80) -> str:
    return add(looked_at(flats(rows)), uses(rent="regression", quiet="binary"), name, owner)


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_added_is_kept_without_anything_that_could_run(home: Path) -> None:
    data = added()
    assert re.fullmatch(r"flats-[0-9a-f]{12}", data)
    assert files_under(home / "own") == [
        "arrays.npz",
        "findings.json",
        "manifest.json",
        "pictures.npz",
        "preview.json",
        "words.json",
    ]
    with np.load(home / "own" / data / "arrays.npz", allow_pickle=False) as arrays:
        assert {arrays[key].dtype.kind for key in arrays.files} <= {"f", "i", "u"}
    manifest = keeping.manifest_of(data)
    assert (manifest.name, manifest.rows, manifest.shared, manifest.ignored) == ("Flats", 80, False, ["flat id"])
    assert [(c.name, c.role, c.kind) for c in manifest.columns] == [
        ("area", "input", "numeric"),
        ("age", "input", "numeric"),
        ("district", "input", "categorical"),
        ("rent", "target", "regression"),
        ("quiet", "target", "binary"),
    ]
    assert manifest.targets()[1].classes == ["no", "yes"]
    assert (manifest.origin.name, len(manifest.origin.sha256)) == ("some.csv", 64)


def test_an_owners_data_are_private_until_shared() -> None:
    data = added()
    assert [entry.id for entry in catalogue.listing(ANNA)] == [data]
    assert catalogue.listing(BEN) == []
    assert catalogue.usable(data, ANNA)
    assert not catalogue.usable(data, BEN)
    catalogue.share(data, ANNA)
    (seen,) = catalogue.listing(BEN)
    assert (seen.id, seen.mine, seen.shared, seen.tasks) == (data, False, True, ("rent", "quiet"))
    assert catalogue.usable(data, BEN)
    catalogue.share(data, ANNA, shared=False)
    assert catalogue.listing(BEN) == []
    assert [entry.id for entry in catalogue.listing(BEN, everything=True)] == [data]


@pytest.mark.parametrize("act", [catalogue.share, catalogue.remove])
def test_only_the_owner_may_share_or_remove(act: object) -> None:
    data = added()
    with pytest.raises(DataError, match=r"no data set .* of yours"):
        act(data, BEN)  # type: ignore[operator]
    assert [entry.id for entry in catalogue.listing(ANNA)] == [data]


def test_removing_deletes_rows_and_leaves_what_runs_need(home: Path) -> None:
    data = added()
    catalogue.remove(data, ANNA)
    assert catalogue.listing(ANNA) == []
    assert files_under(home / "own") == ["manifest.json"]
    left = (home / "own" / data / "manifest.json").read_text("utf-8")
    assert not any(word in left for word in ("harbour", "hills", "old town", "some.csv", "flat id"))
    assert [task.name for task in keeping.manifest_of(data).tasks()] == ["rent", "quiet"]
    assert keeping.preview_of(data) == {}
    with pytest.raises(DataError, match="were removed by their owner"):
        keeping.arrays_of(data)
    with pytest.raises(DataError, match="of yours"):
        catalogue.remove(data, ANNA)


def test_a_name_is_used_once_an_owner_and_cleaned() -> None:
    added("My  \u202eflats\n")
    assert [entry.name for entry in catalogue.listing(ANNA)] == ["My flats"]
    with pytest.raises(SpecError, match="you have a data set of this name"):
        added("My flats")
    added("My flats", BEN)
    for bad in ("", " \t", "x" * 101):
        with pytest.raises(SpecError, match="name: must have 1 to 100 letters"):
            added(bad)


def test_names_in_any_script_make_a_plain_folder(home: Path) -> None:
    for name, start in (("葡萄酒", "data"), ("Größe & Maß", "groe-ma"), ("../../etc", "etc"), ("x" * 90, "x" * 30)):
        data = added(name)
        assert data.startswith(f"{start}-"), data
        assert (home / "own" / data).is_dir()


@pytest.mark.parametrize(
    "data", ["../flats-000000000000", "flats", "/etc", "", "flats-00000000000G", "a/b-000000000000"]
)
def test_an_id_that_is_none_leads_nowhere(data: str) -> None:
    assert not keeping.exists(data)
    with pytest.raises(DataError, match="there is no data set"):
        keeping.manifest_of(data)


def test_data_with_errors_are_not_kept(home: Path) -> None:
    with pytest.raises(DataError, match="Only 6 rows have a target"):
        added(rows=6)
    assert not (home / "own").exists()


def test_nothing_is_left_where_writing_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DataError, match="No space left on device"):
        added()
    assert files_under(home / "own") == []
    assert catalogue.listing(ANNA) == []


def test_damaged_files_are_named_and_hide_nothing_else(home: Path) -> None:
    good, bad, cut = added("good"), added("bad"), added("cut")
    (home / "own" / bad / "manifest.json").write_text('{"version": 1}')
    arrays = home / "own" / cut / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-400])
    assert {entry.id for entry in catalogue.listing(ANNA)} == {good, cut}
    assert {entry.id: bool(entry.trouble) for entry in catalogue.listing(ANNA, everything=True)} == {
        good: False,
        bad: True,
        cut: False,
    }
    with pytest.raises(DataError, match="is damaged"):
        keeping.manifest_of(bad)
    with pytest.raises(DataError, match="is damaged"):
        keeping.arrays_of(cut)


def test_a_pickled_array_is_refused(home: Path) -> None:
    data = added()
    with (home / "own" / data / "arrays.npz").open("wb") as stream:
        np.savez(stream, c0=np.array([object()]))
    with pytest.raises(DataError, match="is damaged"):
        keeping.arrays_of(data)


def test_an_owner_has_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.userdata.adding.MOST_SETS", 2)
    added("one")
    added("two")
    with pytest.raises(DataError, match="you have 2 data sets"):
        added("three")
    added("three", BEN)


def test_what_is_exported_can_be_added_again() -> None:
    chosen = uses(mask="segmentation", colour="binary", width="regression")
    for inspection, choices in (
        (looked_at(flats()), uses(rent="regression", quiet="binary")),
        (inspect(archive(scenes()), "s.zip"), chosen),
    ):
        data = add(inspection, choices, f"first {len(choices)}", ANNA)
        content = exported(data)
        again = examine(inspect(content, "again.zip"), choices)
        before = keeping.prepared_of(data)
        assert [c.name for c in again.prepared.columns] == [c.name for c in before.columns]
        for one, other in zip(again.prepared.columns, before.columns, strict=True):
            assert np.array_equal(
                again.prepared.of(one), before.of(other), equal_nan=one.kind in ("numeric", "regression")
            )
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert ANNA not in packed.read("manifest.json").decode()


def test_the_preview_has_first_rows_and_pictures() -> None:
    shown = keeping.preview_of(added())
    assert shown["columns"] == ["area", "age", "district", "rent", "quiet"]
    assert len(shown["rows"]) == 8
    assert shown["rows"][0][:3] == [None, None, None]
    assert len(shown["images"]) == 0
    data = add(inspect(archive(scenes()), "s.zip"), uses(mask="segmentation", colour="binary"), "scenes", ANNA)
    shown = keeping.preview_of(data)
    assert shown["images"].shape == (10, 32, 32, 3)
    assert {*shown["captions"]} == {"red", "blue"}


def test_findings_are_kept_beside_the_data() -> None:
    columns = flats()
    columns["area"][4] = "many"
    data = add(looked_at(columns), uses(rent="regression", quiet="binary"), "f", ANNA)
    kept = keeping.json_of(data, keeping.FINDINGS)
    assert [one["code"] for one in kept].count("not_numbers") == 1
    assert "6: 'many'" in json.dumps(kept)
