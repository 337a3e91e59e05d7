"""Archives: what is wanted is read, and what an archive should not hold is told."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from mtl_core.datasets import archives
from mtl_core.datasets.archives import members
from mtl_core.errors import DataError
from tests.datasets.helpers import files_in
from tests.datasets.picture_makers import packed


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/hostname"
    return member


def test_wanted_files_are_read_in_the_archives_order(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar.gz", {"./in/b": b"two", "in/a": b"one", "in/c": b"three"})
    assert list(members(path, {"in/a", "in/b"}, 100)) == [("in/b", b"two"), ("in/a", b"one")]


def test_an_archive_need_not_be_compressed(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar", {"a": b"one"}, mode="w")
    assert list(members(path, {"a"}, 100)) == [("a", b"one")]


@pytest.mark.parametrize("name", ["../outside", "/outside", "in/../../outside"])
def test_nothing_is_written_wherever_a_name_leads(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "data" / "a.tar.gz", {name: b"bad", "a": b"one"})
    before = files_in(tmp_path)
    assert list(members(path, {"a"}, 100)) == [("a", b"one")]
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_wanted_file_that_is_none_is_told(tmp_path: Path, kind: bytes) -> None:
    path = packed(tmp_path / "a.tar.gz", {}, link("a", kind))
    with pytest.raises(DataError, match=r"a\.tar\.gz: 'a' must be a plain file, and is a link or a folder"):
        list(members(path, {"a"}, 100))


def test_a_file_that_is_too_large_is_told_before_it_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar.gz", {"a": b"x" * 101})
    assert len(list(members(path, {"a"}, 101))) == 1
    with pytest.raises(DataError, match="'a' has 101 bytes, the most is 100"):
        list(members(path, {"a"}, 100))


@pytest.mark.parametrize("limit", ["MOST_MEMBERS", "MOST_BYTES"])
def test_the_whole_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    path = packed(tmp_path / "a.tar.gz", {"a": b"one", "b": b"two", "c": b"three"})
    monkeypatch.setattr(archives, limit, 2)
    with pytest.raises(DataError, match="larger than the data set can be"):
        list(members(path, {"c"}, 100))


@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_archive_is_named(tmp_path: Path, cut: bool) -> None:
    path = packed(tmp_path / "a.tar.gz", {"a": bytes(range(256)) * 400, "b": b"two"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if cut else b"no archive at all")
    with pytest.raises(DataError, match=r"a\.tar\.gz is truncated or no archive: .*Delete it"):
        list(members(path, {"a", "b"}, 1 << 20))


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.tar cannot be read: No such file"):
        list(members(tmp_path / "gone.tar", {"a"}, 100))
