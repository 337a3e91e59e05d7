"""Paired timing: A and B in turn, so that a noisy machine hurts both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Way = Callable[[], object]
Clock = Callable[[], float]


class NotMeasured(Exception):
    """A pair cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Found:
    """What the rounds of a pair gave.

    Attributes:
        values: one a round: a ratio, or a figure in the pair's unit.
        a: seconds of the first way, median; None where there is no such.
        b: seconds of the second way, median.
        notes: what else was seen, e.g. accuracies; ``shown`` stands in the table too.
    """

    values: list[float]
    a: float | None = None
    b: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """A claim: two ways of the same work, how they are measured, and what is aimed at.

    Attributes:
        name: ``subject/what``.
        a: the first way in words, as a rule what people would otherwise run.
        b: the second way in words, as a rule ours.
        target: of the median ratio.
        measure: gives what so many rounds show.
        lower: whether the ratio is a cost (ours / theirs, at most the target) and not a gain (theirs / ours, at least).
        unit: ``×`` of a ratio, else that of a figure, which depends on the machine and is not guarded.
        threads: of torch, in each process.
        rounds: of a full measurement.
        quick: of a quick one; 0 leaves the pair out.
    """

    name: str
    a: str
    b: str
    target: float
    measure: Callable[[int], Found]
    lower: bool = False
    unit: str = "×"
    threads: int = 1
    rounds: int = 7
    quick: int = 3


@dataclass(frozen=True)
class Timed:
    """Seconds of both ways in each round.

    Attributes:
        a: of the first way.
        b: of the second way.
    """

    a: list[float]
    b: list[float]

    @property
    def ratios(self) -> list[float]:
        """a / b of each round: above 1 where B is faster."""
        return [x / y for x, y in zip(self.a, self.b, strict=True)]

    @property
    def ratio(self) -> float:
        """Median over the rounds of a / b."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Least and greatest ratio of a round."""
        return min(self.ratios), max(self.ratios)

    def gain(self, **notes: Any) -> Found:
        """How many times as fast B is."""
        return Found(self.ratios, statistics.median(self.a), statistics.median(self.b), notes)

    def cost(self, **notes: Any) -> Found:
        """How many times as long B takes."""
        costs = [1 / ratio for ratio in self.ratios]
        return Found(costs, statistics.median(self.a), statistics.median(self.b), notes)


def prepared(
    a: Callable[[], Way], b: Callable[[], Way], rounds: int, *, clock: Clock = time.perf_counter, warm: bool = True
) -> Timed:
    """Time what ``a`` and ``b`` prepare, ``rounds`` times in turn; the order changes each round.

    Args:
        a, b: prepare a way, unseen by the clock, and give it.
        rounds: of both ways.
        clock: seconds.
        warm: whether both are run once before.
    """
    if warm:
        a()(), b()()
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for which in ((0, 1), (1, 0))[turn % 2]:
            way = (a, b)[which]()
            began = clock()
            way()
            seconds[which].append(clock() - began)
    return Timed(*seconds)


def paired(a: Way, b: Way, rounds: int, *, clock: Clock = time.perf_counter) -> Timed:
    """Time both ways ``rounds`` times in turn, after one warm-up of each; the order changes each round."""
    return prepared(lambda: a, lambda: b, rounds, clock=clock)


def repeated(step: Way, count: int) -> Way:
    """So many steps as one way."""

    def steps() -> None:
        for _ in range(count):
            step()

    return steps


def count_for(step: Way, seconds: float, most: int = 100_000) -> int:
    """How many steps fill about this time."""
    step()
    count, took = 1, 0.0
    while took < seconds / 10 and count < most:
        count *= 2
        began = time.perf_counter()
        repeated(step, count)()
        took = time.perf_counter() - began
    return max(1, min(most, round(count * seconds / max(took, 1e-9))))


def steps_in_turn(a: Way, b: Way, rounds: int, seconds: float = 0.2) -> Timed:
    """Seconds a step: the same number of both ways, about so many seconds of the slower one a round."""
    count = min(count_for(a, seconds), count_for(b, seconds))
    timed = paired(repeated(a, count), repeated(b, count), rounds)
    return Timed([took / count for took in timed.a], [took / count for took in timed.b])
