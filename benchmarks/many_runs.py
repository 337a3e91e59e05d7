"""Many small runs as one computation: ``train_together`` against ``train`` one after another, on one thread.

python -m benchmarks.many_runs [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import platform
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from benchmarks.pairs import paired
from mtl_core.batched.trainer import train_together
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train

SETTINGS: dict[str, tuple[int, dict[str, Any]]] = {
    "wine, batches of 64, 5 epochs, 16 runs": (16, {"batch_size": 64, "epochs": 5}),
    "wine, batches of 64, 5 epochs, 32 runs": (32, {"batch_size": 64, "epochs": 5}),
    "wine, full batch, 100 epochs, 8 runs": (8, {"epochs": 100}),
}


def specs(count: int, fields: dict[str, Any]) -> list[RunSpec]:
    """Runs that differ in λ and seed."""
    base = {"dataset": {"name": "wine_quality"}, "gradients": {"every": 0}} | fields
    shares = [(i + 1) / (count + 1) for i in range(count)]
    lambdas = [{"quality": share, "good": 1 - share} for share in shares]
    return [parse_spec(base | {"seed": i % 3, "weighting": {"lambdas": found}}) for i, found in enumerate(lambdas)]


def one_by_one(chosen: list[RunSpec]) -> None:
    """Every run by itself, all events taken."""
    for spec in chosen:
        for _ in train(spec):
            pass


def together(chosen: list[RunSpec]) -> None:
    """All of them as one."""
    for _ in train_together(chosen):
        pass


def main() -> None:
    """Time every setting and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, 1 thread, {rounds} rounds")
    for name, (count, fields) in SETTINGS.items():
        chosen = specs(count, fields)
        pair = paired(lambda c=chosen: one_by_one(c), lambda c=chosen: together(c), rounds)  # type: ignore[misc]
        low, high = pair.spread
        print(f"{name}: {pair.ratio:.2f} times as fast together ({low:.2f}–{high:.2f})")


if __name__ == "__main__":
    main()
