"""How long a data set keeps one waiting: from asking a warm worker until the first step is in the store.

Each set is trained on once before, so that what is prepared is there.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.pairs import Found, NotMeasured, Pair
from benchmarks.warm import runner, wait
from mtl_core.control import Command
from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from mtl_core.settings import data_dir
from mtl_core.spec import RunSpec, parse_spec

FALLS_BACK = ("wine_quality", "wine_colours", "energy_efficiency")
"""Without their files these are made up."""


def first_step(store: Store, spec: RunSpec) -> float:
    """Seconds from asking until a step is in the store, for whoever looks every 2 ms; then the run is stopped."""
    began = time.perf_counter()
    run = store.create(spec, "benchmark")
    wait(lambda: bool(store.events_since(run, kinds=["step", "failed"], limit=1)), "a step")
    seconds = time.perf_counter() - began
    if failed := store.events_since(run, kinds=["failed"], limit=1):
        raise RuntimeError(f"the run failed: {failed[0][1].values['message']}")
    store.send(run, Command("stop"))
    wait(lambda: store.get(run).ended_for_now, "the run's end")
    return seconds


def _of(name: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        if DATASETS[name](name=name).missing_files(data_dir()) and name not in FALLS_BACK:
            raise NotMeasured(f"the files of {name} are not in the data folder")
        spec = parse_spec({"dataset": name})
        with runner(1) as store:
            first_step(store, spec)
            seconds = [first_step(store, spec) for _ in range(rounds)]
        return Found(seconds, b=statistics.median(seconds))

    return measure


def _pair(name: str) -> Pair:
    how: dict[str, Any] = {"lower": True, "unit": "s", "rounds": 5, "quick": 0}
    what = f"{name} with its defaults asked of a warm worker, until its first step is in the store"
    return Pair(f"first_step/{name}", "nothing: seconds", what, 1.0, _of(name), **how)


PAIRS = tuple(_pair(name) for name in DATASETS)
