"""Task: one thing to predict, and what its kind implies for outputs and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["regression", "binary", "multiclass", "segmentation", "generation"]

LIVE_METRICS: dict[Kind, tuple[str, ...]] = {
    "regression": ("mse", "mae", "r2"),
    "binary": ("accuracy", "f1"),
    "multiclass": ("accuracy", "f1"),
    "segmentation": ("miou", "background_iou", "pixel_accuracy"),
    "generation": ("psnr",),
}
"""Metrics computed at each evaluation, the main one of the kind first."""

FINAL_METRICS: dict[Kind, tuple[str, ...]] = {
    "regression": (),
    "binary": ("auroc",),
    "multiclass": ("auroc",),
    "segmentation": (),
    "generation": ("ssim", "frechet"),
}
"""Ranking and heavy metrics, computed once at the end of a run."""

LOWER_IS_BETTER = frozenset({"loss", "mse", "mae", "frechet"})
"""Names of the measures of which less is better."""


@dataclass(frozen=True)
class Task:
    """One thing to predict.

    Attributes:
        name: key in the spec, in outputs and in results.
        kind: decides head, loss and metrics.
        classes: class names (2 for binary; with the background first for segmentation); empty for regression.
        unit: unit of a regression target, e.g. ``points``; empty where there is none.
        modality: the input that a generation task makes.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...] = ()
    unit: str = ""
    modality: str = "image"

    @property
    def outputs(self) -> int:
        """Width of the head: 1 for regression and binary, else one per class."""
        return 1 if self.kind in ("regression", "binary") else len(self.classes)

    @property
    def main_metric(self) -> str:
        """The metric that tiles and tables show first."""
        return LIVE_METRICS[self.kind][0]

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the main metric is better."""
        return self.main_metric not in LOWER_IS_BETTER
