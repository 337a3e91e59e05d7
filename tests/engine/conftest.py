"""Tiny data sets in the registry, and short ways to train on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from mtl_core import reporting
from mtl_core.control import Control
from mtl_core.datasets import DATASETS
from mtl_core.events import Event
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train
from tests.engine.tiny import TinyImages, TinyTable

Run = Callable[..., list[Event]]


@pytest.fixture(autouse=True)
def tiny_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_table", TinyTable)
    monkeypatch.setitem(DATASETS, "tiny_images", TinyImages)


@pytest.fixture
def spec() -> Callable[..., RunSpec]:
    def make(dataset: str = "tiny_table", **fields: Any) -> RunSpec:
        return parse_spec({"dataset": {"name": dataset}, **fields})

    return make


@pytest.fixture
def every_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """Previews take what time they need."""
    monkeypatch.setattr(reporting, "PREVIEW_SHARE", math.inf)


@pytest.fixture
def run(spec: Callable[..., RunSpec]) -> Run:
    def go(dataset: str = "tiny_table", control: Control | None = None, **fields: Any) -> list[Event]:
        return list(train(spec(dataset, **fields), control))

    return go
