"""Arrays of .npz files: large ones are mapped, and give the numbers that reading gives."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pytest

from mtl_core import mapped
from mtl_core.mapped import array_of

ARRAYS = {
    "pictures": np.arange(60, dtype=np.uint8).reshape(5, 3, 2, 2),
    "numbers": np.linspace(0, 1, 7),
    "by_columns": np.asfortranarray(np.arange(12, dtype=np.int64).reshape(3, 4)),
    "one": np.array(7),
}


@pytest.fixture(autouse=True)
def map_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "MAPPED", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.savez(tmp_path / "set.npz", **ARRAYS)  # type: ignore[arg-type]
    return tmp_path / "set.npz"


def is_mapped(values: np.ndarray) -> bool:
    while isinstance(values, np.ndarray):
        if isinstance(values, np.memmap):
            return True
        values = values.base  # type: ignore[assignment]
    return False


@pytest.mark.parametrize("name", ARRAYS)
def test_what_is_mapped_is_what_was_kept(path: Path, name: str) -> None:
    with np.load(path) as file:
        found = array_of(file, path, name)
    assert (found.dtype, found.shape) == (ARRAYS[name].dtype, ARRAYS[name].shape)
    np.testing.assert_array_equal(found, ARRAYS[name])
    assert is_mapped(found)


def test_writing_into_it_leaves_the_file_as_it_is(path: Path) -> None:
    with np.load(path) as file:
        array_of(file, path, "pictures")[:] = 0
        np.testing.assert_array_equal(array_of(file, path, "pictures"), ARRAYS["pictures"])


def test_small_and_packed_arrays_are_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = path.with_name("packed.npz")
    np.savez_compressed(packed, **ARRAYS)  # type: ignore[arg-type]
    with np.load(packed) as file:
        assert not is_mapped(array_of(file, packed, "pictures"))
    monkeypatch.setattr(mapped, "MAPPED", 10_000)
    with np.load(path) as file:
        assert not is_mapped(array_of(file, path, "pictures"))


def test_what_is_not_there_or_holds_objects_or_is_cut_off_is_refused(path: Path) -> None:
    with np.load(path) as file:
        with pytest.raises(KeyError):
            array_of(file, path, "nothing")
        short = path.with_name("short")
        short.write_bytes(path.read_bytes()[:20])
        with pytest.raises(BadZipFile, match="cut off"):
            array_of(file, short, "pictures")
        short.write_bytes(path.read_bytes()[:200])
        with pytest.raises(ValueError, match="mmap length is greater"):
            array_of(file, short, "pictures")
    objects = path.with_name("objects.npz")
    np.savez(objects, a=np.array([{}], dtype=object))
    with np.load(objects) as file, pytest.raises(ValueError, match="holds objects"):
        array_of(file, objects, "a")
