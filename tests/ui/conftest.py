"""For the tests of the pages: a home and a data folder of their own, and no runner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import streamlit as st

from mtl_core.runs.store import Store
from tests.ui.predict_stub import StubPredictor
from ui import frame, predict_board, predict_choice, predicting, shown_run


def _none(home: Path) -> None:
    """In the place of ``ensure_runner``."""


def _later(waking: frame.Waking, home: Path) -> None:
    """In the place of ``Waking.later``."""


@pytest.fixture(autouse=True, scope="module")
def no_runner_is_left() -> Iterator[None]:
    """A page under test starts nothing: each runner would keep two workers of 500 MB."""
    before = set(_runners())
    yield
    assert not set(_runners()) - before, "a test of this file has started a runner"


def _runners() -> list[int]:
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            found += [child.pid] if "runner" in child.cmdline() else []
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that the pages use; nothing starts a runner."""
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(frame, "ensure_runner", _none)
    monkeypatch.setattr(shown_run, "ensure_runner", _none)
    # Its timer would go off after the test, when nothing is replaced any more, and start a real runner.
    monkeypatch.setattr(frame.Waking, "later", _later)
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The store of that home."""
    found = Store(home)
    yield found
    found.close()


@pytest.fixture
def stub(home: Path, monkeypatch: pytest.MonkeyPatch) -> StubPredictor:
    """What answers in the place of the process; nothing starts a runner."""
    made = StubPredictor()
    monkeypatch.setattr(predicting, "predictor", lambda: made)
    monkeypatch.setattr(predict_choice, "ensure_runner", _none)
    return made


@pytest.fixture
def boards(stub: StubPredictor, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the board has got, drawing after drawing."""
    drawn: list[dict[str, Any]] = []
    real = predict_board.board

    def board(data: dict[str, Any], *, key: str) -> None:
        drawn.append(data)
        real(data, key=key)

    monkeypatch.setattr(predict_board, "board", board)
    return drawn
