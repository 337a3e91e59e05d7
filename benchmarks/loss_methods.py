"""Steps of weightings that read losses alone, against fixed weights in the same engine."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.eight import PICTURES, TABLE, session_of
from benchmarks.pairs import Found, Pair, steps_in_turn
from benchmarks.steps import engine_step

METHODS = ("uncertainty", "dwa", "rlw", "imtl_l", "stch")
TWO_PASSES = ("famo",)
SETTINGS: dict[str, tuple[dict[str, Any], str, float]] = {
    "table": (TABLE, "8 tasks, table, batches of 64", 0.2),
    "pictures": (PICTURES, "8 tasks, 28×28 pictures, batches of 128", 1.0),
}


def _cost(method: str, setting: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        base, _, seconds = SETTINGS[setting]
        still = {"optimizer": {"lr": 1e-6}}  # one batch again and again: its losses shall stay what they are
        fixed, other = session_of(base, **still), session_of(base, **still, weighting={"name": method})
        timed = steps_in_turn(engine_step(fixed), engine_step(other), rounds, seconds)
        step, more = (median(timed.a), median(b - a for a, b in zip(timed.a, timed.b, strict=True)))
        return timed.cost(shown=f"{1e6 * more:+.0f} µs on a step of {1e6 * step:.0f} µs")

    return measure


PAIRS = tuple(
    Pair(
        f"loss_methods/{method} {setting}",
        "fixed weights",
        f"{method}, {SETTINGS[setting][1]}",
        1.5 if method in TWO_PASSES else 1.05,
        _cost(method, setting),
        lower=True,
        rounds=11 if setting == "table" else 5,
        quick=3 if setting == "table" else 0,
    )
    for setting in SETTINGS
    for method in (*METHODS, *TWO_PASSES)
)
