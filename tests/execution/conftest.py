"""A home with data that need no network, and a runner of the module's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl_core.execution.local import ensure_runner, runner_info
from mtl_core.runs.store import Store
from tests.processes import end_processes_of
from tests.waiting import wait_for

NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
"""The wine stand-in is made when the download fails, at once."""


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder and no network: wine is the stand-in, the same rows everywhere."""
    for name, value in {**NO_NETWORK, "MTL_DATA_DIR": str(tmp_path / "data")}.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "data"


@pytest.fixture
def store(home: Path, offline: Path) -> Iterator[Store]:
    """The store in a home of the test's own."""
    opened = Store(home)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store whose runner has a warm worker; shared by the tests of a module, as warming takes seconds."""
    folder = tmp_path_factory.mktemp("warm")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**NO_NETWORK, "MTL_HOME": str(folder), "MTL_DATA_DIR": str(folder / "data")}.items():
            patch.setenv(name, value)
        patch.setenv("MTL_WORKERS", "2")
        assert os.environ["MTL_HOME"] == str(folder)
        ensure_runner(folder)
        wait_for(lambda: (info := runner_info(folder)) and info.device, 120)
        opened = Store(folder)
        yield opened
        opened.close()
    end_processes_of(folder)
