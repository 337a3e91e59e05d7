"""Eight tasks on one table and eight on one kind of picture, drawn from a seed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from unittest.mock import patch

import numpy as np
from pydantic import Field
from torch import nn

from benchmarks.engine_overhead import opened
from mtl_core.blocks import Map, Vector
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Card, Dataset, Progress, Samples
from mtl_core.datasets.splits import random_split, split_sizes
from mtl_core.encoders import InputSpec
from mtl_core.network import Network
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task

COLUMNS, SIDE, CLASSES = 11, 28, ("0", "1", "2", "3")
DRAWN = Card("Drawn", "as asked", "Drawn from a seed", "", "CC0 1.0", "none", real=False)


class DrawnTable(Dataset):
    """K regressions, y_k = tanh(x·w_k) + noise, each with a target in every row."""

    name: Literal["drawn_table"] = "drawn_table"
    rows: Annotated[int, Field(ge=20)] = 2_000
    task_count: Annotated[int, Field(ge=2, le=1024)] = 8
    card: ClassVar[Card] = DRAWN

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(COLUMNS))}

    def tasks(self) -> tuple[Task, ...]:
        return tuple(Task(f"y{i}", "regression") for i in range(self.task_count))

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(self.rows, validation)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress(self.name, 0, self.rows, "rows")
        draw = np.random.default_rng(0)
        table = draw.standard_normal((self.rows, COLUMNS))
        answers = np.tanh(table @ draw.standard_normal((COLUMNS, self.task_count)))
        answers = (answers + 0.1 * draw.standard_normal(answers.shape)).astype(np.float32)
        targets = {task.name: np.ascontiguousarray(answers[:, i]) for i, task in enumerate(self.tasks())}
        inputs = {"table": table.astype(np.float32)}
        return Samples(inputs, targets, random_split(self.rows, validation), "generated")


class DrawnPictures(Dataset):
    """K tasks on noise: which of a task's four random patterns fits best; of masks, where it is brighter than one."""

    name: Literal["drawn_pictures"] = "drawn_pictures"
    rows: Annotated[int, Field(ge=20)] = 500
    task_count: Annotated[int, Field(ge=2, le=64)] = 8
    masks: Annotated[int, Field(ge=0, le=64, description="Of the tasks, the last so many")] = 0
    card: ClassVar[Card] = DRAWN

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        classes = self.task_count - self.masks
        masks = [Task(f"m{i}", "segmentation", ("dark", "bright")) for i in range(classes, self.task_count)]
        return (*(Task(f"c{i}", "multiclass", CLASSES) for i in range(classes)), *masks)

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(self.rows, validation)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress(self.name, 0, self.rows, "pictures")
        draw = np.random.default_rng(0)
        pictures = draw.integers(0, 256, (self.rows, 1, SIDE, SIDE), dtype=np.uint8)
        patterns = draw.standard_normal((self.task_count, len(CLASSES), SIDE * SIDE))
        flat = pictures.reshape(self.rows, -1) / 255
        targets = {
            t.name: (flat @ patterns[i].T).argmax(1)
            if t.kind == "multiclass"
            else (flat > 0.5 + patterns[i, 0] / 8).reshape(-1, SIDE, SIDE).astype(np.uint8)
            for i, t in enumerate(self.tasks())
        }
        return Samples({"image": pictures}, targets, random_split(self.rows, validation), "generated")


OURS = {"drawn_table": DrawnTable, "drawn_pictures": DrawnPictures}
TABLE: dict[str, Any] = {
    "dataset": {"name": "drawn_table"},
    "architecture": {"name": "hard", "hidden": [64, 64]},
    "batch_size": 64,
}
PICTURES: dict[str, Any] = {"dataset": {"name": "drawn_pictures"}, "architecture": "hard", "batch_size": 128}
MASKS: dict[str, Any] = PICTURES | {"dataset": {"name": "drawn_pictures", "options": {"masks": 4}}}


def session_of(base: dict[str, Any], **fields: Any) -> Session:
    """The opened session of a set-up with other fields, gradients not measured."""
    with patch.dict(DATASETS, OURS):  # the lists of spec, form and tests stay as they are
        return opened(parse_spec({**base, "gradients": {"every": 0}, "device": "cpu", **fields}))


def trunk_and_heads(network: Network) -> tuple[nn.Module, nn.ModuleDict]:
    """A network of hard sharing as one would write it by hand: its own modules, a trunk and a head a task."""
    keepers = network.keepers
    trunk = nn.Sequential(*[network.parts[part.name] for part in network.layout.parts if keepers[part.name] is None])
    heads = nn.ModuleDict(
        {owner: network.parts[part.name] for part in network.layout.parts if (owner := keepers[part.name]) is not None}
    )
    return trunk, heads
