"""Metrics as cheap tensor sums over batches; ranking metrics at the end by torchmetrics."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mtl_core.batches import UNLABELLED
from mtl_core.tasks import LIVE_METRICS, Task


class RegressionMeter:
    """Sums for ``mse``, ``mae`` (in the target's unit) and ``r2`` = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""

    def __init__(self) -> None:
        self.predictions: list[Tensor] = []
        self.targets: list[Tensor] = []

    def update(self, output: Tensor, target: Tensor) -> None:
        """Add a batch: predictions (B,) in the target's unit, targets (B,)."""
        self.predictions.append(output.detach().double().cpu())
        self.targets.append(target.double().cpu())

    def compute(self) -> dict[str, float]:
        """The metrics of everything added."""
        if not self.targets:
            return dict.fromkeys(("mse", "mae", "r2"), math.nan)
        y = torch.cat(self.targets)
        error = torch.cat(self.predictions) - y
        spread = (y - y.mean()).square().sum().item()
        squares = error.square().sum().item()
        r2 = 1 - squares / spread if spread > 0 else math.nan
        return {"mse": squares / len(y), "mae": error.abs().mean().item(), "r2": r2}


def explained_variance(meters: Sequence[RegressionMeter]) -> dict[str, float]:
    """Share of the variance of all tasks' targets together that the predictions explain; NaN without rows.

    ``explained_variance`` = 1 − Σ_k Σ_i (y − ŷ)² / Σ_k Σ_i (y − ȳ)² with one ȳ over the rows of all tasks, as Bakker &
    Heskes 2003, section 5, word it for the exam scores of 139 schools. ``explained_within`` has each task's own mean
    ȳ_k in the place of ȳ: what differs between the tasks' means counts for nothing.
    """
    seen = [meter for meter in meters if meter.targets]
    if not seen:
        return {"explained_variance": math.nan, "explained_within": math.nan}
    targets = [torch.cat(meter.targets) for meter in seen]
    errors = [torch.cat(meter.predictions) - y for meter, y in zip(seen, targets, strict=True)]
    left = sum(error.square().sum().item() for error in errors)
    whole = torch.cat(targets)
    total = (whole - whole.mean()).square().sum().item()
    within = sum((y - y.mean()).square().sum().item() for y in targets)
    shares = {"explained_variance": total, "explained_within": within}
    return {name: 1 - left / spread if spread > 0 else math.nan for name, spread in shares.items()}


class ConfusionMeter:
    """One confusion matrix, rows true and columns predicted, for class and mask tasks."""

    def __init__(self, task: Task) -> None:
        self.task = task
        n = len(task.classes)
        self.matrix = torch.zeros((n, n), dtype=torch.int64)

    def update(self, predicted: Tensor, target: Tensor) -> None:
        """Add a batch of predicted and true class indices, of equal shape."""
        n = len(self.task.classes)
        if self.task.kind == "segmentation":
            labelled = target != UNLABELLED
            predicted, target = predicted[labelled], target[labelled]
        index = target.flatten().long() * n + predicted.flatten().long()
        self.matrix += torch.bincount(index, minlength=n * n).view(n, n).cpu()

    def compute(self) -> dict[str, float]:
        """The metrics of everything added, by the task's kind; NaN where nothing was."""
        if not bool(self.matrix.any()):
            return dict.fromkeys(LIVE_METRICS[self.task.kind], math.nan)
        if self.task.kind == "segmentation":
            return _mask_metrics(self.matrix)
        return _class_metrics(self.matrix, binary=self.task.kind == "binary")


def _class_metrics(matrix: Tensor, binary: bool) -> dict[str, float]:
    """``accuracy`` and ``f1``: of class 1 for binary, else the mean over the classes that occur (macro)."""
    hits = matrix.diagonal().double()
    rows, columns = matrix.sum(1).double(), matrix.sum(0).double()
    f1 = 2 * hits / (rows + columns).clamp(min=1)
    seen = rows + columns > 0
    value = f1[1] if binary else f1[seen].mean()
    return {"accuracy": (hits.sum() / matrix.sum()).item(), "f1": value.item()}


def _mask_metrics(matrix: Tensor) -> dict[str, float]:
    """``miou``: macro mean Jaccard of the classes without the background, of those that occur."""
    hits = matrix.diagonal().double()
    union = matrix.sum(1).double() + matrix.sum(0).double() - hits
    iou = hits / union.clamp(min=1)
    seen = union > 0
    seen[0] = False
    miou = iou[seen].mean().item() if bool(seen.any()) else math.nan
    return {"miou": miou, "background_iou": iou[0].item(), "pixel_accuracy": (hits.sum() / matrix.sum()).item()}


def auroc(task: Task, scores: Tensor, target: Tensor) -> float:
    """Area under the ROC curve; macro one-vs-rest for multiclass. NaN where only one class occurs.

    Args:
        task: binary or multiclass.
        scores: (N,) logits or (N, C) logits.
        target: (N,) class indices.
    """
    if len(torch.unique(target)) < 2:
        return math.nan
    from torchmetrics.functional.classification import binary_auroc, multiclass_auroc

    if task.kind == "binary":
        return float(binary_auroc(scores.sigmoid(), target.long()))
    return float(multiclass_auroc(scores.softmax(1), target.long(), num_classes=scores.shape[1]))
