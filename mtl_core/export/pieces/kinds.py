"""One class a kind of task: its loss, and its metrics; counterpart of the engine's losses, metrics and evaluation."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


class Regression:
    """Mean (ŷ − y)² of targets brought to (y − mean) / std; metrics in the target's own unit."""

    def __init__(self, mean: float = 0.0, std: float = 1.0) -> None:
        self.mean, self.std = mean, std

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean loss of (B, 1) against (B,)."""
        return F.mse_loss(output.squeeze(1), (target - self.mean) / self.std)

    def kept(self, output: Tensor) -> Tensor:
        """What the metrics need of an output."""
        return output.squeeze(1).float() * self.std + self.mean

    def metrics(self, kept: Tensor, target: Tensor) -> dict[str, float]:
        """The metrics of all rows."""
        y = target.double()
        error = kept.double() - y
        squares, spread = error.square().sum().item(), (y - y.mean()).square().sum().item()
        r2 = 1 - squares / spread if spread > 0 else math.nan
        return {"mse": squares / len(y), "mae": error.abs().mean().item(), "r2": r2}


class Binary:
    """Cross-entropy of the logistic of a logit; with class weights v the mean is Σ v_y ℓ / Σ v_y."""

    def __init__(self, weights: Tensor | None = None) -> None:
        self.weights = weights

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean loss of (B, 1) against (B,)."""
        losses = F.binary_cross_entropy_with_logits(output.squeeze(1), target.to(output.dtype), reduction="none")
        if self.weights is None:
            return losses.mean()
        weights = self.weights[target]
        return (weights * losses).sum() / weights.sum()

    def kept(self, output: Tensor) -> Tensor:
        """What the metrics need of an output."""
        return output.squeeze(1).float()

    def metrics(self, kept: Tensor, target: Tensor) -> dict[str, float]:
        """The metrics of all rows."""
        accuracy, f1 = accuracy_and_f1(confusion((kept > 0).long(), target, 2))
        known = len(torch.unique(target)) > 1
        area = auroc(kept.sigmoid(), target == 1) if known else math.nan
        return {"accuracy": accuracy, "f1": float(f1[1]), "auroc": area}


class Multiclass:
    """Cross-entropy of the softmax; with class weights v the mean is Σ v_y ℓ / Σ v_y."""

    def __init__(self, classes: int, weights: Tensor | None = None) -> None:
        self.classes, self.weights = classes, weights

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean loss of (B, classes) against (B,)."""
        return F.cross_entropy(output, target.long(), weight=self.weights, ignore_index=255)

    def kept(self, output: Tensor) -> Tensor:
        """What the metrics need of an output."""
        return output.float()

    def metrics(self, kept: Tensor, target: Tensor) -> dict[str, float]:
        """The metrics of all rows; f1 and auroc are means over classes."""
        matrix = confusion(kept.argmax(1), target, self.classes)
        accuracy, f1 = accuracy_and_f1(matrix)
        seen = matrix.sum(0) + matrix.sum(1) > 0
        shares = kept.softmax(1)
        areas = [auroc(shares[:, i], target == i) for i in range(self.classes)]
        known = len(torch.unique(target)) > 1
        area = sum(areas) / len(areas) if known else math.nan
        return {"accuracy": accuracy, "f1": float(f1[seen].mean()), "auroc": area}


class Segmentation:
    """Cross-entropy of the softmax of each pixel that has a label (255: none)."""

    def __init__(self, classes: int, weights: Tensor | None = None) -> None:
        self.classes, self.weights = classes, weights

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean loss of (B, classes, S, S), or of (B, classes, H, patch, W, patch), against (B, S, S)."""
        if output.dim() == 6:
            batch, classes, height, patch, width, _ = output.shape
            target = target.view(batch, height, patch, width, patch).permute(2, 4, 0, 1, 3).reshape(1, -1)
            output = output.permute(1, 3, 5, 0, 2, 4).reshape(1, classes, -1)
        return F.cross_entropy(output.contiguous(), target.long(), weight=self.weights, ignore_index=255)

    def kept(self, output: Tensor) -> Tensor:
        """What the metrics need of an output."""
        return output.argmax(1)

    def metrics(self, kept: Tensor, target: Tensor) -> dict[str, float]:
        """The metrics of all pixels; miou is the mean over the classes that occur, background (0) left out."""
        labelled = target != 255
        matrix = confusion(kept[labelled], target[labelled], self.classes)
        hits = matrix.diagonal().double()
        union = matrix.sum(1).double() + matrix.sum(0).double() - hits
        iou, seen = hits / union.clamp(min=1), union > 0
        seen[0] = False
        miou = iou[seen].mean().item() if bool(seen.any()) else math.nan
        share = (hits.sum() / matrix.sum()).item()
        return {"miou": miou, "background_iou": iou[0].item(), "pixel_accuracy": share}


def confusion(predicted: Tensor, target: Tensor, classes: int) -> Tensor:
    """(classes, classes) counts, rows true and columns predicted."""
    index = target.flatten().long() * classes + predicted.flatten().long()
    return torch.bincount(index, minlength=classes**2).view(classes, classes)


def accuracy_and_f1(matrix: Tensor) -> tuple[float, Tensor]:
    """Share of hits, and f1 of each class."""
    hits = matrix.diagonal().double()
    f1 = 2 * hits / (matrix.sum(1) + matrix.sum(0)).double().clamp(min=1)
    return (hits.sum() / matrix.sum()).item(), f1


def auroc(scores: Tensor, positive: Tensor) -> float:
    """Area under the ROC curve, equal scores as one threshold; 0 where there is only one kind of row."""
    ordered, order = scores.sort(descending=True)
    ends = torch.cat((ordered.diff() != 0, torch.ones(1, dtype=torch.bool)))
    hits = positive[order].double().cumsum(0)[ends]
    false = (~positive[order]).double().cumsum(0)[ends]
    if not hits[-1] or not false[-1]:
        return 0.0
    start = torch.zeros(1, dtype=torch.float64)
    area = torch.trapezoid(torch.cat((start, hits / hits[-1])), torch.cat((start, false / false[-1])))
    return area.item()


def mean_and_std(target: Tensor) -> tuple[float, float]:
    """By which a regression target is standardised; 0 and 1 without a row."""
    if not len(target):
        return 0.0, 1.0
    values = target.double()
    return values.mean().item(), max(values.std(correction=0).item(), 1e-12)


def balanced_weights(target: Tensor, classes: int) -> Tensor:
    """n / (classes · n_c) for each class c, and 0 for a class that does not occur; 255 counts for nothing."""
    seen = target[target != 255] if target.dim() == 3 else target
    counts = torch.bincount(seen.flatten().long(), minlength=classes).float()
    weights = counts.sum() / (classes * counts)
    return torch.where(counts > 0, weights, torch.zeros_like(weights))
