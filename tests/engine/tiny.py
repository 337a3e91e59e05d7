"""Small data sets made from a seed, for tests of the engine."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from mtl_core.blocks import Map, Vector
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task

CARD = Card("tiny", "96 rows", "made by a test", "https://example.org", "none", "none", real=False)


def splits() -> dict[str, np.ndarray]:
    rows = np.arange(96)
    return {"train": rows[:64], "validation": rows[64:80], "test": rows[80:]}


class TinyTable(Dataset):
    """y = a linear map of five columns plus noise, and whether it is positive."""

    name: Literal["tiny_table"] = "tiny_table"
    explode: bool = False
    card: ClassVar[Card] = CARD
    recommended: ClassVar[Mapping[str, Any]] = {"epochs": 6, "architecture": {"hidden": [8, 8]}}

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(5))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("y", "regression", unit="m"), Task("positive", "binary", ("no", "yes")))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 64, "validation": 16, "test": 16}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("making rows", 96, 96, "rows")
        random = np.random.default_rng(0)
        x = random.normal(size=(96, 5)).astype(np.float32)
        y = (x @ np.array([1, -2, 0.5, 0, 1]) + 0.1 * random.normal(size=96)).astype(np.float32)
        targets = {"y": 1e30 * y if self.explode else y, "positive": (y > 0).astype(np.int64)}
        return Samples({"table": x}, targets, splits(), "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated", ("a",), ((1,),))


class TinyImages(Dataset):
    """Bars on an 8×8 picture: upright or level, and where they are."""

    name: Literal["tiny_images"] = "tiny_images"
    card: ClassVar[Card] = CARD
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 2,
        "batch_size": 16,
        "architecture": {"hidden": [8], "channels": [4, 8]},
    }

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, 8))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("bar", "multiclass", ("upright", "level")),
            Task("mask", "segmentation", ("background", "upright", "level")),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 64, "validation": 16, "test": 16}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("drawing", 96, 96, "pictures")
        random = np.random.default_rng(1)
        images = random.integers(0, 40, size=(96, 1, 8, 8), dtype=np.uint8)
        masks = np.zeros((96, 8, 8), dtype=np.uint8)
        kinds = random.integers(0, 2, size=96)
        for i, kind in enumerate(kinds):
            at = random.integers(1, 7)
            place = (slice(None), at) if kind == 0 else (at, slice(None))
            images[i, 0][place], masks[i][place] = 255, kind + 1
        return Samples({"image": images}, {"bar": kinds.astype(np.int64), "mask": masks}, splits(), "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated")
