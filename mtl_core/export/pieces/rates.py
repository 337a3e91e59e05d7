"""Factors on the learning rate; counterpart of :mod:`mtl_core.lr_schedules`."""

from __future__ import annotations

import math


def cosine(done: int, length: int) -> float:
    """Factor on the learning rate after ``done`` of ``length`` steps: from 1 down to 0 along a cosine."""
    return 0.5 * (1 + math.cos(math.pi * done / length))


def one_cycle(done: int, length: int, warmup: float) -> float:
    """Factor on the learning rate: from 1/25 up to 1 during the warm-up, then down to 1/250 000, along cosines."""
    peak = warmup * length - 1
    if done <= peak:
        return between(1 / 25, 1.0, done / peak if peak > 0 else 1.0)
    return between(1.0, 1 / 25 / 1e4, min(1.0, (done - peak) / (length - 1 - peak)))


def between(start: float, end: float, share: float) -> float:
    """From start to end along a cosine."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def stairs(done: int, length: int, share: float, gamma: float) -> float:
    """Factor on the learning rate: gamma to the power of the periods done, each a share of all steps."""
    factor: float = gamma ** math.floor(done / (share * length))
    return factor
