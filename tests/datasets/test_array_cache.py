"""Kept arrays: found again for the same files, and for nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets.array_cache import cached, keep, key_of
from mtl_core.errors import DataError
from mtl_core.settings import home_dir
from tests.datasets.helpers import files_in

ARRAYS = {"a": np.arange(12, dtype=np.uint8).reshape(3, 4), "b": np.array(7)}
pytestmark = pytest.mark.usefixtures("home")


def test_what_was_kept_is_found_under_its_key_only() -> None:
    assert cached("set", "key", ("a",)) is None
    assert keep("set", "key", ARRAYS) == ""
    found = cached("set", "key", ("a", "b"))
    assert found is not None
    assert {name: values.tolist() for name, values in found.items()} == {"a": ARRAYS["a"].tolist(), "b": 7}
    assert (found["a"].dtype, list(cached("set", "key", ("b",)) or {})) == (np.uint8, ["b"])
    assert cached("set", "other key", ("a",)) is None
    assert cached("other set", "key", ("a",)) is None
    assert cached("set", "key", ("c",)) is None


def test_another_key_takes_the_place_of_the_first() -> None:
    keep("set", "key", ARRAYS)
    keep("set", "other key", {"a": np.zeros(2)})
    assert cached("set", "key", ("a",)) is None
    assert len(files_in(home_dir() / "cache")) == 1


@pytest.mark.parametrize("damage", ["cut", "changed", "no archive", "empty"])
def test_a_damaged_file_counts_as_none(damage: str) -> None:
    keep("set", "key", ARRAYS)
    path = home_dir() / "cache" / "set.npz"
    content = path.read_bytes()
    place = content.index(ARRAYS["a"].tobytes())
    changed = content[:place] + b"\xff" + content[place + 1 :]
    path.write_bytes({"cut": content[:-30], "changed": changed, "no archive": b"text", "empty": b""}[damage])
    assert cached("set", "key", ("a",)) is None
    keep("set", "key", ARRAYS)
    assert cached("set", "key", ("a",)) is not None


def test_pickled_arrays_are_never_read() -> None:
    path = home_dir() / "cache" / "set.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, made_from=np.array("key"), a=np.array([{}], dtype=object))
    assert cached("set", "key", ("a",)) is None


def test_a_home_that_cannot_be_written_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "occupied" / "home"))
    assert "Set MTL_HOME to a folder that can be written" in keep("set", "key", ARRAYS)
    assert cached("set", "key", ("a",)) is None


def test_the_key_follows_options_and_files(tmp_path: Path) -> None:
    folder, file = tmp_path / "in", tmp_path / "file"
    folder.mkdir()
    for path in (file, folder / "one", folder / "two"):
        path.write_text("text")
    seen = [key_of([folder, file], 64), key_of([folder, file], 32), key_of([folder], 64)]
    assert key_of([folder, file], 64) == seen[0]
    os.utime(folder / "two", ns=(1, 1))
    seen.append(key_of([folder, file], 64))
    (folder / "two").write_text("longer text")
    os.utime(folder / "two", ns=(1, 1))
    seen.append(key_of([folder, file], 64))
    (folder / "two").rename(folder / "three")
    seen.append(key_of([folder, file], 64))
    assert len(set(seen)) == len(seen)
    with pytest.raises(DataError, match="gone cannot be looked at"):
        key_of([tmp_path / "gone"])
