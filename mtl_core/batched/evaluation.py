"""Losses and metrics of R runs on one split at once, the same as :mod:`mtl_core.evaluation` gives one by one."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.batched.stack import Stack
from mtl_core.batches import TensorSplit
from mtl_core.evaluation import Scaler
from mtl_core.session import Session
from mtl_core.stepping import scaled_target
from mtl_core.tasks import Task

Found = tuple[dict[str, float | None], dict[str, dict[str, float | None]]]
"""Loss per task, and metrics per task, of one run."""
ROWS_AT_ONCE = 2_048


def losses(task: Task, output: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """(R,) what :func:`mtl_core.losses.task_loss` is for each run.

    Args:
        task: regression, binary or multiclass.
        output: (R, B, 1) or (R, B, C).
        target: (B,) or (R, B).
        weights: of the classes, or None.
    """
    target = target.expand(len(output), -1) if target.dim() == 1 else target
    if task.kind == "regression":
        return (output.squeeze(2) - target).square().mean(1)
    if task.kind == "binary":
        each = F.binary_cross_entropy_with_logits(output.squeeze(2), target.to(output.dtype), reduction="none")
    else:
        each = F.cross_entropy(output.transpose(1, 2), target.long(), weight=weights, reduction="none")
    if weights is None:
        return each.mean(1)
    share = weights[target.long()]
    return ((share * each if task.kind == "binary" else each).sum(1)) / share.sum(1)


@torch.no_grad()
def evaluate(stack: Stack, split: TensorSplit, session: Session) -> list[Found]:
    """Losses and cheap metrics of every run, in the order of the stack.

    Args:
        stack: the networks.
        split: with a target of every task in every row.
        session: any of the runs: tasks, scalers and class weights are the same for all.
    """
    parts = [(stack(batch.inputs["table"]), batch) for batch in split.in_order(ROWS_AT_ONCE)]
    rows = len(split)
    found: list[Found] = [({}, {}) for _ in range(len(stack))]
    for task in session.tasks:
        scaler, weights = session.scalers[task.name], session.class_weights[task.name]
        total = sum(
            losses(task, outputs[task.name], scaled_target(task, batch.targets[task.name], scaler), weights).double()
            * batch.size
            for outputs, batch in parts
        )
        assert isinstance(total, Tensor)
        output = torch.cat([outputs[task.name] for outputs, _ in parts], dim=1)
        measured = _metrics(task, output, torch.cat([batch.targets[task.name] for _, batch in parts]), scaler)
        for row, loss in enumerate((total / rows).tolist()):
            found[row][0][task.name] = loss
            values = {name: column[row] for name, column in measured.items()}
            found[row][1][task.name] = {n: value if math.isfinite(value) else None for n, value in values.items()}
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
