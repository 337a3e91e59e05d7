"""Large downloads: straight to their place, whole and right, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from mtl_core.datasets import download
from mtl_core.datasets.download import RemoteFile, Unreachable
from mtl_core.datasets.large_files import check_large, obtain_large
from mtl_core.errors import DataError
from tests.datasets.helpers import Server, drain, files_in

CONTENT = bytes(range(256)) * 1000
pytestmark = pytest.mark.usefixtures("home")


def remote(*urls: str) -> RemoteFile:
    return RemoteFile("file.bin", urls, f"md5:{hashlib.md5(CONTENT).hexdigest()}", len(CONTENT))  # noqa: S324


def test_a_download_is_kept_and_shows_progress(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    goal = tmp_path / "data" / "file.bin"
    _, progress = drain(obtain_large(remote(f"{server.url}/file.bin"), goal))
    assert goal.read_bytes() == CONTENT
    assert list(files_in(goal.parent)) == ["file.bin"]
    done = [step.done for step in progress]
    assert done == sorted(done)
    assert (done[0], done[-1], progress[-1].total) == (0, len(CONTENT), len(CONTENT))


def test_the_next_address_serves_where_one_does_not(server: Server, tmp_path: Path) -> None:
    server.contents |= {"/altered": b"x" * 10, "/good": CONTENT}
    file = remote(f"{server.url}/gone", f"{server.url}/altered", f"{server.url}/good")
    drain(obtain_large(file, tmp_path / "file.bin"))
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.asked == ["/gone", "/altered", "/good"]


@pytest.mark.parametrize("wrong", [CONTENT[:-1] + b"x", CONTENT + b"more", b""])
def test_a_wrong_checksum_names_both_and_keeps_nothing(server: Server, tmp_path: Path, wrong: bytes) -> None:
    server.contents["/file.bin"] = wrong
    file = remote(f"{server.url}/file.bin")
    with pytest.raises(DataError, match=r"checksum md5:[0-9a-f]{32}.*must have 256000 bytes") as caught:
        drain(obtain_large(file, tmp_path / "data" / "file.bin"))
    assert not isinstance(caught.value, Unreachable)
    assert str(tmp_path / "data" / "file.bin") in str(caught.value)
    assert files_in(tmp_path / "data") == {}


def test_a_connection_that_breaks_off_keeps_nothing_and_is_not_tried_again_at_once(
    server: Server, tmp_path: Path
) -> None:
    server.contents["/file.bin"] = CONTENT
    server.cut.add("/file.bin")
    file, goal = remote(f"{server.url}/file.bin"), tmp_path / "data" / "file.bin"
    with pytest.raises(Unreachable, match="broke off after 128000 of 256000 bytes"):
        drain(obtain_large(file, goal))
    assert files_in(tmp_path / "data") == {}
    server.cut.clear()
    with pytest.raises(Unreachable, match="not tried again now"):
        drain(obtain_large(file, goal))
    drain(obtain_large(file, goal, again=True))
    goal.unlink()
    drain(obtain_large(file, goal))
    assert len(server.asked) == 3


def test_silence_ends_at_the_time_out(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.silent.add("/file.bin")
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.4)
    begin = time.monotonic()
    with pytest.raises(Unreachable, match=r"no answer within 0\.4 s|timed out"):
        drain(obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "file.bin"))
    assert time.monotonic() - begin < 3


def test_a_silent_server_leaves_the_generator_responsive_and_the_disk_alone(server: Server, tmp_path: Path) -> None:
    server.silent.add("/file.bin")
    work = obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "data" / "file.bin")
    begin = time.monotonic()
    assert [next(work).done for _ in range(3)] == [0, 0, 0]
    work.close()
    assert time.monotonic() - begin < 2
    assert not (tmp_path / "data").exists()


def test_a_download_that_is_stopped_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    work = obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "data" / "file.bin")
    assert next(step.done for step in work if step.done) < len(CONTENT)
    assert len(files_in(tmp_path / "data")) == 1
    work.close()
    assert files_in(tmp_path / "data") == {}


def test_what_a_killed_download_left_is_taken_away(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    old, young = tmp_path / ".file.bin.1-aa.part", tmp_path / ".file.bin.2-bb.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    drain(obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "file.bin"))
    assert sorted(path.name for path in tmp_path.glob("*file.bin*")) == [young.name, "file.bin"]


def test_a_disk_without_room_is_told_before(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DataError, match=r"file\.bin needs 0 MB.*0 MB left: make room, or set MTL_DATA_DIR"):
        drain(obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "file.bin"))
    assert server.asked == []


def test_a_folder_that_cannot_be_used_is_told_before(server: Server, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    with pytest.raises(DataError, match=r"cannot be kept at .*occupied.*set MTL_DATA_DIR"):
        drain(obtain_large(remote(f"{server.url}/file.bin"), tmp_path / "occupied" / "set" / "file.bin"))
    assert server.asked == []


def test_a_file_that_lies_there_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)
    _, progress = drain(check_large(remote(), path))
    assert (progress[-1].done, progress[-1].total) == (len(CONTENT), len(CONTENT))
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match=r"truncated, corrupt or altered: its 255999 bytes .*Delete it"):
        drain(check_large(remote(), path))
    with pytest.raises(DataError, match="cannot be read"):
        drain(check_large(remote(), tmp_path / "gone"))
