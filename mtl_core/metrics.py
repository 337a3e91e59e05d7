"""Metrics as cheap tensor sums over batches; ranking metrics at the end by torchmetrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.batches import UNLABELLED
from mtl_core.tasks import LIVE_METRICS, Task

Values = NDArray[np.float64]


class RegressionMeter:
    """Sums for ``mse``, ``mae`` (in the target's unit) and ``r2`` = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""

    def __init__(self) -> None:
        self._predictions: list[Tensor] = []
        self._targets: list[Tensor] = []

    def update(self, output: Tensor, target: Tensor) -> None:
        """Add a batch: predictions (B,) in the target's unit, targets (B,)."""
        self._predictions.append(output.detach())
        self._targets.append(target)

    @property
    def targets(self) -> Values:
        """(N,) all targets that were added."""
        return _joined(self._targets)

    @property
    def errors(self) -> Values:
        """(N,) ŷ − y."""
        return _joined(self._predictions) - self.targets

    def __len__(self) -> int:
        return sum(map(len, self._targets))

    def compute(self) -> dict[str, float]:
        """The metrics of everything added."""
        if not len(self):
            return dict.fromkeys(("mse", "mae", "r2"), math.nan)
        targets = self.targets
        error = _joined(self._predictions) - targets
        squares, spread = _squares(error), _squares(_centred(targets))
        r2 = 1 - squares / spread if spread > 0 else math.nan
        return {"mse": squares / len(error), "mae": float(np.abs(error).sum()) / len(error), "r2": r2}


def _joined(parts: Sequence[Tensor]) -> Values:
    """The batches as one array of float64."""
    arrays = [part.cpu().numpy() for part in parts]
    joined: Values = (arrays[0] if len(arrays) == 1 else np.concatenate(arrays)).astype(np.float64)
    return joined


def _squares(values: Values) -> float:
    return float(values @ values)


def _centred(values: Values) -> Values:
    centred: Values = values - values.sum() / len(values)
    return centred


def explained_variance(meters: Sequence[RegressionMeter]) -> dict[str, float]:
    """Share of the variance of all tasks' targets together that the predictions explain; NaN without rows.

    ``explained_variance`` = 1 − Σ_k Σ_i (y − ŷ)² / Σ_k Σ_i (y − ȳ)² with one ȳ over the rows of all tasks, as Bakker &
    Heskes 2003, section 5, word it for the exam scores of 139 schools. ``explained_within`` has each task's own mean
    ȳ_k in the place of ȳ: what differs between the tasks' means counts for nothing.
    """
    seen = [meter for meter in meters if len(meter)]
    left = math.fsum(_squares(meter.errors) for meter in seen)
    return explained_shares(left, *spreads([meter.targets for meter in seen]))


def spreads(targets: Sequence[Values]) -> tuple[float, float]:
    """Σ (y − ȳ)² over the targets of all tasks, with one ȳ for all of them and with each task's own; 0 without rows.

    Args:
        targets: (N_k,) a task each.
    """
    if not targets:
        return 0.0, 0.0
    return _squares(_centred(np.concatenate(targets))), math.fsum(_squares(_centred(each)) for each in targets)


def explained_shares(left: float, total: float, within: float) -> dict[str, float]:
    """:func:`explained_variance` of what is left, Σ (y − ŷ)², and of the :func:`spreads`; NaN where one is 0."""
    shares = {"explained_variance": total, "explained_within": within}
    return {name: 1 - left / spread if spread > 0 else math.nan for name, spread in shares.items()}


class ConfusionMeter:
    """One confusion matrix, rows true and columns predicted, for class and mask tasks."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._counts = torch.zeros(len(task.classes) ** 2, dtype=torch.int64)

    def update(self, predicted: Tensor, target: Tensor) -> None:
        """Add a batch of predicted and true class indices, of equal shape."""
        n = len(self.task.classes)
        if self.task.kind == "segmentation":
            labelled = target != UNLABELLED
            predicted, target = predicted[labelled], target[labelled]
        index = target.flatten().long() * n + predicted.flatten().long()
        self._counts = self._counts.to(index.device) + torch.bincount(index, minlength=n * n)

    @property
    def matrix(self) -> Tensor:
        """(C, C) counts, on the CPU."""
        n = len(self.task.classes)
        return self._counts.view(n, n).cpu()

    def compute(self) -> dict[str, float]:
        """The metrics of everything added, by the task's kind; NaN where nothing was."""
        matrix = self.matrix.tolist()
        if not any(map(any, matrix)):
            return dict.fromkeys(LIVE_METRICS[self.task.kind], math.nan)
        if self.task.kind == "segmentation":
            return _mask_metrics(matrix)
        return class_metrics(matrix, binary=self.task.kind == "binary")


Counts = list[list[int]]
"""Rows true, columns predicted. Few classes are counted faster by Python than by arrays."""


def class_metrics(matrix: Counts, binary: bool) -> dict[str, float]:
    """``accuracy`` and ``f1``: of class 1 for binary, else the mean over the classes that occur (macro)."""
    hits, both = _hits(matrix), _both(matrix)
    f1 = [2 * hit / max(count, 1) for hit, count in zip(hits, both, strict=True)]
    seen = [value for value, count in zip(f1, both, strict=True) if count]
    return {"accuracy": sum(hits) / sum(map(sum, matrix)), "f1": f1[1] if binary else sum(seen) / len(seen)}


def _mask_metrics(matrix: Counts) -> dict[str, float]:
    """``miou``: macro mean Jaccard of the classes without the background, of those that occur."""
    hits = _hits(matrix)
    unions = [count - hit for hit, count in zip(hits, _both(matrix), strict=True)]
    iou = [hit / max(union, 1) for hit, union in zip(hits, unions, strict=True)]
    seen = [value for value, union in zip(iou[1:], unions[1:], strict=True) if union]
    miou = sum(seen) / len(seen) if seen else math.nan
    return {"miou": miou, "background_iou": iou[0], "pixel_accuracy": sum(hits) / sum(map(sum, matrix))}


def _hits(matrix: Counts) -> list[int]:
    return [row[place] for place, row in enumerate(matrix)]


def _both(matrix: Counts) -> list[int]:
    """Per class how often it is true plus how often it is predicted."""
    return [sum(row) + sum(column) for row, column in zip(matrix, zip(*matrix, strict=True), strict=True)]


def auroc(task: Task, scores: Tensor, target: Tensor) -> float:
    """Area under the ROC curve; macro one-vs-rest for multiclass. NaN where only one class occurs.

    Args:
        task: binary or multiclass.
        scores: (N,) logits or (N, C) logits.
        target: (N,) class indices.
    """
    if task.kind == "binary":
        return ranked_area(scores.cpu().numpy(), target.cpu().numpy() > 0)
    if len(torch.unique(target)) < 2:
        return math.nan
    from torchmetrics.functional.classification import multiclass_auroc

    return float(multiclass_auroc(scores.softmax(1), target.long(), num_classes=scores.shape[1]))


def ranked_area(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """The area under the ROC curve as the Mann–Whitney statistic: (Σ ranks of positives − P(P + 1)/2) / (P·N).

    Equal scores share the mean of their ranks (Hanley & McNeil 1982, The meaning and use of the area under a receiver
    operating characteristic curve). torchmetrics walks the curve instead, which takes five times as long: more than
    the rest of an evaluation of a small table.

    Args:
        scores: (N,) the higher, the more likely.
        positive: (N,).
    """
    ones = int(positive.sum())
    if not 0 < ones < len(positive):
        return math.nan
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[place][positive].sum() - ones * (ones + 1) / 2) / (ones * (len(positive) - ones)))
