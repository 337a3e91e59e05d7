"""Losses by kind of task, with their derivatives by the outputs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.tasks import Kind

KINDS: tuple[Kind, ...] = ("regression", "binary", "multiclass")


@dataclass(frozen=True)
class Goal:
    """Tasks of one kind whose outputs lie side by side in a group of heads.

    Attributes:
        kind: of all of them; a task with several classes or with class weights is alone.
        tasks: their names.
        columns: of the group's outputs.
    """

    kind: Kind
    tasks: tuple[str, ...]
    columns: slice

    @property
    def width(self) -> int:
        """Number of the columns."""
        return int(self.columns.stop - self.columns.start)


def loss_and_slope(kind: Kind, output: Tensor, target: Tensor, class_weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """The losses of G tasks of one kind, as :func:`mtl_core.losses.task_loss` has them, and their slopes ∂L/∂output.

    regression: (2/B)(ŷ − y) · binary: v_y (σ(z) − y) / Σ v · multiclass: v_y (softmax(z) − onehot(y)) / Σ v, with v = 1
    where there are no class weights.

    Args:
        kind: one of :data:`KINDS`.
        output: (…, B, G) of G tasks; (…, B, C) of a single one with C classes.
        target: (…, B, G) float; (…, B) class numbers.
        class_weights: of a single task with classes.

    Returns:
        (…, G) and a tensor like ``output``.
    """
    if kind == "regression":
        error = output - target
        return error.square().mean(-2), error * (2 / error.shape[-2])
    if kind == "binary":
        target = target.to(output.dtype)
        losses, slopes = F.softplus(output) - target * output, output.sigmoid().sub_(target)
        if class_weights is None:
            return losses.mean(-2), slopes.div_(output.shape[-2])
        shares = class_weights[target.long()]
        shares = shares / shares.sum(-2, keepdim=True)
        return (shares * losses).sum(-2), shares * slopes
    return _of_classes(output, target.expand(output.shape[:-1]), class_weights)


def _of_classes(output: Tensor, target: Tensor, class_weights: Tensor | None) -> tuple[Tensor, Tensor]:
    logs = output.log_softmax(-1)
    at = target.long()[..., None]
    losses, slopes = -logs.gather(-1, at), logs.exp().scatter_add(-1, at, logs.new_full((), -1.0).expand(at.shape))
    if class_weights is None:
        return losses.mean(-2), slopes / losses.shape[-2]
    shares = class_weights[at]
    shares = shares / shares.sum(-2, keepdim=True)
    return (shares * losses).sum(-2), shares * slopes


def aims(kind: Kind, targets: list[Tensor], scalings: list[tuple[float, float]]) -> Tensor:
    """What :func:`loss_and_slope` wants as targets: scaled, float32 and side by side, or class numbers.

    Args:
        kind: of the tasks.
        targets: G of shape (…, B).
        scalings: mean and standard deviation of each.
    """
    if kind == "multiclass":
        (only,) = targets
        return only
    if kind == "binary":
        return by_column([target.float() for target in targets])
    scaled = [
        (t - mean) / std if (mean, std) != (0.0, 1.0) else t for t, (mean, std) in zip(targets, scalings, strict=True)
    ]
    return by_column(scaled)


def by_column(columns: list[Tensor]) -> Tensor:
    """(…, B, G) of G columns (…, B), each in one piece of memory: what is done to one of them is then vectorised."""
    return torch.stack(columns, dim=-2).transpose(-1, -2)
