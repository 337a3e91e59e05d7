"""Trains on pictures in a file of 300 MB and masks in one of 100 MB; says how many MB more it took than on few of them.

Counted is memory of its own (RssAnon): pages of a file are the system's, which takes them back when it needs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from mtl_core.blocks import Map
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.settings import MEMORY_VARIABLE
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task
from mtl_core.trainer import train
from tests.engine.tiny import CARD

ROWS, FEW, SIDE, TRAINED = 24_400, 400, 64, 256


class Large(Dataset):
    """Pictures of nothing, in a file."""

    name: Literal["large"] = "large"
    folder: str = ""
    rows: int = ROWS
    card: ClassVar[Card] = CARD

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("kind", "binary", ("no", "yes")), Task("mask", "segmentation", ("no", "yes")))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": TRAINED, "validation": 64, "test": 64}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("files", 0, self.rows, "pictures")
        pictures = np.memmap(Path(self.folder) / "pictures", np.uint8, "w+", shape=(self.rows, 3, SIDE, SIDE))
        masks = np.memmap(Path(self.folder) / "masks", np.uint8, "w+", shape=(self.rows, SIDE, SIDE))
        every = np.random.default_rng(0).permutation(self.rows)
        parts = np.split(every, [TRAINED, TRAINED + 64, TRAINED + 128])[:3]
        kind = np.arange(self.rows, dtype=np.int64) % 2
        named = dict(zip(("train", "validation", "test"), parts, strict=True))
        return Samples({"image": pictures}, {"kind": kind, "mask": masks}, named, "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated")


def own_megabytes() -> float:
    """Memory of this process that no file stands behind."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("RssAnon"))) / 1024


def trained(folder: str, rows: int) -> tuple[str, int, float]:
    """Where the rows were, how many steps were taken, and the most memory seen."""
    data = {"name": "large", "options": {"folder": folder, "rows": rows}}
    fields: dict[str, Any] = {"dataset": data, "epochs": 2, "batch_size": 32, "device": "cpu"}
    spec = parse_spec(fields | {"architecture": {"channels": [2, 2, 2], "hidden": [4]}})
    most, where, steps = 0.0, "", 0
    for event in train(spec):
        most = max(most, own_megabytes())
        steps += event.kind == "step"
        if event.kind == "started":
            where = event.values["data"]["held"]
    return where, steps, most


def main(folder: str) -> None:
    """Print where the rows were, the steps, and what all rows took more than a few, in MB."""
    DATASETS["large"] = Large
    os.environ[MEMORY_VARIABLE] = "1"
    _, _, few = trained(folder, FEW)
    where, steps, most = trained(folder, ROWS)
    sys.stdout.write(f"{where} {steps} {most - few:.0f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
