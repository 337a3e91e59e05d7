"""``graph``: tasks that are neighbours in a task graph are drawn together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from mtl_core.regularizers.base import Regularizer

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mtl_core.regularizers.base import Columns

Adjacency = Mapping[str, Mapping[str, float]]


class Graph(Regularizer):
    """Ω = Σ_{(i,j)∈E} a_ij ‖θ_i − θ_j‖² = tr(Θᵀ L Θ), each edge once; L = diag(A 1) − A is the graph's Laplacian.

    Θ (K, d) has a row a task. The complete graph is ``l2_distance``. Of a drawn graph, edges to tasks that the run
    leaves out do not count.
    """

    name: Literal["graph"] = "graph"
    source: ClassVar[str] = "Evgeniou, Micchelli & Pontil 2005, Learning multiple tasks with kernel methods"

    shape: Annotated[
        Literal["complete", "chain", "matrix"],
        Field(description="complete: all pairs · chain: each task and the next · matrix: the edges of adjacency"),
    ] = "complete"
    adjacency: Annotated[
        dict[str, dict[str, float]],
        Field(description="Of matrix: task -> task -> a_ij ≥ 0; an edge written once counts for both directions"),
    ] = {}

    @field_validator("adjacency", mode="before")
    @classmethod
    def _no_truth_for_a_weight(cls, value: Any) -> Any:
        rows = value.values() if isinstance(value, Mapping) else ()
        if any(isinstance(a, bool) for row in rows if isinstance(row, Mapping) for a in row.values()):
            raise ValueError("a weight must be a number, not true or false")
        return value

    @field_validator("adjacency")
    @classmethod
    def _undirected(cls, adjacency: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        rule = next(_broken_rules(adjacency), None)
        if rule:
            raise ValueError(rule)
        return adjacency

    def weights(self, tasks: Sequence[str]) -> list[list[float]]:
        """A (K, K) between these tasks: symmetric, 0 on the diagonal and where there is no edge."""
        place = {task: i for i, task in enumerate(tasks)}
        weights = [[0.0] * len(tasks) for _ in tasks]
        for task, other, a in self._edges(tasks):
            if task in place and other in place:
                i, j = place[task], place[other]
                weights[i][j] = weights[j][i] = a
        return weights

    def _edges(self, tasks: Sequence[str]) -> Iterator[tuple[str, str, float]]:
        if self.shape == "complete":
            return ((task, other, 1.0) for i, task in enumerate(tasks) for other in tasks[:i])
        if self.shape == "chain":
            return ((task, other, 1.0) for task, other in pairwise(tasks))
        return ((task, other, a) for task, row in self.adjacency.items() for other, a in row.items())

    def penalty(self, columns: Columns) -> Tensor:
        from mtl_core.regularizers.columns import stacked

        rows = stacked(columns)
        rows = rows - rows.detach().mean(0)  # L 1 = 0: nothing changes but the rounding
        weights = _on_device(tuple(map(tuple, self.weights(list(columns)))), rows.dtype, rows.device)
        return ((weights.sum(1).diag() - weights) @ rows * rows).sum()

    def describe(self, columns: Columns) -> dict[str, Any]:
        """``penalty``, number of ``edges``, and ``distance`` = √(Ω / Σ a_ij) between neighbours."""
        weights = self.weights(list(columns))
        penalty = max(0.0, self.penalty(columns).item())
        total = sum(map(sum, weights)) / 2
        edges = sum(a > 0 for row in weights for a in row) // 2
        return {"penalty": penalty, "edges": edges, "distance": math.sqrt(penalty / total) if total else 0.0}

    def named_tasks(self) -> Iterator[tuple[str, str]]:
        for task, row in self.adjacency.items():
            yield f"adjacency.{task}", task
            for other in row:
                yield f"adjacency.{task}.{other}", other


def _broken_rules(adjacency: Adjacency) -> Iterator[str]:
    for task, row in adjacency.items():
        for other, a in row.items():
            back = adjacency.get(other, {}).get(task, a)
            if not (math.isfinite(a) and a >= 0):
                yield f"weights must be finite and at least 0, {task} – {other} has {a:g}"
            elif task == other and a:
                yield f"a task is no neighbour of its own, {task} – {task} has {a:g}: take it out"
            elif back != a:
                yield f"an edge has one weight, {task} – {other} has {a:g} and back {back:g}: write it once"


@lru_cache(maxsize=16)
def _on_device(weights: tuple[tuple[float, ...], ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """(K, K), copied to the device once and not at every step."""
    import torch

    return torch.tensor(weights, dtype=dtype, device=device)
