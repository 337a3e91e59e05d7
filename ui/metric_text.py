"""Metrics as text: their names, their values, and how far two values lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mtl_core.numerals import numeral, typeset
from ui.words import t_or

SPLITS = ("train", "validation", "test")
PERCENT = frozenset({"accuracy", "f1", "auroc", "miou", "background_iou", "pixel_accuracy"})
"""Metrics that are shares."""
Metrics = Mapping[str, Mapping[str, float | None]]
"""A run's values by task and metric."""


def metric_name(metric: str) -> str:
    """Display name of a metric."""
    return t_or(f"metric.{metric}", metric)


def formatted(metric: str, value: float | None) -> str:
    """A metric as text: shares in per cent, the rest at four digits."""
    if value is None:
        return "–"
    return typeset(value, ".1%" if metric in PERCENT else ".4g")


def difference(metric: str, value: float | None, old: float | None) -> str | None:
    """How far a value lies from an old one; None where one of them is missing. A tile's arrow reads its sign."""
    if value is None or old is None:
        return None
    by = value - old
    return f"{numeral(by * 100, '+.1f')} pp" if metric in PERCENT else numeral(by, "+.3g")


def epoch_text(epoch: float) -> str:
    """Epochs done, with one decimal within an epoch, never more than were done: ``0.5``, ``9.9``, ``10``."""
    return f"{math.floor(epoch * 10 + 1e-6) / 10:.1f}".removesuffix(".0")
