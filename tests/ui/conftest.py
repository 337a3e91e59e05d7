"""For the tests of the pages: a home and a data folder of their own, and no runner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from mtl_core.runs.store import Store
from ui import frame, shown_run


def _none(home: Path) -> None:
    """In the place of ``ensure_runner``."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that the pages use; nothing starts a runner."""
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(frame, "ensure_runner", _none)
    monkeypatch.setattr(shown_run, "ensure_runner", _none)
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The store of that home."""
    found = Store(home)
    yield found
    found.close()
