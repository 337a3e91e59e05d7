"""Paired timing: A and B in turn, so that a noisy machine hurts both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Seconds of both ways in each round.

    Attributes:
        a: of the first way.
        b: of the second way.
    """

    a: list[float]
    b: list[float]

    @property
    def ratio(self) -> float:
        """Median over the rounds of a / b: above 1 where B is faster."""
        return statistics.median(x / y for x, y in zip(self.a, self.b, strict=True))

    @property
    def spread(self) -> tuple[float, float]:
        """Least and greatest ratio of a round."""
        ratios = [x / y for x, y in zip(self.a, self.b, strict=True)]
        return min(ratios), max(ratios)


def paired(a: Callable[[], object], b: Callable[[], object], rounds: int) -> Pair:
    """Time both ways ``rounds`` times in turn, after one warm-up of each; the order changes each round."""
    a(), b()
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for which in ((0, 1), (1, 0))[turn % 2]:
            began = time.perf_counter()
            (a, b)[which]()
            seconds[which].append(time.perf_counter() - began)
    return Pair(*seconds)
