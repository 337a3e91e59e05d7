"""No network, and a home of each test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

CLOSED_PORT = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def offline(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own, an empty data folder and no network: wine is the stand-in."""
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, CLOSED_PORT)
