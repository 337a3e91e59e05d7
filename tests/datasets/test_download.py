"""Downloads against a server on this machine: what arrives, what does not, and what is kept of it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from mtl_core.datasets import download
from mtl_core.datasets.download import RemoteFile, Unreachable, obtain
from mtl_core.errors import DataError
from tests.datasets.helpers import Server, drain, files_in

CONTENT = bytes(range(256)) * 1000
pytestmark = pytest.mark.usefixtures("home")


def remote(*urls: str) -> RemoteFile:
    return RemoteFile("file.bin", urls, f"md5:{hashlib.md5(CONTENT).hexdigest()}", len(CONTENT))  # noqa: S324


def test_a_download_is_kept_and_shows_progress(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    goal = tmp_path / "data" / "file.bin"
    (content, note), progress = drain(obtain(remote(f"{server.url}/file.bin"), goal))
    assert (content, note, goal.read_bytes()) == (CONTENT, "", CONTENT)
    done = [step.done for step in progress]
    assert done == sorted(done)
    assert (done[0], done[-1], progress[-1].total) == (0, len(CONTENT), len(CONTENT))
    assert list(files_in(goal.parent)) == ["file.bin"]


def test_the_second_address_serves_where_the_first_does_not(server: Server, tmp_path: Path) -> None:
    server.contents |= {"/altered": b"x" * 10, "/good": CONTENT}
    file = remote(f"{server.url}/gone", f"{server.url}/altered", f"{server.url}/good")
    (content, _), _ = drain(obtain(file, tmp_path / "file.bin"))
    assert content == CONTENT
    assert server.asked == ["/gone", "/altered", "/good"]


@pytest.mark.parametrize("wrong", [CONTENT[:-1], CONTENT[:-1] + b"x", CONTENT + b"more", b""])
def test_a_wrong_checksum_names_both_and_keeps_nothing(server: Server, tmp_path: Path, wrong: bytes) -> None:
    server.contents["/file.bin"] = wrong
    file = remote(f"{server.url}/file.bin")
    with pytest.raises(DataError, match=r"checksum md5:[0-9a-f]{32}.*must have 256000 bytes") as caught:
        drain(obtain(file, tmp_path / "file.bin"))
    assert not isinstance(caught.value, Unreachable)
    assert file.checksum in str(caught.value)
    assert str(tmp_path / "file.bin") in str(caught.value)
    assert not (tmp_path / "file.bin").exists()


def test_a_connection_that_breaks_off_keeps_nothing(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    server.cut.add("/file.bin")
    with pytest.raises(Unreachable, match="broke off after 128000 of 256000 bytes"):
        drain(obtain(remote(f"{server.url}/file.bin"), tmp_path / "data" / "file.bin"))
    assert not (tmp_path / "data").exists()


def test_a_missing_file_is_told_with_the_servers_answer(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="/gone: the server answered 404"):
        drain(obtain(remote(f"{server.url}/gone"), tmp_path / "file.bin"))


def test_silence_ends_at_the_time_out(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.silent.add("/file.bin")
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.4)
    begin = time.monotonic()
    with pytest.raises(Unreachable, match=r"/file\.bin: (no answer within 0\.4 s|.*timed out)"):
        drain(obtain(remote(f"{server.url}/file.bin"), tmp_path / "file.bin"))
    assert time.monotonic() - begin < 3


def test_a_silent_server_leaves_the_generator_responsive(server: Server, tmp_path: Path) -> None:
    server.silent.add("/file.bin")
    work = obtain(remote(f"{server.url}/file.bin"), tmp_path / "file.bin")
    begin = time.monotonic()
    assert [next(work).done for _ in range(3)] == [0, 0, 0]
    work.close()
    assert time.monotonic() - begin < 2


def test_only_web_addresses_are_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CONTENT)
    with pytest.raises(Unreachable, match="only https:// and http://"):
        drain(obtain(remote((tmp_path / "secret").as_uri()), tmp_path / "file.bin"))


def test_runs_do_not_wait_for_an_unreachable_server_again(server: Server, tmp_path: Path) -> None:
    file = remote(f"{server.url}/file.bin")
    for match in ("the server answered 404", "not tried again now"):
        with pytest.raises(Unreachable, match=match):
            drain(obtain(file, tmp_path / "file.bin"))
    assert len(server.asked) == 1
    server.contents["/file.bin"] = CONTENT
    assert drain(obtain(file, tmp_path / "file.bin", again=True))[0] == (CONTENT, "")
    assert drain(obtain(file, tmp_path / "file.bin"))[0] == (CONTENT, "")


def test_a_folder_that_cannot_be_written_costs_only_the_copy(server: Server, tmp_path: Path) -> None:
    server.contents["/file.bin"] = CONTENT
    (tmp_path / "occupied").write_text("a file where a folder should be")
    (content, note), _ = drain(obtain(remote(f"{server.url}/file.bin"), tmp_path / "occupied" / "file.bin"))
    assert content == CONTENT
    assert "could not be kept" in note
    assert "MTL_DATA_DIR" in note


def test_a_home_that_cannot_be_written_is_no_obstacle(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "occupied" / "home"))
    file = remote(f"{server.url}/file.bin")
    for _ in range(2):
        with pytest.raises(Unreachable, match="404"):
            drain(obtain(file, tmp_path / "file.bin"))
    server.contents["/file.bin"] = CONTENT
    assert drain(obtain(file, tmp_path / "file.bin"))[0] == (CONTENT, "")
