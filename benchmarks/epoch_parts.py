"""What an epoch of wine is made of: its step, the evaluations, the events and the store, each on top of the one before.

    python -m benchmarks.epoch_parts [--rounds 15]

Medians in µs an epoch, all ways in turn; beside them the documents' loop, which measures nothing on the way.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from benchmarks.engine import performed_after_start
from benchmarks.engine_cost import measured
from benchmarks.engine_overhead import opened
from benchmarks.pairs import Way
from benchmarks.wine_training import EPOCHS, documents_loop
from mtl_core.opening import sibling
from mtl_core.reporting import Reporter
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.trainer import train


def steps_of(data: Session, spec: RunSpec, *, evaluated: bool) -> Way:
    """Every step of a run, and what is measured after each where asked; nobody is told."""
    session = sibling(data, spec)
    reporter, seen = Reporter(session), [data.train_sample, data.splits["validation"]]

    def way() -> None:
        while session.step < session.total_steps:
            take_step(session, reporter.next_batch())
            session.step += 1
            if evaluated:
                measured(session, seen)

    return way


def events_of(spec: RunSpec) -> Way:
    """A run from its start on, stored nowhere."""
    events = train(spec)
    next(event for event in events if event.kind == "started")
    return lambda: [None for _ in events]


def parts(store: Store, rounds: int) -> dict[str, float]:
    """Median µs an epoch of each way."""
    spec = parse_spec({"dataset": "wine_quality", "epochs": EPOCHS, "evaluate_every": 1, "gradients": {"every": 0}})
    data = opened(spec)
    ways: dict[str, Callable[[], Way]] = {
        "the documents' loop": lambda: lambda: documents_loop(data),
        "steps": lambda: steps_of(data, spec, evaluated=False),
        "… with both evaluations": lambda: steps_of(data, spec, evaluated=True),
        "… with events": lambda: events_of(spec),
        "… stored": lambda: performed_after_start(store, spec),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, prepare in ways.items():
            way = prepare()
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    return {name: 1e6 * statistics.median(taken) / EPOCHS for name, taken in seconds.items()}


def main() -> None:
    """Measure, and print a line a way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for name, taken in parts(store, rounds).items():
            print(f"{name:26} {taken:7.0f} µs")
        store.close()


if __name__ == "__main__":
    main()
