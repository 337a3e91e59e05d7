"""One point of benchmarks/growth.py, measured in this process: seconds a step, and memory.

A step is all that comes with it in training: the next batch, the optimizer's step, what the step log reads. Data,
sessions and evaluations are left out.
"""

from __future__ import annotations

import gc
import os
import re
import statistics
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")

import psutil
import torch
import torch._dynamo  # the first optimizer would

from benchmarks.eight import OURS, TABLE, session_of
from benchmarks.pairs import Way, count_for, repeated
from mtl_core.batched.rules import most_together
from mtl_core.batched.trainer import Together
from mtl_core.datasets import DATASETS
from mtl_core.opening import sibling
from mtl_core.paths import merged
from mtl_core.reporting import Reporter
from mtl_core.session import Session
from mtl_core.steplog import StepLog
from mtl_core.stepping import take_step

SECONDS, ROUNDS = 1.0, 5
TIMED = 6
"""Stacks of a sweep that are timed, at most."""
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def fields(axis: str, series: str, size: int) -> dict[str, Any]:
    """What the axis changes in the set-up: two tasks, 2 000 samples, two layers of 64, batches of 64."""
    if axis == "tasks":
        return {"dataset": {"options": {"task_count": size}}, "weighting": series}
    changed: dict[str, Any] = {"dataset": {"options": {"task_count": 2}}}
    if series == "full batch":
        changed["batch_size"] = "full"
    if axis == "samples":
        changed["dataset"]["options"]["rows"] = size
    if axis == "parameters":
        changed["architecture"] = {"hidden": [size, size]}
    return changed


def measured(axis: str, series: str, size: int, seconds: float = SECONDS) -> dict[str, float]:
    """x on the picture, seconds a step, most memory of the process while it steps, and what of that is added.

    Args:
        axis, series, size: of the point.
        seconds: about so long is measured.
    """
    torch.set_num_threads(1)
    timed(step_of(session_of(TABLE)), 0.0)  # all that a process imports and sets up once
    gc.collect()
    idle = psutil.Process().memory_info().rss / 1e6
    first = session_of(merged(TABLE, fields(axis, series, size)))
    x = sum(p.numel() for p in first.network.parameters()) if axis == "parameters" else size
    forget_peak()
    took = all_models(first, size, seconds) if axis == "models at once" else timed(step_of(first), seconds)
    peak = peak_megabytes()
    return {"x": x, "seconds": took, "megabytes": peak, "added": max(0.0, peak - idle)}


def all_models(first: Session, count: int, seconds: float) -> float:
    """Seconds that one step of so many models takes one worker: stack after stack, each as large as a sweep's.

    Of the full stacks a few are timed, and their mean stands for the others: they are all alike.
    """
    with patch.dict(DATASETS, OURS):
        room = most_together(first.spec, len(first.splits["train"]))
        full, rest = divmod(count, room)
        alike = [
            _stack(first, range(i * room, (i + 1) * room), seconds / min(full, TIMED)) for i in range(min(full, TIMED))
        ]
        last = _stack(first, range(full * room, count), seconds) if rest else 0.0
    return full * statistics.mean(alike or [0.0]) + last


def _stack(first: Session, seeds: range, seconds: float) -> float:
    """Seconds a step of the stack of these seeds; it is gone when the next one is built."""
    sessions = [sibling(first, first.spec.model_copy(update={"seed": seed})) for seed in seeds]
    took = timed(step_of(sessions[0]) if len(seeds) == 1 else step_together(sessions), seconds)
    del sessions
    gc.collect()
    return took


def step_of(session: Session) -> Way:
    """One step of a run by itself."""
    reporter, log = Reporter(session), StepLog(session)

    def step() -> None:
        log.begin(session.learning_rate())
        log.add(take_step(session, reporter.next_batch()))
        session.step += 1
        if log.due():
            list(log.flush())

    return step


def step_together(sessions: list[Session]) -> Way:
    """One step of runs that train as one."""
    together = Together(sessions)

    def step() -> None:
        together.take_step()
        if together.log.due():
            for told in together.log.flush().values():
                list(told)

    return step


def timed(step: Way, seconds: float) -> float:
    """Seconds a step, the median of five stretches."""
    count = count_for(step, seconds / ROUNDS)
    steps, found = repeated(step, count), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        steps()
        found.append((time.perf_counter() - began) / count)
    return statistics.median(found)


def forget_peak() -> None:
    """Let the largest memory count from now on, where the system allows it."""
    if os.access(CLEAR, os.W_OK):
        CLEAR.write_text("5", encoding="ascii")


def peak_megabytes() -> float:
    """Most memory of this process since then; where the system does not say, what it has now."""
    found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii")) if STATUS.is_file() else None
    return int(found[1]) * 1.024e-3 if found else psutil.Process().memory_info().rss / 1e6
