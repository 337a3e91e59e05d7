"""Which way is taken: pure rules on what a trial measured, so that they can be held to made-up clocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtl_core.acceleration.ways import Choice, Precision, Taken, Way

MOST_SECONDS, SHARE, LEAST_SECONDS = 3.0, 0.1, 0.02
"""A trial takes at most so long, and at most this share of what the run takes; one that may take less is left out."""
FASTER: dict[str, float] = {"bf16": 1.1, "compile": 1.05, "cuda_graph": 1.05}
"""How many times as fast a way must be to be taken."""
AGREE = 0.02
"""By how much, at most, the losses in bf16 may differ, relative to those in fp32."""
COMPILE_SECONDS, COMPILE_GAIN = 30.0, 0.2
"""What compiling is taken to cost and to save of a step before it was tried (24 to 49 s on one core, LOG.md)."""


@dataclass(frozen=True)
class Measured:
    """What a trial of one way showed.

    Attributes:
        way: the way.
        seconds: a step.
        setup: seconds before the first step.
        losses: of the first steps, each the K losses.
    """

    way: Way
    seconds: float
    setup: float
    losses: Sequence[Sequence[float]]


Measure = Callable[[Way], "Measured | str"]
"""Tries a way; a text says why it could not."""


def trial_seconds(expected: float) -> float:
    """Seconds that the trial of a run of so many seconds may take; 0 where it is not worth one."""
    allowed = min(MOST_SECONDS, SHARE * expected)
    return allowed if allowed >= LEAST_SECONDS else 0.0


def why_not_compile(seconds: float, left: int) -> str | None:
    """Why compiling is not tried for a run with so many steps left, each of so many seconds; None where it is.

    What it costs shall be less than what it saves, and at most a tenth of what the run takes.
    """
    saved = min(COMPILE_GAIN, SHARE) * seconds * left
    if saved >= COMPILE_SECONDS:
        return None
    return f"compiling takes about {COMPILE_SECONDS:.0f} s, more than {saved:.2g} s, what the {left:,} steps left allow"


def difference(losses: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> float:
    """max over the tasks of Σ_t |a_t − b_t| / Σ_t |a_t|; infinite where a loss is no finite number."""
    worst = 0.0
    for mine, its in zip(zip(*losses, strict=True), zip(*others, strict=True), strict=True):
        apart = math.fsum(abs(a - b) for a, b in zip(mine, its, strict=True))
        whole = math.fsum(abs(a) for a in mine)
        if not (math.isfinite(apart) and math.isfinite(whole)):
            return math.inf
        worst = max(worst, apart / whole if whole else (math.inf if apart else 0.0))
    return worst


def why_not_taken(base: Measured, other: Measured) -> str | None:
    """Why a way is not taken in the place of another; None where it is."""
    changed = other.way.precision if other.way.precision != base.way.precision else other.way.taken
    apart = difference(base.losses, other.losses)
    if not apart <= AGREE:
        return f"its losses differ by {100 * apart:.2g} %, more than {100 * AGREE:.0f} %"
    gain, wanted = base.seconds / max(other.seconds, 1e-12), FASTER[changed]
    return None if gain >= wanted else f"{gain:.2f} times as fast, and {wanted:g} are asked for"


@dataclass
class _Notes:
    """What was measured, as :class:`Choice` has it."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, way: Way, found: Measured | str, why: str | None = None) -> None:
        numbers = (
            {} if isinstance(found, str) else {"ms": round(1e3 * found.seconds, 4), "setup": round(found.setup, 3)}
        )
        reason = found if isinstance(found, str) else why
        self.found[way.name] = numbers | ({"why": reason} if reason else {})


def decide(measure: Measure, precisions: Sequence[Precision], taken: Sequence[Taken], left: int) -> Choice:
    """Measure the ways one after another, each against the best so far, and take the best.

    Args:
        measure: tries a way.
        precisions: to choose from; the first one is that of the way all are held against.
        taken: to choose from, besides eager.
        left: steps that the run still has.
    """
    first, notes = Way(precisions[0]), _Notes()
    base = best = measure(first)
    notes.add(first, base)
    if isinstance(base, str) or isinstance(best, str):
        return Choice(first, f"could not be measured: {base}", notes.found)
    ways: list[tuple[str, str]] = [("precision", name) for name in precisions[1:]] + [("taken", name) for name in taken]
    for part, name in ways:
        way = Way(best.way.precision, name) if part == "taken" else Way(name)  # type: ignore[arg-type]
        why = why_not_compile(best.seconds, left) if name == "compile" else None
        found = why or measure(way)
        worse = None if isinstance(found, str) else why_not_taken(best, found)
        notes.add(way, found, worse)
        if not isinstance(found, str) and worse is None:
            best = found
    return Choice(best.way, _why(base, best, len(notes.found)), notes.found)


def _why(base: Measured, best: Measured, tried: int) -> str:
    if best is base:
        return f"nothing that was tried is faster than {base.way.name} ({1e3 * base.seconds:.3g} ms a step)"
    gain, ms = base.seconds / best.seconds, (1e3 * base.seconds, 1e3 * best.seconds)
    return f"{gain:.2f} times as fast as {base.way.name}: {ms[0]:.3g} and {ms[1]:.3g} ms a step, measured at the start"
