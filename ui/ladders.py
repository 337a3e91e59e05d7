"""Value ladders: the values that a slider offers, far enough apart to make a difference."""

from __future__ import annotations

from collections.abc import Sequence

LAMBDA: tuple[float, ...] = (0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
GAMMA: tuple[float, ...] = (0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100)
LEARNING_RATE: tuple[float, ...] = tuple(m * 10.0**e for e in range(-5, 1) for m in (1, 2, 5))
"""Thirds of a decade."""
BATCH_SIZES: tuple[str, ...] = ("full", "16", "32", "64", "128", "256", "512")
FINE_TOPS: tuple[float, ...] = (1, 10, 100, 1_000, 10_000)
FINE_STEPS = 200


def ladder_with(ladder: Sequence[float], *values: float) -> list[float]:
    """The ladder with these values on it, ascending."""
    rungs = [float(f"{rung:.6g}") for rung in ladder]
    return sorted({*rungs, *(float(value) for value in values)})


def fine_top(value: float) -> float:
    """Upper end of a fine slider that has this value well within it."""
    return next((top for top in FINE_TOPS if value < top), max(FINE_TOPS[-1], 2 * value))


def short(value: float) -> str:
    """A value as short as it can be written: ``0.3``, ``1e-05``."""
    return f"{value:.4g}"
