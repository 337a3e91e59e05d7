"""How cost grows with tasks, rows, width and models at once, as slopes on log-log paper.

    python -m benchmarks.growth [--axis tasks]

One thread. Of each axis a table: the size, steps/s, memory of the process in MB, and the slope of seconds a step,
which is 1 where cost is in proportion and 0 where it does not grow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import psutil
import torch

from benchmarks.eight import TABLE, session_of
from benchmarks.machine import in_words, machine
from benchmarks.pairs import Way, count_for, repeated
from benchmarks.steps import engine_step
from mtl_core.paths import merged

PROJECT = Path(__file__).resolve().parents[1]
AXES: Mapping[str, Sequence[int]] = {
    "tasks": (2, 4, 8, 16, 32, 64, 139),
    "rows, full batch": (1_000, 10_000, 100_000, 1_000_000),
    "width": (16, 64, 256, 1024),
    "models at once": (1, 4, 16, 64, 256, 1024),
}
SECONDS = 0.5


def fields(axis: str, size: int) -> dict[str, Any]:
    """What the axis changes in the set-up."""
    if axis == "tasks":
        return {"dataset": {"options": {"task_count": size}}}
    if axis == "rows, full batch":
        return {"dataset": {"options": {"rows": size, "task_count": 2}}, "batch_size": "full"}
    if axis == "width":
        return {"architecture": {"hidden": [size, size]}}
    return {"dataset": {"options": {"task_count": 2}}}


def step_of(axis: str, size: int) -> Way:
    """One step of that size; of models at once, one step of all of them."""
    base = merged(TABLE, fields(axis, size))
    if axis != "models at once":
        return engine_step(session_of(base))
    from mtl_core.batched.trainer import Together

    stack = Together([session_of(base | {"seed": i}) for i in range(size)])
    return stack.take_step


def measured(axis: str, size: int) -> dict[str, float]:
    """Steps a second and memory in MB, in this process."""
    torch.set_num_threads(1)
    step = step_of(axis, size)
    count = count_for(step, SECONDS)
    began = time.perf_counter()
    repeated(step, count)()
    took = (time.perf_counter() - began) / count
    return {"steps_a_second": 1 / took, "megabytes": psutil.Process().memory_info().rss / 1e6}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Of the straight line through the points on log-log paper, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def main() -> None:
    """Print a table an axis; each point is measured in a fresh process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--axis", choices=list(AXES))
    parser.add_argument("--size", type=int, help="measure this point here, and print it as JSON")
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(measured(asked.axis, asked.size)))
        return
    print(in_words(machine()))
    for axis in [asked.axis] if asked.axis else AXES:
        seconds = []
        for size in AXES[axis]:
            command = [sys.executable, "-m", "benchmarks.growth", "--axis", axis, "--size", str(size)]
            done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            seconds.append(1 / found["steps_a_second"])
            print(
                f"{axis:18} {size:>9,} {found['steps_a_second']:10.1f} steps/s {found['megabytes']:8.0f} MB", flush=True
            )
        print(f"{axis:18} slope of seconds a step: {slope(AXES[axis], seconds):.2f}")


if __name__ == "__main__":
    main()
