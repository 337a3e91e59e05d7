"""Tests that need a CUDA device: skipped, with that reason, where there is none."""

from __future__ import annotations

import pytest
import torch

from mtl_core.datasets import DATASETS
from tests.engine.test_generation import TinyPictures
from tests.engine.tiny import TinyImages, TinyTable


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, and skip it without a device."""
    missing = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine")
    for item in items:
        if item.path.parent.name == "gpu":
            item.add_marker(pytest.mark.cuda)
            item.add_marker(missing)


@pytest.fixture(autouse=True)
def tiny_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    for dataset in (TinyTable, TinyImages, TinyPictures):
        monkeypatch.setitem(DATASETS, dataset.model_fields["name"].default, dataset)
