"""From events to thinned series: the data step of every live chart, without Streamlit.

A series keeps at most 400 points however long the run is (:mod:`ui.lines`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mtl_core.events import TERMINAL_KINDS, Event
from ui.gradient_series import ColumnSeries, GradientSeries
from ui.lines import Line, Lines, Series
from ui.mixing_series import mixing_numbers

__all__ = ["Change", "Line", "Lines", "Measured", "RunSeries", "Series", "tie_numbers"]


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


class Measured(Mapping[str, Mapping[str, Line]]):
    """The metrics of one split: by task and metric, kept as :class:`Lines` by metric."""

    def __init__(self) -> None:
        self.by_metric: dict[str, Lines] = {}

    def append(self, step: int, values: Mapping[str, Mapping[str, float | None]]) -> None:
        """Add what one evaluation measured, by task and metric."""
        found: dict[str, dict[str, float | None]] = {}
        for task, by_name in values.items():
            for metric, value in by_name.items():
                found.setdefault(metric, {})[task] = value
        for metric, by_task in found.items():
            self.by_metric.setdefault(metric, Lines()).append(step, by_task)

    def latest(self, metric: str) -> dict[str, float]:
        """The newest value of a metric for each task that has one."""
        return self.by_metric[metric].latest() if metric in self.by_metric else {}

    def copy(self) -> Measured:
        """As it is now."""
        twin = Measured()
        twin.by_metric = {metric: lines.copy() for metric, lines in self.by_metric.items()}
        return twin

    def __getitem__(self, task: str) -> Mapping[str, Line]:
        found = {metric: lines[task] for metric, lines in self.by_metric.items() if task in lines}
        if not found:
            raise KeyError(task)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(task for lines in self.by_metric.values() for task in lines))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _task_lines() -> Lines:
    return Lines(summarised=True)


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
        gradients: how the tasks' gradients stood to each other.
        columns: how alike the tasks' own columns are.
        mixing: stitches, gates and masks at the newest evaluation that told them; empty before it.
        mixed: the same numbers over the steps (:mod:`ui.mixing_series`).
        changes: values changed on the way, in order.
        alone: of the newest step that took single tasks' gradients alone: ``step``, ``only``, ``loss``, ``loss_after``.
        started: values of the ``started`` event, empty before it.
        progress: values of the newest ``progress`` event, empty once steps are taken.
        ended: the last event, once the run is over.
        step: steps done at the newest event.
        epoch: epochs done at the newest event, fraction included.
        time: seconds since the run began at the newest event.
        samples_per_second: newest value, or None.
        cursor: the store's number of the newest event taken in.
    """

    train: Lines = field(default_factory=_task_lines)
    evaluated: dict[str, Lines] = field(default_factory=dict)
    metrics: dict[str, Measured] = field(default_factory=dict)
    total: Series = field(default_factory=Series)
    penalty: Series = field(default_factory=Series)
    weights: Lines = field(default_factory=_task_lines)
    lr: Series = field(default_factory=Series)
    ties: dict[str, Series] = field(default_factory=dict)
    gradients: GradientSeries = field(default_factory=GradientSeries)
    columns: ColumnSeries = field(default_factory=ColumnSeries)
    mixing: dict[str, Any] = field(default_factory=dict)
    mixed: Lines = field(default_factory=Lines)
    changes: list[Change] = field(default_factory=list)
    alone: dict[str, Any] = field(default_factory=dict)
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
            case "gradients":
                self.gradients.append(event.step, event.values)
            case "change":
                self._add_change(event.step, event.values)
            case "started":
                self.started = dict(event.values)
            case "progress" if event.values.get("what") == "acceleration":
                self.started["acceleration"] = event.values
            case "progress":
                self.progress = dict(event.values)

    def latest(self, split: str, task: str, metric: str) -> float | None:
        """The newest value of a metric, or None where there is none yet."""
        lines = self.metrics[split].by_metric.get(metric) if split in self.metrics else None
        last = lines[task].last if lines is not None and task in lines else None
        return None if last is None else last[1]

    def _add_step(self, step: int, values: Mapping[str, Any]) -> None:
        self.progress = {}
        self.train.append(step, values.get("loss", {}))
        if "loss_after" in values:
            self.alone = {"step": step, **{name: values[name] for name in ("only", "loss", "loss_after")}}
        self.weights.append(step, values.get("weights", {}))
        for name in ("total", "penalty", "lr"):
            _append(getattr(self, name), step, values.get(name))
        if values.get("samples_per_second") is not None:
            self.samples_per_second = float(values["samples_per_second"])
            self.gradients.speeds.append(self.samples_per_second)

    def _add_evaluation(self, step: int, values: Mapping[str, Any]) -> None:
        split = values["split"]
        self.evaluated.setdefault(split, _task_lines()).append(step, values.get("loss", {}))
        self.metrics.setdefault(split, Measured()).append(step, values.get("metrics", {}))
        for name, value in tie_numbers(values.get("ties", {})):
            _append(self.ties.setdefault(name, Series()), step, value)
        if values.get("similarity"):
            self.columns.append(step, values["similarity"])
        if values.get("mixing"):
            self.mixing = dict(values["mixing"])
            self.mixed.append(step, mixing_numbers(self.mixing))

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
    if isinstance(value, Series | Lines | Measured | GradientSeries | ColumnSeries):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


def _append(series: Series, step: int, value: Any) -> None:
    if value is not None:
        series.append(float(step), float(value))
