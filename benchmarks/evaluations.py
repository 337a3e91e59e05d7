"""What evaluations on the way cost: a run as a worker performs it, against the same one evaluated at its end alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.engine import performed_after_start
from benchmarks.pairs import Found, Pair, prepared
from mtl_core.execution.heap import keep_heap
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec

RUNS: dict[str, tuple[str, int, int, str]] = {
    "wine": ("wine_quality", 500, 1, "a wine run, full batch, evaluated each epoch"),
    "wine fifth": ("wine_quality", 500, 5, "a wine run, full batch, evaluated each fifth epoch"),
    "wine tenth": ("wine_quality", 500, 10, "a wine run, full batch, evaluated each tenth epoch"),
    "digits": ("digits", 6, 1, "digits with its defaults, evaluated each epoch, on a core of their own"),
    "multi_mnist": ("multi_mnist", 6, 1, "multi_mnist with its defaults, evaluated each epoch, on a core of their own"),
}


def _cost(dataset: str, epochs: int, every: int) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        keep_heap()  # as a worker does; both ways gain
        fields = {"dataset": dataset, "epochs": epochs, "gradients": {"every": 0}, "device": "cpu"}
        at_end, on_the_way = (parse_spec(fields | {"evaluate_every": each}) for each in (epochs, every))
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            timed = prepared(
                lambda: performed_after_start(store, at_end), lambda: performed_after_start(store, on_the_way), rounds
            )
            store.close()
        return timed.cost()

    return measure


PAIRS = tuple(
    Pair(
        f"evaluations/{name}",
        "the same evaluated at its end alone",
        words,
        1.05,
        _cost(dataset, epochs, every),
        lower=True,
        rounds=11 if dataset == "wine_quality" else 5,
        quick=0,
    )
    for name, (dataset, epochs, every, words) in RUNS.items()
)
