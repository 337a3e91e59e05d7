"""From ``gradients`` events, and what evaluations say of the tasks' columns, to thinned series; without Streamlit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import median
from typing import Any

from ui.lines import Lines, Series

BREAK = "\n"
"""Between a part's name and its pair's: no name holds it."""
REMEMBERED = 24
"""Newest measurements that are kept whole, for the trail of the arrows, and whose cost is averaged."""
MOST_TRAIL_TASKS = 8
Matrix = Sequence[Sequence[float | None]]


def pair_name(one: str, other: str) -> str:
    """Two tasks as one name."""
    return f"{one} ↔ {other}"


def pairs_of(tasks: Sequence[str]) -> list[tuple[str, str]]:
    """Every two tasks, in their order."""
    return list(combinations(tasks, 2))


def over_pairs(tasks: Sequence[str], table: Matrix) -> dict[str, float | None]:
    """The entries above the diagonal of a (K, K) table, by pair."""
    places = combinations(range(len(tasks)), 2)
    return {pair_name(tasks[i], tasks[j]): table[i][j] for i, j in places}


def normalised(weights: Sequence[float | None]) -> list[float | None]:
    """w_i / Σ|w_j|: what share of the weight each task has, whatever the method's own sum is."""
    total = sum(abs(value) for value in weights if value is not None)
    return [None if value is None or not total else value / total for value in weights]


def _task_lines() -> Lines:
    return Lines(summarised=True)


@dataclass
class GradientSeries:
    """How the tasks' gradients stood to each other through a run.

    Attributes:
        cosine: per pair, on all shared parameters together.
        similarity: per pair 2‖g_i‖‖g_j‖ / (‖g_i‖² + ‖g_j‖²).
        layers: the cosine per shared part and pair, by ``<part>\\n<pair>``.
        norms: λ_i‖g_i‖ per task.
        weights: w_i per task as the method gave it.
        shares: the same as shares of Σ|w_j|.
        condition: λ_max / λ_min of the Gramian.
        conflict: share of the pairs in conflict.
        latest: values of the newest event; empty before it.
        trail: values of the newest events, oldest first, of at most 8 tasks.
        costs: seconds that the newest measurements took.
        speeds: training rows a second of the newest steps, what a measurement's cost is held against.
        at: step of the newest event.
    """

    cosine: Lines = field(default_factory=_task_lines)
    similarity: Lines = field(default_factory=_task_lines)
    layers: Lines = field(default_factory=Lines)
    norms: Lines = field(default_factory=_task_lines)
    weights: Lines = field(default_factory=_task_lines)
    shares: Lines = field(default_factory=_task_lines)
    condition: Series = field(default_factory=Series)
    conflict: Series = field(default_factory=Series)
    latest: dict[str, Any] = field(default_factory=dict)
    trail: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    costs: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    at: int = 0

    def append(self, step: int, values: Mapping[str, Any]) -> None:
        """Take in one ``gradients`` event; one that comes again (a resumed run) replaces what stood from there on."""
        if step <= self.at:
            self.trail.clear()
        tasks, self.at, self.latest = list(values["tasks"]), step, dict(values)
        self.norms.append(step, dict(zip(tasks, values["norms"], strict=True)))
        self.weights.append(step, dict(zip(tasks, values["weights"], strict=True)))
        self.shares.append(step, dict(zip(tasks, normalised(values["weights"]), strict=True)))
        for series, name in ((self.condition, "condition"), (self.conflict, "share")):
            if values.get(name) is not None:
                series.append(step, float(values[name]))
        if values.get("cost") is not None:
            self.costs.append(float(values["cost"]))
        if "cosine" in values:
            self._append_pairs(step, tasks, values)

    def _append_pairs(self, step: int, tasks: Sequence[str], values: Mapping[str, Any]) -> None:
        self.cosine.append(step, over_pairs(tasks, values["cosine"]))
        self.similarity.append(step, over_pairs(tasks, values["similarity"]))
        found: dict[str, float | None] = {}
        for part, there in values.get("layers", {}).items():
            by_pair = over_pairs(tasks, there["cosine"])
            found |= {f"{part}{BREAK}{pair}": value for pair, value in by_pair.items()}
        self.layers.append(step, found)
        if len(tasks) <= MOST_TRAIL_TASKS:
            kept = ("tasks", "norms", "weights", "cosine")
            self.trail.append({name: values[name] for name in kept})

    @property
    def seconds(self) -> float | None:
        """What a measurement takes: the median of the newest ones."""
        return median(self.costs) if self.costs else None

    def copy(self) -> GradientSeries:
        """Everything as it is now."""
        return replace(self, **{name: value.copy() for name, value in vars(self).items() if hasattr(value, "copy")})


@dataclass
class ColumnSeries:
    """How alike the tasks' own columns were through a run, by ``<stage>\\n<pair>``.

    Attributes:
        cka: linear CKA of what the stages give.
        distance: 2‖θ_i − θ_j‖ / (‖θ_i‖ + ‖θ_j‖) of their parameters.
        stages: tasks that have each stage, at the newest evaluation.
        rows: how many were looked at.
    """

    cka: Lines = field(default_factory=Lines)
    distance: Lines = field(default_factory=Lines)
    stages: dict[str, list[str]] = field(default_factory=dict)
    rows: int = 0

    def append(self, step: int, values: Mapping[str, Any]) -> None:
        """Take in what one evaluation says of the columns."""
        self.rows = int(values["rows"])
        self.stages = {stage: list(there["tasks"]) for stage, there in values["stages"].items()}
        for lines, name in ((self.cka, "cka"), (self.distance, "distance")):
            found: dict[str, float | None] = {}
            for stage, there in values["stages"].items():
                names = (f"{stage}{BREAK}{pair_name(a, b)}" for a, b in pairs_of(there["tasks"]))
                found |= dict(zip(names, there[name], strict=True))
            lines.append(step, found)

    def copy(self) -> ColumnSeries:
        """Everything as it is now."""
        return replace(self, cka=self.cka.copy(), distance=self.distance.copy(), stages=dict(self.stages))


def split_names(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """The parts, and the pairs, that the names of such lines speak of, in their order."""
    found = [name.split(BREAK, 1) for name in lines]
    return list(dict.fromkeys(part for part, _ in found)), list(dict.fromkeys(pair for _, pair in found))
