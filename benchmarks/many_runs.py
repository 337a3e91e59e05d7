"""Many small runs as one computation: ``train_together`` against ``train`` one after another.

Of the runs one after another a few are timed and their time is taken in proportion: they are all alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.pairs import Found, Pair, Timed, paired
from mtl_core.batched.trainer import train_together
from mtl_core.events import Event
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train

MINI: dict[str, Any] = {"batch_size": 64, "epochs": 5}
FULL: dict[str, Any] = {"epochs": 30}
TIMED_ALONE = 4
AGREEING, STEPS = {"batch_size": 64, "epochs": 13}, 200


def specs(count: int, fields: dict[str, Any]) -> list[RunSpec]:
    """Runs that differ in λ and seed."""
    base = {"dataset": {"name": "wine_quality"}, "gradients": {"every": 0}, "device": "cpu"} | fields
    shares = [(i + 1) / (count + 1) for i in range(count)]
    lambdas = [{"quality": share, "good": 1 - share} for share in shares]
    return [parse_spec(base | {"seed": i % 3, "weighting": {"lambdas": found}}) for i, found in enumerate(lambdas)]


def one_by_one(chosen: list[RunSpec]) -> list[list[Event]]:
    """Every run by itself; its events."""
    return [list(train(spec)) for spec in chosen]


def together(chosen: list[RunSpec]) -> list[list[Event]]:
    """All of them as one; the events of each."""
    events: list[list[Event]] = [[] for _ in chosen]
    for place, event in train_together(chosen):
        events[place].append(event)
    return events


def _gain(count: int, fields: dict[str, Any]) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        chosen = specs(count, fields | {"evaluate_every": fields["epochs"]})
        alone = chosen[:TIMED_ALONE]
        timed = paired(lambda: one_by_one(alone), lambda: together(chosen), rounds)
        return Timed([seconds * count / len(alone) for seconds in timed.a], timed.b).gain(runs=count)

    return measure


def _agreement(rounds: int) -> Found:
    """Largest difference of a loss in the first 200 steps, runs by themselves and together."""
    chosen = specs(4, AGREEING)
    largest = 0.0
    for alone, stacked in zip(one_by_one(chosen), together(chosen), strict=True):
        losses = [[e.values["loss"] for e in events if e.kind == "step"][:STEPS] for events in (alone, stacked)]
        if [len(found) for found in losses] != [STEPS] * 2:
            raise RuntimeError(f"{STEPS} steps were expected, there are {len(losses[0])} and {len(losses[1])}")
        for one, other in zip(*losses, strict=True):
            largest = max(largest, *(abs(one[task] - other[task]) for task in one))
    return Found([largest])


def _pair(count: int, what: str, fields: dict[str, Any], target: float, rounds: int, quick: int) -> Pair:
    words = f"{count} wine runs at once, {what}, with events and evaluations"
    return Pair(
        f"many_runs/{count} {what}",
        "one after another",
        words,
        target,
        _gain(count, fields),
        rounds=rounds,
        quick=quick,
    )


PAIRS = (
    _pair(8, "batches of 64", MINI, 6.3, 5, 0),
    _pair(16, "batches of 64", MINI, 8.3, 5, 0),
    _pair(64, "batches of 64", MINI, 10.0, 5, 2),
    _pair(8, "full batch", FULL, 1.5, 5, 2),
    _pair(64, "full batch", FULL, 1.5, 3, 0),
    Pair(
        "many_runs/agreement",
        "the same runs by themselves",
        "4 wine runs at once, batches of 64: largest difference of a loss in 200 steps, float32",
        1e-5,
        _agreement,
        lower=True,
        unit="",
        rounds=1,
        quick=1,
    ),
)
