"""Losses by kind of task, on logits and targets as the loader gives them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.batches import UNLABELLED
from mtl_core.tasks import Task


def task_loss(task: Task, output: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
    """The mean loss of one task over a batch, a scalar.

    regression: mean (ŷ − y)² · binary: mean cross-entropy of the logistic of the logit ·
    multiclass and segmentation: mean cross-entropy of the softmax, over samples or over the pixels that have a label.
    With class weights v the mean is Σ v_y ℓ / Σ v_y.

    Args:
        task: its kind decides.
        output: (B, 1) for regression and binary, (B, C) multiclass, (B, C, S, S) or the (B, C, H, p, W, p) of
            :func:`mtl_core.modules.by_class` segmentation; B ≥ 1.
        target: (B,) or (B, S, S), with 255 for a pixel that has no label; nothing else is missing.
        class_weights: (C,), or (2,) for binary.
    """
    if task.kind == "regression":
        return F.mse_loss(output.squeeze(1), target)
    if task.kind == "binary":
        weights = None if class_weights is None else class_weights[target]
        losses = F.binary_cross_entropy_with_logits(output.squeeze(1), target.to(output.dtype), reduction="none")
        return losses.mean() if weights is None else (weights * losses).sum() / weights.sum()
    if output.dim() == 6:
        output, target = _in_memory(output, target)
    elif task.kind == "segmentation":
        output = output.contiguous()  # class by class: a softmax over the last, short axis takes six times as long
    return F.cross_entropy(output, target.long(), weight=class_weights, ignore_index=UNLABELLED)


def _in_memory(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (B, C, H, p, W, p) and labels (B, S, S) as (1, C, N) and (1, N), pixels in the order of the logits."""
    batch, classes, height, patch, width, _ = logits.shape
    placed = labels.view(batch, height, patch, width, patch)
    return logits.permute(1, 3, 5, 0, 2, 4).reshape(1, classes, -1), placed.permute(2, 4, 0, 1, 3).reshape(1, -1)


def balanced_weights(task: Task, target: Tensor) -> Tensor | None:
    """Class weights v_c = n / (C·n_c) of the training targets, None for tasks without classes.

    A class that does not occur gets 0. King & Zeng 2001; scikit-learn's ``balanced``.
    """
    if not task.classes:
        return None
    seen = target[target != UNLABELLED] if task.kind == "segmentation" else target
    counts = torch.bincount(seen.flatten().long(), minlength=len(task.classes)).float()
    weights = counts.sum() / (len(task.classes) * counts)
    return torch.where(counts > 0, weights, torch.zeros_like(weights))
