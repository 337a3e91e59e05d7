"""Live metrics from what a step works out anyway: a few sums a kind of task, read all at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mtl_core.metrics import class_metrics
from mtl_core.tasks import Kind


def counts(kind: Kind, output: Tensor, slope: Tensor, target: Tensor) -> Tensor:
    """The sums from which the metrics of G tasks of one kind follow.

    Args:
        kind: of the tasks.
        output: (B, G), or (B, C) of a single task with C classes.
        slope: ∂L/∂output.
        target: as :func:`mtl_core.explicit.losses.aims` gives it.

    Returns:
        regression: (G,) Σ|∂L/∂ŷ| · binary: (2, G) how often 1 was said, and how often it was so · multiclass: (C·C,)
        the confusion matrix, row by row.
    """
    if kind == "regression":
        return slope.abs().sum(0)
    if kind == "binary":
        yes = (output > 0).to(output.dtype)
        return torch.stack((yes.sum(0), (yes * target).sum(0)))
    classes = output.shape[-1]
    found = torch.bincount(target.long() * classes + output.argmax(-1), minlength=classes * classes)
    return found.to(output.dtype)


def of_numbers(loss: float, slopes: float, scale: float, spread: float) -> dict[str, float]:
    """``mse``, ``mae`` and ``r2`` of a regression, in the target's own unit.

    Args:
        loss: mean e² in the scaled unit.
        slopes: Σ|2e/B| there.
        scale: σ, the own unit's length of the scaled one.
        spread: mean (y − ȳ)² in the own unit.
    """
    mse = loss * scale**2
    return {"mse": mse, "mae": slopes * scale / 2, "r2": 1 - mse / spread if spread > 0 else math.nan}


def of_two(said: float, hits: float, true: float, rows: int) -> dict[str, float]:
    """``accuracy`` and ``f1`` of a binary task.

    Args:
        said: rows of which 1 was said.
        hits: those of them that are 1.
        true: rows that are 1.
        rows: all of them.
    """
    false, missed = round(said - hits), round(true - hits)
    matrix = [[rows - round(said) - missed, false], [missed, round(hits)]]
    return class_metrics(matrix, binary=True)


def of_classes(counted: list[float]) -> dict[str, float]:
    """The metrics of a confusion matrix of several classes, given row by row."""
    classes = math.isqrt(len(counted))
    matrix = [[round(value) for value in counted[row * classes : (row + 1) * classes]] for row in range(classes)]
    return class_metrics(matrix, binary=False)
