"""A store of the test's own, and a data set with two inputs and a picture to make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from mtl_core.blocks import Map, Vector
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Card, Dataset
from mtl_core.encoders import InputSpec
from mtl_core.runs.store import Store
from mtl_core.tasks import Task


class Album(Dataset):
    """Pictures with a table beside them."""

    name: Literal["album"] = "album"
    card: ClassVar[Card] = Card("Album", "100 rows", "a test", "https://example.org", "none", "none", real=False)

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, 32)), "table": InputSpec("table", Vector(4))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("kind", "multiclass", ("a", "b", "c")),
            Task("mask", "segmentation", ("background", "thing")),
            Task("image", "generation"),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 64, "validation": 16, "test": 20}


@pytest.fixture
def album(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "album", Album)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "home")
    yield opened
    opened.close()
