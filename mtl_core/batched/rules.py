"""Which runs can train together, and how many of them at a time; without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mtl_core.blocks import Dense, Linear, Vector
from mtl_core.spec import RunSpec

FREE = ("seed", "weighting.lambdas", "optimizer.lr", "optimizer.weight_decay")
"""Fields in which runs that train together may differ; besides, the strength of each regularizer."""
REGULARIZERS = frozenset({"l2_distance"})
"""Those of which a stack of runs takes the penalty in one go."""
MOST = 64
"""Runs of a stack, at most: beyond that a step takes longer than a person waits for the curve to move."""
NUMBERS = 1 << 19
"""Numbers, at most, that a layer gives for all runs of a stack: 2 MiB of float32, which stay in a core's cache."""


def key(raw: Mapping[str, Any]) -> str:
    """What two specs have alike that may train together: all but the free fields, as text.

    Args:
        raw: a whole spec as plain values, as the store keeps it.
    """
    rest = json.loads(json.dumps(raw))
    for path in FREE:
        *groups, last = path.split(".")
        place = rest
        for group in groups:
            place = place.get(group, {})
        place.pop(last, None)
    for term in rest.get("regularizers", []):
        term.pop("strength", None)
    return json.dumps(rest, sort_keys=True)


def why_alone(spec: RunSpec) -> str | None:
    """Why this run cannot train together with others, in words; None where it can."""
    return next(_reasons(spec), None)


def most_together(spec: RunSpec, rows: int) -> int:
    """Runs that one stack holds: as many as keep what a layer gives within a core's cache, from 1 to 64.

    Args:
        spec: of one of them.
        rows: that it trains on.
    """
    batch = rows if spec.batch_size == "full" else min(spec.batch_size, rows)
    widest = max(part.block.output().width for part in spec.layout().parts)  # type: ignore[union-attr]
    return max(1, min(MOST, NUMBERS // (batch * widest)))


def _reasons(spec: RunSpec) -> Iterator[str]:
    weighting, tasks = spec.weighting, spec.task_list()
    if spec.schedule:
        yield "its schedule changes it on the way"
    if weighting.needs_gramian or weighting.looks_back:
        yield f"{weighting.name} looks at each run's own gradients"
    if any(task.kind not in ("regression", "binary", "multiclass") for task in tasks):
        yield "it makes pictures or masks"
    if spec.precision == "bf16":
        yield "it is of reduced precision"
    if spec.acceleration in ("compile", "cuda_graph"):
        yield "how it takes its steps was chosen"
    if spec.dataset.augmentation:
        yield "its training rows are changed anew at each step, by numbers of its own seed"
    if spec.dataset.build().own_samples:
        yield "its tasks have samples of their own"
    unknown = [term.name for term in spec.regularizers if term.name not in REGULARIZERS]
    if unknown:
        yield f"its regularizer {unknown[0]} is taken run by run"
    if not all(isinstance(shape.shape, Vector) for shape in spec.dataset.inputs().values()):
        yield "it has inputs other than a table"
    else:
        yield from _of_layout(spec)


def _of_layout(spec: RunSpec) -> Iterator[str]:
    layout = spec.layout()
    for part in layout.parts:
        plain = isinstance(part.block, Dense) and not part.block.batch_norm and not part.block.dropout
        if not plain and not isinstance(part.block, Linear):
            yield f"its network has {part.stage}, which is more than a layer of units"
    resting = [task for task in spec.tasks if spec.weighting.lambdas[task] == 0]
    linear = all(part.role == "head" for part in layout.parts)
    if resting and linear and spec.regularizers:
        yield f"{resting[0]} rests and its head is tied to others"
