"""From events to thinned series: the data step of every live chart, without Streamlit.

A series keeps at most 500 points however long the run is: buckets along the steps whose width
is a power of two keep their smallest and their largest value, and the last value is always
there. A bucket's place depends on its step alone, so points already drawn stay where they are
while others are appended; when there are too many buckets, neighbours merge in pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mtl_core.events import TERMINAL_KINDS, Event

MAX_POINTS = 500
MAX_BUCKETS = (MAX_POINTS - 1) // 2
STATE_EVENTS = frozenset({"started", "progress", *TERMINAL_KINDS})


@dataclass
class _Bucket:
    """The smallest and the largest value of a range of steps, with where they are."""

    low: tuple[float, float]
    high: tuple[float, float]

    def absorb(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        if low[1] < self.low[1]:
            self.low = low
        if high[1] > self.high[1]:
            self.high = high

    def points(self) -> list[tuple[float, float]]:
        return [self.low] if self.low[0] == self.high[0] else sorted((self.low, self.high))


class Series:
    """One growing series of (step, value), thinned as it grows.

    Attributes:
        width: width of a bucket in steps, a power of two.
        last: the newest point, or None while empty.
    """

    def __init__(self, max_buckets: int = MAX_BUCKETS) -> None:
        self.width = 1
        self.last: tuple[float, float] | None = None
        self._max = max_buckets
        self._buckets: dict[int, _Bucket] = {}

    def append(self, x: float, y: float) -> None:
        """Add a point; a step that comes again (a resumed run) replaces what stood from there on.

        A value that is no finite number is left out: the run's ``failed`` event tells of it.
        """
        if self.last is not None and x <= self.last[0]:
            self._drop_from(x)
        if not (math.isfinite(x) and math.isfinite(y)):
            return
        self.last = (x, y)
        self._put(int(x // self.width), self.last, self.last)
        while len(self._buckets) > self._max:
            self._widen()

    def points(self) -> list[tuple[float, float]]:
        """The kept points in order, at most 2 a bucket and the last one."""
        kept = [point for index in sorted(self._buckets) for point in self._buckets[index].points()]
        if self.last is not None and (not kept or kept[-1] != self.last):
            kept.append(self.last)
        return kept

    def xy(self) -> tuple[list[float], list[float]]:
        """The kept points as two lists."""
        points = self.points()
        return [x for x, _ in points], [y for _, y in points]

    def __len__(self) -> int:
        return len(self.points())

    def copy(self) -> Series:
        """The series as it is now; appending to this one leaves the copy as it was."""
        twin = Series(self._max)
        twin.width, twin.last = self.width, self.last
        twin._buckets = {index: _Bucket(bucket.low, bucket.high) for index, bucket in self._buckets.items()}
        return twin

    def _put(self, index: int, low: tuple[float, float], high: tuple[float, float]) -> None:
        if index in self._buckets:
            self._buckets[index].absorb(low, high)
        else:
            self._buckets[index] = _Bucket(low, high)

    def _widen(self) -> None:
        old, self._buckets, self.width = self._buckets, {}, self.width * 2
        for index in sorted(old):
            self._put(index // 2, old[index].low, old[index].high)

    def _drop_from(self, x: float) -> None:
        """Forget every point at or after ``x``."""
        kept = [point for point in self.points() if point[0] < x]
        self._buckets, self.last = {}, None
        for point in kept:
            self._put(int(point[0] // self.width), point, point)
            self.last = point


@dataclass(frozen=True)
class Change:
    """A value that was changed while the run went on.

    Attributes:
        step: steps done when it was applied.
        field: dotted spec field.
        old: value before.
        new: value after.
        by: who changed it.
    """

    step: int
    field: str
    old: Any
    new: Any
    by: str = "user"


@dataclass
class RunSeries:
    """Everything that a run's charts and tiles show, accumulated from its events.

    Attributes:
        train: loss per task at each optimizer step (``step`` events).
        evaluated: per split (``train``, ``validation``, ``test``) the loss per task (``evaluation`` events).
        metrics: per split, task and metric the value at each evaluation.
        total: the weighted sum of the losses with its penalty, at each step.
        penalty: the regularizers' share of it.
        weights: what multiplied each task's loss, at each step.
        lr: learning rate at each step.
        ties: numbers of what ties the tasks, at each evaluation: ``singular.<i>`` of W, ``<term>.<name>``.
        changes: values changed on the way, in order.
        started: values of the ``started`` event, empty before it.
        progress: values of the newest ``progress`` event, empty once steps are taken.
        ended: the last event, once the run is over.
        step: steps done at the newest event.
        epoch: epochs done at the newest event, fraction included.
        time: seconds since the run began at the newest event.
        samples_per_second: newest value, or None.
        cursor: the store's number of the newest event taken in.
    """

    train: dict[str, Series] = field(default_factory=dict)
    evaluated: dict[str, dict[str, Series]] = field(default_factory=dict)
    metrics: dict[str, dict[str, dict[str, Series]]] = field(default_factory=dict)
    total: Series = field(default_factory=Series)
    penalty: Series = field(default_factory=Series)
    weights: dict[str, Series] = field(default_factory=dict)
    lr: Series = field(default_factory=Series)
    ties: dict[str, Series] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    started: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
    ended: Event | None = None
    step: int = 0
    epoch: float = 0.0
    time: float = 0.0
    samples_per_second: float | None = None
    cursor: int = 0

    def copy(self) -> RunSeries:
        """Everything as it is now, for viewers to read while more is taken in here."""
        return RunSeries(**{item.name: _copied(getattr(self, item.name)) for item in fields(self)})

    def extend(self, rows: Iterable[tuple[int, Event]]) -> int:
        """Take in what ``Store.events_since`` gave; returns how many events were new."""
        taken = 0
        for seq, event in rows:
            if seq > self.cursor:
                self.cursor = seq
                self.add(event)
                taken += 1
        return taken

    def add(self, event: Event) -> None:
        """Take in one event."""
        self.step, self.epoch, self.time = event.step, event.epoch, event.time
        self.ended = event if event.kind in TERMINAL_KINDS else None
        match event.kind:
            case "step":
                self._add_step(event.step, event.values)
            case "evaluation":
                self._add_evaluation(event.step, event.values)
            case "change":
                self._add_change(event.step, event.values)
            case "started":
                self.started = dict(event.values)
            case "progress":
                self.progress = dict(event.values)

    def latest(self, split: str, task: str, metric: str) -> float | None:
        """The newest value of a metric, or None where there is none yet."""
        series = self.metrics.get(split, {}).get(task, {}).get(metric)
        return series.last[1] if series is not None and series.last is not None else None

    def _add_step(self, step: int, values: Mapping[str, Any]) -> None:
        self.progress = {}
        for task, loss in values.get("loss", {}).items():
            _append(self.train.setdefault(task, Series()), step, loss)
        for task, weight in values.get("weights", {}).items():
            _append(self.weights.setdefault(task, Series()), step, weight)
        for name in ("total", "penalty", "lr"):
            _append(getattr(self, name), step, values.get(name))
        if values.get("samples_per_second") is not None:
            self.samples_per_second = float(values["samples_per_second"])

    def _add_evaluation(self, step: int, values: Mapping[str, Any]) -> None:
        split = values["split"]
        losses = self.evaluated.setdefault(split, {})
        for task, loss in values.get("loss", {}).items():
            _append(losses.setdefault(task, Series()), step, loss)
        measured = self.metrics.setdefault(split, {})
        for task, by_name in values.get("metrics", {}).items():
            for metric, value in by_name.items():
                _append(measured.setdefault(task, {}).setdefault(metric, Series()), step, value)
        for name, value in tie_numbers(values.get("ties", {})):
            _append(self.ties.setdefault(name, Series()), step, value)

    def _add_change(self, step: int, values: Mapping[str, Any]) -> None:
        change = Change(step, values["field"], values.get("old"), values.get("new"), values.get("by", "user"))
        if change not in self.changes:
            self.changes.append(change)


def tie_numbers(ties: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Every number in what an evaluation says of the ties, with the name of its series."""
    for i, value in enumerate(ties.get("singular_values", ())):
        yield f"singular.{i}", value
    for term in ties.get("terms", ()):
        for key, value in term.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"{term['name']}.{key}", value


def _copied(value: Any) -> Any:
    if isinstance(value, Series):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


def _append(series: Series, step: int, value: Any) -> None:
    if value is not None:
        series.append(float(step), float(value))
