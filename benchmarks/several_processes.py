"""Eight runs through the runner: one worker against two, and how evenly the eight were served."""

from __future__ import annotations

import statistics

from benchmarks.pairs import Found, Pair, Timed, paired
from benchmarks.warm import runner, through
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec

RUNS, CORES = 8, 2


def jain(shares: list[float]) -> float:
    """(Σ x)² / (n Σ x²): 1 where all are served alike, 1/n where one has everything (Jain, Chiu & Hawe 1984)."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def specs(epochs: int) -> list[RunSpec]:
    """Wine runs by themselves that differ in the seed."""
    fields = {"dataset": "wine_quality", "epochs": epochs, "evaluate_every": 10, "gradients": {"every": 0}}
    return [parse_spec(fields | {"seed": seed, "device": "cpu"}) for seed in range(RUNS)]


def speeds(store: Store, runs: list[str]) -> list[float]:
    """Steps a second of each run, by its own clock."""
    ended = [store.last_events(run, "finished")[0] for run in runs]
    return [event.step / event.time for event in ended]


def _measure(rounds: int) -> Found:
    chosen, indices = specs(300), []
    with runner(1) as serial, runner(CORES) as pool:

        def both() -> None:
            indices.append(jain(speeds(pool, through(pool, chosen))))

        through(pool, chosen[: 2 * CORES])  # all its workers are warm
        timed: Timed = paired(lambda: through(serial, chosen), both, rounds)
    return timed.gain(jain=round(statistics.median(indices), 4))


PAIRS = (
    Pair(
        "several_processes/8 runs",
        "one worker, one run after another",
        "8 wine runs on two workers of one thread",
        1.6,
        _measure,
        rounds=5,
        quick=0,
    ),
)
