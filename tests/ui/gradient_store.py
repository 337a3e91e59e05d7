"""Runs with measurements of their gradients, made from a seed, for the tests of the views."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.small_store import OWNER

PARTS = ("shared/hidden0", "shared/hidden1")
MOST_PAIRED = 12


def described(rows: NDArray[np.float64]) -> dict[str, Any]:
    """Norms, cosines and similarities of the rows of J."""
    norms = np.linalg.norm(rows, axis=1)
    products = np.outer(norms, norms)
    squares = norms**2
    found: dict[str, Any] = {"norms": norms.tolist(), "condition": 3.5, "share": 0.5}
    if len(rows) <= MOST_PAIRED:
        found["cosine"] = (rows @ rows.T / products).tolist()
        found["similarity"] = (2 * products / (squares[:, None] + squares)).tolist()
    return found


def gradient_values(
    tasks: Sequence[str], rows: NDArray[np.float64] | None = None, *, seed: int = 0, cost: float = 0.002
) -> dict[str, Any]:
    """Values of a ``gradients`` event: of these rows of J, or of random ones."""
    random = np.random.default_rng(seed)
    given = random.normal(size=(len(tasks), 6)) if rows is None else rows
    values = {"tasks": list(tasks), "weights": [1.0] * len(tasks), "cost": cost, **described(given)}
    if len(tasks) <= MOST_PAIRED:
        conflicts = np.array(values["cosine"]) < 0
        values |= {"conflict": conflicts.astype(int).tolist(), "measured": np.full_like(conflicts, 2, int).tolist()}
        values["layers"] = {part: described(random.normal(size=given.shape)) for part in PARTS}
    return values


def column_values(tasks: Sequence[str], at: float) -> dict[str, Any]:
    """What an evaluation says of the tasks' own columns: the same number for every pair."""
    pairs = len(tasks) * (len(tasks) - 1) // 2
    stage = {"tasks": list(tasks), "cka": [at] * pairs, "distance": [1 - at] * pairs}
    return {"rows": 512, "stages": {"hidden0": stage, "hidden1": stage}}


def gradient_run(
    store: Store,
    spec: Mapping[str, Any] | None = None,
    *,
    measured: int = 3,
    columns: int = 0,
    finished: bool = False,
) -> str:
    """A run with measurements at every tenth step, and evaluations that compare columns.

    Args:
        store: to write to.
        spec: fields of its spec.
        measured: measurements.
        columns: evaluations that tell of columns.
        finished: whether it has ended.
    """
    parsed = parse_spec(dict(spec or {}))
    run = store.create(parsed, OWNER, process=(os.getpid(), psutil.Process().create_time()))
    writer, tasks = store.writer(run), parsed.tasks
    data = {"name": parsed.dataset.name, "source": "synthetic", "sizes": {"train": 1_000}, "notes": []}
    writer.append(Event("started", 0, 0, 0, {"total_steps": 100, "data": data}))
    loss = dict.fromkeys(tasks, 1.0)
    values = {"loss": loss, "weights": loss, "total": 2.0, "penalty": 0.0, "lr": 0.01, "samples_per_second": 1e5}
    steps = 10 * max(measured, columns) or 10
    for step in range(1, steps + 1):
        writer.append(Event("step", step, float(step), step * 0.01, values))
        number, rest = divmod(step - 1, 10)
        if rest == 0 and number < measured:
            writer.append(Event("gradients", step, float(step), step * 0.01, gradient_values(tasks, seed=number)))
        if rest == 0 and number < columns:
            told = {
                "split": "train",
                "loss": loss,
                "metrics": {},
                "similarity": column_values(tasks, 0.5 + 0.1 * number),
            }
            writer.append(Event("evaluation", step, float(step), step * 0.01, told))
    if finished:
        writer.append(Event("finished", steps, float(steps), 1.0, {"status": "finished", "metrics": {}}))
    writer.flush()
    return run
