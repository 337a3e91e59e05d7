"""Losses and metrics of R runs on one split at once, the same as :mod:`mtl_core.evaluation` gives one by one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mtl_core.batches import TensorSplit
from mtl_core.evaluation import Scaler
from mtl_core.explicit.engine import Explicit
from mtl_core.session import Session
from mtl_core.tasks import Task

Found = tuple[dict[str, float | None], dict[str, dict[str, float | None]]]
"""Loss per task, and metrics per task, of one run."""
ROWS_AT_ONCE = 2_048


def evaluate(explicit: Explicit, split: TensorSplit, session: Session) -> list[Found]:
    """Losses and cheap metrics of every run, in the order of the stack.

    Args:
        explicit: of the stacked networks.
        split: with a target of every task in every row.
        session: any of the runs: tasks and scalers are the same for all.
    """
    parts = [(explicit.outputs(batch), explicit.losses(batch), batch) for batch in split.in_order(ROWS_AT_ONCE)]
    totals = torch.stack([losses.double() * batch.size for _, losses, batch in parts]).sum(0) / len(split)
    found: list[Found] = [
        (dict(zip((task.name for task in session.tasks), row, strict=True)), {}) for row in totals.tolist()
    ]
    for task in session.tasks:
        output = torch.cat([outputs[task.name] for outputs, _, _ in parts], dim=1)
        target = torch.cat([batch.targets[task.name] for _, _, batch in parts])
        measured = _metrics(task, output, target, session.scalers[task.name])
        for row, (_, metrics) in enumerate(found):
            values = {name: column[row] for name, column in measured.items()}
            metrics[task.name] = {name: value if math.isfinite(value) else None for name, value in values.items()}
    return found


def _metrics(task: Task, output: Tensor, target: Tensor, scaler: Scaler) -> dict[str, list[float]]:
    """A list of R values per metric."""
    if task.kind == "regression":
        return _of_numbers(output.squeeze(2).float().double() * scaler.std + scaler.mean, target.double())
    classes = len(task.classes)
    predicted = (output.squeeze(2) > 0).long() if task.kind == "binary" else output.argmax(2)
    index = (torch.arange(len(output), device=output.device)[:, None] * classes + target.long()) * classes + predicted
    counts = torch.bincount(index.flatten(), minlength=len(output) * classes**2)
    matrix = counts.view(len(output), classes, classes).double()
    return _of_classes(matrix, binary=task.kind == "binary")


def _of_numbers(predicted: Tensor, target: Tensor) -> dict[str, list[float]]:
    error = predicted - target
    squares, spread = error.square().sum(1), (target - target.mean()).square().sum()
    r2 = 1 - squares / spread if spread > 0 else torch.full_like(squares, math.nan)
    found = {"mse": squares / len(target), "mae": error.abs().mean(1), "r2": r2}
    return {name: values.tolist() for name, values in found.items()}


def _of_classes(matrix: Tensor, binary: bool) -> dict[str, list[float]]:
    """Of (R, C, C) confusion matrices, as :class:`mtl_core.metrics.ConfusionMeter` of each."""
    hits = matrix.diagonal(dim1=1, dim2=2)
    rows, columns = matrix.sum(2), matrix.sum(1)
    f1 = 2 * hits / (rows + columns).clamp(min=1)
    seen = rows + columns > 0
    macro = (f1 * seen).sum(1) / seen.sum(1)
    values = {"accuracy": hits.sum(1) / matrix.sum((1, 2)), "f1": f1[:, 1] if binary else macro}
    return {name: column.tolist() for name, column in values.items()}
