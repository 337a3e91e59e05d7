"""Steps of weightings that read losses alone, against a summed backward pass and against fixed weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.eight import PICTURES, TABLE, session_of
from benchmarks.engine import performed_after_start
from benchmarks.pairs import Found, Pair, Timed, prepared, steps_in_turn
from benchmarks.steps import engine_step, summed_step
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec

METHODS = ("uncertainty", "dwa", "rlw", "imtl_l", "stch")
TWO_PASSES = ("famo",)
SETTINGS: dict[str, tuple[dict[str, Any], str, float]] = {
    "table": (TABLE, "8 tasks, table, batches of 64", 0.2),
    "pictures": (PICTURES, "8 tasks, 28×28 pictures, batches of 128", 1.0),
}
RUN: dict[str, Any] = {"dataset": "wine_quality", "epochs": 500, "evaluate_every": 10, "device": "cpu"}


def _cost(method: str, setting: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        base, _, seconds = SETTINGS[setting]
        still = {"optimizer": {"lr": 1e-6}}  # one batch again and again: its losses shall stay what they are
        fixed, other = session_of(base, **still), session_of(base, **still, weighting={"name": method})
        return _told(steps_in_turn(engine_step(fixed), engine_step(other), rounds, seconds))

    return measure


def _against_summed(method: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        still = {"optimizer": {"lr": 1e-6}}
        plain, other = session_of(TABLE, **still), session_of(TABLE, **still, weighting={"name": method})
        return _told(steps_in_turn(summed_step(plain), engine_step(other), rounds, 0.2))

    return measure


def _cost_in_a_run(method: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        fixed, other = parse_spec(RUN), parse_spec(RUN | {"weighting": method})
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            timed = prepared(
                lambda: performed_after_start(store, fixed), lambda: performed_after_start(store, other), rounds
            )
            store.close()
        return _told(timed, RUN["epochs"])

    return measure


def _told(timed: Timed, steps: int = 1) -> Found:
    """The cost, with what a step takes and how much more it is; ``steps`` are in each of the times."""
    more = median(b - a for a, b in zip(timed.a, timed.b, strict=True)) / steps
    return timed.cost(shown=f"{1e6 * more:+.0f} µs on a step of {1e6 * median(timed.a) / steps:.0f} µs")


RUNS = tuple(
    Pair(
        f"loss_methods/{method} run",
        "the same with fixed weights",
        f"a wine run with {method}, full batch, all events stored, evaluation each tenth epoch",
        1.5 if method in TWO_PASSES else 1.05,
        _cost_in_a_run(method),
        lower=True,
        rounds=9,
        quick=0,
    )
    for method in (*METHODS, *TWO_PASSES)
)
SUMMED = tuple(
    Pair(
        f"loss_methods/{method} summed",
        "one summed backward pass",
        f"{method}, {SETTINGS['table'][1]}",
        1.5 if method in TWO_PASSES else 1.05,
        _against_summed(method),
        lower=True,
        quick=0,
    )
    for method in (*METHODS, *TWO_PASSES)
)
PAIRS = (
    SUMMED
    + RUNS
    + tuple(
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
)
