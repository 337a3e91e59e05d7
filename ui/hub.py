"""The hub: one reader of each run for everyone who watches it, in the memory of the web server."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from numpy.typing import NDArray

from mtl_core.errors import RunNotFound
from mtl_core.events import Event
from mtl_core.runs.records import ENDED, RunRecord
from mtl_core.runs.store import Store
from mtl_core.settings import home_dir
from mtl_core.spec import EVERY, RunSpec, parse_spec
from ui.series import RunSeries

MOST_RUNS = 64
"""Runs that one server keeps in memory; the one not looked at for longest goes first."""
FRESH_SECONDS = 0.2
SPEED_WINDOW = 3.0
EVENT_BATCH = 20_000
MOST_PREVIEWS = 200
"""Kept in memory; the one not looked at for longest goes first."""
LAMBDAS = "weighting.lambdas."


class Source(Protocol):
    """What runs are read from: the store, or the recorded runs."""

    def get(self, run: str) -> RunRecord: ...

    def events_since(self, run: str, seq: int = 0) -> list[tuple[int, Event]]: ...

    def load_preview(self, run: str, name: str) -> dict[str, NDArray[Any]]: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class PreviewFile:
    """A stored preview: where in the run it was made, and the file that holds it."""

    epoch: float
    step: int
    split: str
    first: bool
    name: str


@dataclass(frozen=True)
class RunView:
    """A run as its viewers see it at one moment; nothing in it changes any more.

    Attributes:
        record: the store's row.
        series: thinned curves, latest metrics, changes.
        previews: what can be scrubbed through.
        steps_per_second: over the last seconds of the run; None before there is enough to say.
    """

    record: RunRecord
    series: RunSeries
    previews: tuple[PreviewFile, ...]
    steps_per_second: float | None

    @property
    def ended(self) -> bool:
        """Whether nothing works on the run and nothing is waiting to."""
        return self.record.status in ENDED

    @cached_property
    def spec(self) -> RunSpec:
        """The run's spec; its schedule holds the changes made so far.

        Raises:
            SpecError: if another version of the program wrote what this one does not know.
        """
        return parse_spec(self.record.spec)

    @property
    def source(self) -> str:
        """Where the rows came from, e.g. ``uci`` or ``synthetic``; empty before the run has said so."""
        return str(self.series.started.get("data", {}).get("source", ""))

    @property
    def total_steps(self) -> int | None:
        """Steps of the whole run; the run's own word counts until the store's row has it, which is a little later."""
        return self.record.total_steps or self.series.started.get("total_steps")

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at the present speed."""
        total = self.total_steps
        if not self.steps_per_second or not total or self.ended:
            return None
        return max(0.0, (total - self.series.step) / self.steps_per_second)

    @property
    def samples_per_second(self) -> float | None:
        """Training rows seen a second."""
        if self.steps_per_second is None:
            return None
        size = self.record.spec["batch_size"]
        rows = self.series.started.get("data", {}).get("sizes", {}).get("train", 0) if size == "full" else size
        return self.steps_per_second * rows or None

    def value(self, path: str, fallback: float) -> float:
        """What a steerable field is at now: its last change, else the spec's value."""
        if path.startswith(LAMBDAS):
            return self.lambdas.get(path.removeprefix(LAMBDAS), fallback)
        changed = [change.new for change in self.series.changes if change.field == path]
        return float(changed[-1]) if changed else fallback

    @cached_property
    def lambdas(self) -> dict[str, float]:
        """λ of each task now, with every change that was made."""
        found = {task: float(value) for task, value in self.record.spec["weighting"]["lambdas"].items()}
        for change in self.series.changes:
            task = change.field.removeprefix(LAMBDAS)
            if task == EVERY:
                found = dict.fromkeys(found, float(change.new))
            elif task != change.field:
                found[task] = float(change.new)
        return found

    @property
    def epochs(self) -> int:
        """Epochs that the run shall have in all, with those by which it was continued."""
        return planned_epochs(self.record, max(self.record.step, self.series.step))


def planned_epochs(record: RunRecord, step: int | None = None) -> int:
    """Epochs planned for a run once ``step`` steps are done (left out: the steps that the record knows of).

    Each continuation stands in the schedule at the step from which the run went on; a later one counts from there.
    """
    at = record.step if step is None else step
    planned = [entry for entry in record.spec.get("schedule", []) if entry["field"] == "epochs" and entry["step"] <= at]
    last = max(planned, key=lambda entry: int(entry["step"]), default={"value": record.spec["epochs"]})
    return int(last["value"])


@dataclass
class _Entry:
    """What the hub keeps of one run."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    series: RunSeries = field(default_factory=RunSeries)
    previews: dict[str, PreviewFile] = field(default_factory=dict)
    pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=400))
    read_at: float = float("-inf")
    view: RunView | None = None


class Hub:
    """Reads the tail of each run once and thins it for all viewers; safe under threads."""

    def __init__(self, source: Source, most_runs: int = MOST_RUNS) -> None:
        self.source = source
        self._most_runs = most_runs
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def view(self, run: str) -> RunView:
        """The run as it is now, at most 0.2 s old.

        Raises:
            RunNotFound: if no run has this id.
        """
        entry = self._entry(run)
        with entry.lock:
            if entry.view is None or time.monotonic() - entry.read_at > FRESH_SECONDS:
                try:
                    entry.view = self._read(run, entry)
                except RunNotFound:
                    self.forget(run)
                    raise
                entry.read_at = time.monotonic()
            return entry.view

    def fresh(self, run: str) -> RunView:
        """As :meth:`view`, after an order that shall be seen at once."""
        self._entry(run).read_at = float("-inf")
        return self.view(run)

    def forget(self, run: str) -> None:
        """Drop what is kept of a run."""
        with self._lock:
            self._entries.pop(run, None)

    def _entry(self, run: str) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(run, _Entry())
            self._entries.move_to_end(run)
            while len(self._entries) > self._most_runs:
                self._entries.popitem(last=False)
            return entry

    def _read(self, run: str, entry: _Entry) -> RunView:
        record = self.source.get(run)
        fresh = False
        while rows := self.source.events_since(run, entry.series.cursor):
            fresh = True
            entry.series.extend(rows)
            for _, event in rows:
                _note(entry, event)
            if len(rows) < EVENT_BATCH:
                break
        series = entry.series.copy() if fresh or entry.view is None else entry.view.series
        order = sorted(entry.previews.values(), key=lambda preview: preview.step)
        view = RunView(record, series, tuple(order), _speed(entry))
        before = entry.view
        if before is not None and "spec" in before.__dict__ and before.record.spec == record.spec:
            view.__dict__["spec"] = before.spec  # parsed once, not five times a second
        return view


def _note(entry: _Entry, event: Event) -> None:
    if event.kind == "step":
        if entry.pace and event.step <= entry.pace[-1][1]:
            entry.pace.clear()
        if not entry.pace or event.time > entry.pace[-1][0]:
            entry.pace.append((event.time, event.step))
    elif event.kind == "preview" and "artifact" in event.values:
        name = str(event.values["artifact"])
        split, first = str(event.values.get("split", "")), bool(event.values.get("first"))
        entry.previews[name] = PreviewFile(event.epoch, event.step, split, first, name)


def _speed(entry: _Entry) -> float | None:
    if len(entry.pace) < 2:
        return None
    now, step = entry.pace[-1]
    begun, first = next((mark for mark in entry.pace if mark[0] >= now - SPEED_WINDOW), entry.pace[0])
    if now <= begun:
        begun, first = entry.pace[-2]
    return (step - first) / (now - begun) if now > begun else None


@st.cache_resource(max_entries=4)
def _store_and_hub(home: Path) -> tuple[Store, Hub]:
    store = Store(home)
    return store, Hub(store)


def store() -> Store:
    """The run store of this server's home.

    Raises:
        MTLError: if it cannot be opened.
    """
    return _store_and_hub(home_dir())[0]


def hub() -> Hub:
    """The hub of this server's home."""
    return _store_and_hub(home_dir())[1]


@st.cache_resource(max_entries=1)
def recorded_hub() -> Hub:
    """The hub of the runs that are shipped with the project."""
    from ui.recorded import Recorded

    return Hub(Recorded())


@lru_cache(maxsize=MOST_PREVIEWS)
def _arrays(source: Source, run: str, name: str, step: int) -> dict[str, NDArray[Any]]:
    return source.load_preview(run, name)


def arrays(source: Source, run: str, preview: PreviewFile) -> dict[str, NDArray[Any]]:
    """The arrays of a preview, read from disk once for all viewers: the very same ones for each, which nobody changes.

    Raises:
        MTLError: if the file is not there any more or is damaged.
    """
    return _arrays(source, run, preview.name, preview.step)
