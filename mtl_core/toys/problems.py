"""What a toy is: two losses of a point, with their gradients in closed form, in plain float64 numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Point = Sequence[float]
Row = list[float]


class Problem(Protocol):
    """A problem of K losses on R^n."""

    def at(self, point: Point) -> tuple[Row, list[Row]]:
        """The K losses at a point, and J: K rows of n slopes."""
        ...

    def distance(self, point: Point) -> float:
        """How far the point is from the Pareto set, in the units of the point."""
        ...


def gramian(rows: Sequence[Row]) -> list[Row]:
    """G = J Jᵀ, (K, K)."""
    return [[sum(a * b for a, b in zip(one, other, strict=True)) for other in rows] for one in rows]


def combined(rows: Sequence[Row], weights: Sequence[float]) -> Row:
    """d = Jᵀw, n entries."""
    return [sum(w * slope for w, slope in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)]
