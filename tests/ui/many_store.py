"""A data set of many tasks and a store with runs of it, for the tests of the page with many tasks."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import psutil

from mtl_core.blocks import Vector
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task
from tests.ui.small_store import OWNER

COLUMNS = 8
ROWS = 256


class ManyTasks(Dataset):
    """One regression a school, from the same columns; rows of their own are not needed to test a page."""

    name: Literal["many_tasks"] = "many_tasks"
    count: int = 139
    card: ClassVar[Card] = Card("Many", "256 rows", "made by a test", "https://example.org", "none", "none", real=False)
    recommended: ClassVar[Mapping[str, Any]] = {"epochs": 20, "architecture": {"hidden": [16]}}

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(COLUMNS))}

    def tasks(self) -> tuple[Task, ...]:
        return tuple(Task(f"school_{i + 1}", "regression", unit="points") for i in range(self.count))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 192, "validation": 32, "test": 32}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("making rows", ROWS, ROWS, "rows")
        random = np.random.default_rng(0)
        x = random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
        slopes = random.normal(size=(COLUMNS, self.count)) + 2 * random.normal(size=(COLUMNS, 1))
        y = (x @ slopes + 0.3 * random.normal(size=(ROWS, self.count))).astype(np.float32)
        rows = np.arange(ROWS)
        splits = {"train": rows[:192], "validation": rows[192:224], "test": rows[224:]}
        return Samples({"table": x}, {task.name: y[:, i] for i, task in enumerate(self.tasks())}, splits, "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated", ("x",), ((1,),))


def level(task: int, count: int) -> float:
    """Where the loss of a task ends, spread so that the first task is the best and the last one the worst."""
    return 0.2 + 1.8 * task / max(1, count - 1)


def events(names: list[str], steps: int, per_epoch: int = 2) -> Iterator[Event]:
    """Events of a run in which each task's loss falls to its own level."""
    sizes = {"train": 192, "validation": 32, "test": 32}
    data = {"name": "many_tasks", "source": "generated", "sizes": sizes, "notes": [], "columns": []}
    yield Event("started", 0, 0.0, 0.0, {"device": "cpu", "total_steps": steps, "data": data, "parameters": {}})
    weights = dict.fromkeys(names, 1 / len(names))
    for step in range(1, steps + 1):
        fall = 3.0 / (1 + step / 20)
        noise = [1 + 0.001 * ((i * 7 + step) % 5) for i in range(len(names))]
        losses = {name: level(i, len(names)) + fall * noise[i] for i, name in enumerate(names)}
        total = sum(losses.values()) / len(losses)
        values = {"loss": losses, "total": total, "penalty": 0.0, "weights": weights, "lr": 0.01}
        yield Event("step", step, step / per_epoch, step * 0.01, values | {"samples_per_second": 20_000.0})
        if step % per_epoch == 0:
            for split, worse in (("train", 1.0), ("validation", 1.2)):
                yield evaluation(split, step, per_epoch, {name: loss * worse for name, loss in losses.items()})


def evaluation(split: str, step: int, per_epoch: int, losses: Mapping[str, float]) -> Event:
    """An ``evaluation`` with the metrics of a regression."""
    metrics = {name: {"mse": loss, "mae": loss**0.5, "r2": 1 - loss / 4} for name, loss in losses.items()}
    values = {"split": split, "loss": dict(losses), "metrics": metrics, "final": False}
    return Event("evaluation", step, step / per_epoch, step * 0.01, values)


def many_run(store: Store, how: str = "running", *, count: int = 139, steps: int = 20, **fields: Any) -> str:
    """A run of many tasks in the store.

    Args:
        store: to write to.
        how: ``running``, or the kind of event that ends it.
        count: tasks.
        steps: optimizer steps done.
        fields: of the spec, besides the data set.
    """
    dataset = {"name": "many_tasks", "options": {"count": count}}
    spec = parse_spec({"dataset": dataset, "epochs": max(1, steps // 2)} | fields)
    run = store.create(spec, OWNER, process=(os.getpid(), psutil.Process().create_time()))
    writer, last = store.writer(run), Event("progress", 0, 0.0, 0.0)
    for event in events(spec.tasks, steps):
        last = event
        writer.append(event)
    if how != "running":
        metrics = {split: _metrics(spec.tasks, last) for split in ("train", "validation", "test")}
        writer.append(evaluation("test", last.step, 2, {n: v["mse"] for n, v in metrics["test"].items()}))
        result = {"status": how, "seconds": 1.0, "epochs": steps // 2, "steps": steps, "metrics": metrics}
        writer.append(Event(how, last.step, last.epoch, last.time, result))  # type: ignore[arg-type]
    writer.flush()
    return run


def _metrics(names: list[str], last: Event) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = last.values.get("metrics", {})
    return {name: found.get(name, {"mse": 1.0, "mae": 1.0, "r2": 0.5}) for name in names}
