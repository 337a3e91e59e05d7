"""A local server, a wine file that the package takes for the published one, and the real files where there are any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request

import pytest

from mtl_core.datasets import download, mnist_files, wine_table
from mtl_core.datasets.files import checksum_of
from mtl_core.settings import DATA_DIR_VARIABLE
from tests.datasets.helpers import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Whatever opens an address fails, as if nobody listened there."""

    def refuse(request: Request, timeout: float) -> None:
        raise URLError("nobody listens at 127.0.0.1:9")

    monkeypatch.setattr(download, "urlopen", refuse)
    monkeypatch.setenv(wine_table.URL_VARIABLE, "http://127.0.0.1:9/winequality-red.csv")
    monkeypatch.setattr(mnist_files, "MIRRORS", ("http://127.0.0.1:9/",))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A complete wine file with made-up values, whose checksum stands in for the published one."""
    lines = [";".join(f'"{name}"' for name in wine_table.COLUMNS)]
    lines += [";".join(f"{value:g}" for value in row) for row in wine_table.stand_in()]
    content = ("\n".join(lines) + "\n").encode()
    monkeypatch.setattr(wine_table, "CHECKSUM", checksum_of(content, "sha256:"))
    monkeypatch.setattr(wine_table, "SIZE", len(content))
    return content


def real_file(*parts: str) -> Path:
    """The data folder, if it holds this file; else the test is skipped."""
    folder = os.environ.get(DATA_DIR_VARIABLE)
    if not folder:
        pytest.skip(f"{DATA_DIR_VARIABLE} is not set, and this test needs real files")
    if not Path(folder, *parts).is_file():
        pytest.skip(f"{Path(folder, *parts)} is not there")
    return Path(folder)


@pytest.fixture
def real_wine() -> Path:
    return real_file("wine_quality", "winequality-red.csv")


@pytest.fixture
def real_mnist(home: Path) -> Path:
    return real_file("MNIST", "raw", "t10k-labels-idx1-ubyte.gz")
