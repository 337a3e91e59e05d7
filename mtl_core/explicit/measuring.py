"""Live losses and metrics of several splits side by side: a few sums a kind of task, all read at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.batches import Batch
from mtl_core.explicit.losses import Goal
from mtl_core.metrics import class_metrics, spreads

Measured = tuple[dict[str, float], dict[str, dict[str, float]]]
"""Of one split the loss per task, and the metrics per task."""


class Side:
    """A goal in all splits.

    Args:
        goal: tasks of one kind.
        group: number of its group of heads.
        batches: a split each.
        targets: of each split, as :func:`mtl_core.explicit.losses.aims` gives them.
        class_weights: of a single task with classes.
    """

    def __init__(
        self,
        goal: Goal,
        group: int,
        batches: Sequence[Batch],
        targets: Sequence[Tensor],
        class_weights: Tensor | None,
    ) -> None:
        self.goal, self.group = goal, group
        of_classes = goal.kind == "multiclass"
        self.target = torch.cat([target if of_classes else target.t() for target in targets], dim=-1)
        sizes = [batch.size for batch in batches]
        self.shares = None if class_weights is None else class_weights[self.target.long()].view(1, -1)
        self.weight = [float(size) for size in sizes]
        if self.shares is not None:
            self.weight = [float(part.sum()) for part in torch.split_with_sizes(self.shares, sizes, 1)]
        self.known = [[_known(goal, batch.targets[task]) for task in goal.tasks] for batch in batches]

    def rows(self, output: Tensor) -> Tensor:
        """What is summed over the rows of a split.

        regression: (2 G, N) e², |e| · binary: (3 G, N) v·loss, [1 is said], [1 is said and so] · multiclass: (1, N)
        v·loss; G tasks, N rows of all splits, v the class weights.

        Args:
            output: (G, N), or (C, N) of a single task with C classes.
        """
        if self.goal.kind == "regression":
            error = output - self.target
            return torch.cat((error.square(), error.abs()))
        if self.goal.kind == "multiclass":
            losses = -output.log_softmax(0).gather(0, self.target.long()[None])
            return losses if self.shares is None else losses * self.shares
        losses = F.softplus(output) - self.target * output
        said = (output > 0).to(output.dtype)
        return torch.cat((losses if self.shares is None else losses * self.shares, said, said * self.target))


def _known(goal: Goal, target: Tensor) -> float:
    """What metrics need of a target alone: mean (y − ȳ)² in its own unit, or how many rows are of class 1."""
    if goal.kind == "regression":
        return float(target.double().var(correction=0).item())
    return float(target.sum().item()) if goal.kind == "binary" else 0.0


class SideBySide:
    """Splits laid side by side: what is measured of them takes as many calls as of one.

    Args:
        batches: a split each, with a target of every task in every row.
        goals: per group of heads.
        targets: per batch, per group of heads and goal, as :func:`mtl_core.explicit.losses.aims` gives them.
        scalings: mean and standard deviation of the target, per task.
        class_weights: per task, None for most.
    """

    def __init__(
        self,
        batches: Sequence[Batch],
        goals: Sequence[Sequence[Goal]],
        targets: Sequence[Sequence[Sequence[Tensor]]],
        scalings: Mapping[str, tuple[float, float]],
        class_weights: Mapping[str, Tensor | None],
    ) -> None:
        self.batches, self._scalings = tuple(batches), scalings
        self._sizes = [batch.size for batch in batches]
        self._sides = [
            Side(goal, group, batches, [part[group][place] for part in targets], class_weights[goal.tasks[0]])
            for group, some in enumerate(goals)
            for place, goal in enumerate(some)
        ]
        self._groups = len(goals)
        numbers = torch.arange(len(batches)).repeat_interleave(torch.tensor(self._sizes))
        self._split = numbers.to(self._sides[0].target.device)

    def measure(self, outputs: Sequence[Sequence[Tensor]]) -> Callable[[], list[Measured]]:
        """Sum up what losses and metrics are made of; what is returned reads it: there the device is waited for.

        Args:
            outputs: per split, and per group of heads, (B, tasks · width).
        """
        whole = [torch.cat([each[group].t() for each in outputs], dim=1) for group in range(self._groups)]
        rows, counted = [], []
        for side in self._sides:
            output = whole[side.group][side.goal.columns]
            rows.append(side.rows(output))
            if side.goal.kind == "multiclass":
                counted.append(self._confusion(side, output))
        summed = torch.stack([part.sum(1) for part in torch.split_with_sizes(torch.cat(rows), self._sizes, 1)])
        return partial(self._read, torch.cat((summed, *counted), dim=1) if counted else summed, summed.shape[1])

    def _read(self, sums: Tensor, summed: int) -> list[Measured]:
        """Losses and metrics of each split."""
        return [self._measured(split, values, summed) for split, values in enumerate(sums.tolist())]

    @cached_property
    def spreads(self) -> list[tuple[float, float]]:
        """Per split :func:`mtl_core.metrics.spreads` of all its targets."""
        return [spreads([target.double().cpu().numpy() for target in batch.targets.values()]) for batch in self.batches]

    def _confusion(self, side: Side, output: Tensor) -> Tensor:
        """(splits, C · C) the confusion matrices, row by row."""
        classes, splits = len(output), len(self._sizes)
        place = (self._split * classes + side.target.long()) * classes + output.argmax(0)
        return torch.bincount(place, minlength=splits * classes**2).view(splits, -1).to(output.dtype)

    def _measured(self, split: int, values: list[float], summed: int) -> Measured:
        """Losses and metrics of one split: of its sums, and the confusion matrices that follow them."""
        sums, counts = iter(values[:summed]), iter(values[summed:])
        loss: dict[str, float] = {}
        metrics: dict[str, dict[str, float]] = {}
        for side in self._sides:
            mine = [next(sums) / side.weight[split] for _ in side.goal.tasks]
            loss |= zip(side.goal.tasks, mine, strict=True)
            found = self._metrics(side, split, mine, sums, counts)
            metrics |= zip(side.goal.tasks, found, strict=True)
        return loss, metrics

    def _metrics(
        self, side: Side, split: int, losses: list[float], sums: Iterator[float], counts: Iterator[float]
    ) -> list[dict[str, float]]:
        """The metrics of a goal's tasks from what is next of sums and counts."""
        goal, rows, known = side.goal, self._sizes[split], side.known[split]
        if goal.kind == "multiclass":
            return [of_classes(list(islice(counts, goal.width**2)))]
        first = list(islice(sums, len(goal.tasks)))
        if goal.kind == "regression":
            scales = [self._scalings[task][1] for task in goal.tasks]
            each = zip(losses, first, scales, known, strict=True)
            return [of_numbers(loss, size / rows, scale, spread) for loss, size, scale, spread in each]
        hits = islice(sums, len(goal.tasks))
        return [of_two(said, hit, true, rows) for said, hit, true in zip(first, hits, known, strict=True)]


def of_numbers(loss: float, size: float, scale: float, spread: float) -> dict[str, float]:
    """``mse``, ``mae`` and ``r2`` of a regression, in the target's own unit.

    Args:
        loss: mean e² in the scaled unit.
        size: mean |e| there.
        scale: σ, the own unit's length of the scaled one.
        spread: mean (y − ȳ)² in the own unit.
    """
    mse = loss * scale**2
    return {"mse": mse, "mae": size * scale, "r2": 1 - mse / spread if spread > 0 else math.nan}


def of_two(said: float, hits: float, true: float, rows: int) -> dict[str, float]:
    """``accuracy`` and ``f1`` of a binary task.

    Args:
        said: rows of which 1 was said.
        hits: those of them that are 1.
        true: rows that are 1.
        rows: all of them.
    """
    wrong = (said - hits) + (true - hits)
    return {"accuracy": (rows - wrong) / rows, "f1": 2 * hits / max(said + true, 1)}


def of_classes(counted: list[float]) -> dict[str, float]:
    """The metrics of a confusion matrix of several classes, given row by row."""
    classes = math.isqrt(len(counted))
    matrix = [[round(value) for value in counted[row * classes : (row + 1) * classes]] for row in range(classes)]
    return class_metrics(matrix, binary=False)
