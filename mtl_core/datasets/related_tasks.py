"""``related_tasks``: linear tasks made from a weight matrix that is known, so that what is learned can be checked."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from mtl_core.blocks import Vector
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.pooled import own_targets, owners, pooled_sizes, pooled_splits
from mtl_core.datasets.related_weights import chain, clusters, cosines, low_rank_weights, smooth_weights
from mtl_core.datasets.splits import random_split, split_sizes
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PREVIEW_ROWS = 8


class RelatedTasks(Dataset):
    """K linear tasks y = x·w_k + σ ε with rows of their own; x, ε ~ N(0, 1), W = [w_1 … w_K] known.

    low_rank: W = U Vᵀ of rank r. graph: the rows of W are smooth over a task graph of r clusters, or over a chain.
    The inputs are standard normal as they are made, so W is in the coordinates of the inputs under every split.
    """

    name: Literal["related_tasks"] = "related_tasks"
    task_count: Annotated[int, Field(ge=2, le=64, description="K, the number of tasks")] = 12
    rows: Annotated[int, Field(ge=15, le=500, description="Rows of each task; a fifth of them test")] = 40
    features: Annotated[int, Field(ge=1, le=100, description="d, the number of input columns")] = 20
    structure: Annotated[
        Literal["low_rank", "graph"],
        Field(description="How the tasks' weights are related: by rank or by graph"),
    ] = "low_rank"
    graph: Annotated[
        Literal["clusters", "chain"], Field(description="Of graph: separate groups of tasks, or a chain of neighbours")
    ] = "clusters"
    rank: Annotated[int, Field(ge=1, le=64, description="Of low_rank: the rank of W; of clusters: their number")] = 3
    noise: Annotated[
        float, Field(ge=0, le=10, description="σ of the noise on the targets; the signal's own is about 1")
    ] = 0.5
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of the weights, inputs and noise")] = 42

    own_samples: ClassVar[bool] = True
    recommended: ClassVar[Mapping[str, Any]] = {"architecture": {"hidden": []}, "epochs": 200}
    card: ClassVar[Card] = Card(
        title="Related linear tasks",
        size="2 to 64 linear tasks (12 at first), each with 15 to 500 rows of its own × 1 to 100 columns",
        origin="Drawn from a seed: weights of low rank, or smooth over a task graph; inputs and noise are normal",
        url="https://doi.org/10.1007/s10994-007-5040-8",
        licence="CC0 1.0: made by this program",
        citation=(
            "The setting is that of A. Argyriou, T. Evgeniou, M. Pontil (2008). Convex multi-task feature learning. "
            "Machine Learning 73(3), 243–272, and of T. Evgeniou, C. Micchelli, M. Pontil (2005). Learning multiple "
            "tasks with kernel methods. JMLR 6, 615–637, section 3.1 (task graphs)."
        ),
        real=False,
    )

    @field_validator("rank")
    @classmethod
    def _rank_fits(cls, rank: int, info: ValidationInfo) -> int:
        """W (d, K) has a rank of at most min(d, K); there are at most K clusters."""
        tasks, features = info.data.get("task_count", rank), info.data.get("features", rank)
        free = (info.data.get("structure"), info.data.get("graph")) == ("graph", "chain")
        most = tasks if info.data.get("structure") == "graph" else min(tasks, features)
        if rank > most and not free:
            raise ValueError(f"must be at most {most} with {tasks} tasks and {features} features")
        return rank

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(self.features))}

    def tasks(self) -> tuple[Task, ...]:
        return _tasks(self.task_count)

    def sizes(self, validation: float) -> dict[str, int]:
        return pooled_sizes([split_sizes(self.rows, validation)] * self.task_count)

    def adjacency(self) -> Floats | None:
        """(K, K) the task graph that the weights are smooth over; None where they are not."""
        if self.structure == "low_rank":
            return None
        return chain(self.task_count) if self.graph == "chain" else clusters(self.task_count, self.rank)

    def weights(self) -> Floats:
        """(d, K) the true W; it depends on neither rows nor noise."""
        draw, joined = np.random.default_rng((self.seed, 0)), self.adjacency()
        if joined is None:
            return low_rank_weights(self.features, self.task_count, self.rank, draw)
        return smooth_weights(self.features, joined, draw)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        counts = [self.rows] * self.task_count
        yield Progress("related_tasks", 0, sum(counts), "rows")
        table, answers = self._made()
        owner, weights, joined = owners(counts), self.weights(), self.adjacency()
        truth = {"weights": weights, "correlation": cosines(weights)}
        return Samples(
            inputs={"table": table.astype(np.float32)},
            targets=own_targets([task.name for task in self.tasks()], owner, answers.astype(np.float32)),
            splits=pooled_splits([random_split(self.rows, validation)] * self.task_count, counts),
            source="generated",
            strata=owner,
            columns=self._columns(),
            truth=truth if joined is None else {**truth, "adjacency": joined},
        )

    def preview(self, folder: Path) -> Preview:
        table, answers = self._made()
        shown = np.arange(self.task_count)[:PREVIEW_ROWS] * self.rows
        names = [task.name for task in self.tasks()]
        values = np.round(np.column_stack((table, answers)), 3)
        rows = tuple((names[row // self.rows], *map(float, values[row])) for row in shown)
        return Preview("generated", ("task", *self._columns(), "y"), rows)

    def _columns(self) -> tuple[str, ...]:
        return tuple(f"x{j}" for j in range(1, self.features + 1))

    def _made(self) -> tuple[Floats, Floats]:
        """Inputs (K·rows, d) and answers (K·rows,), task below task."""
        table = np.random.default_rng((self.seed, 1)).standard_normal((self.task_count * self.rows, self.features))
        noise = np.random.default_rng((self.seed, 2)).standard_normal(len(table))
        own = np.repeat(self.weights().T, self.rows, axis=0)
        return table, (table * own).sum(axis=1) + self.noise * noise


@cache
def _tasks(count: int) -> tuple[Task, ...]:
    return tuple(Task(f"task_{i:02d}", "regression") for i in range(1, count + 1))
