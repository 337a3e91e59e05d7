"""The hub: reads once for everybody, never shows what was deleted, keeps few runs; and the recorded runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mtl_core.control import Command
from mtl_core.errors import RunNotFound
from mtl_core.events import Event
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.small_store import run_of
from ui import hub as hubs
from ui.hub import Hub, arrays
from ui.recorded import FOLDER, Recorded, recorded_run


class Counting:
    """A source that counts how often it is asked for events."""

    def __init__(self, store: Store) -> None:
        self.store, self.asked = store, 0

    def get(self, run: str) -> RunRecord:
        """As the store."""
        return self.store.get(run)

    def events_since(self, run: str, seq: int = 0) -> list[tuple[int, Event]]:
        """As the store, counted."""
        self.asked += 1
        return self.store.events_since(run, seq)

    def load_preview(self, run: str, name: str) -> dict[str, Any]:
        """As the store."""
        return self.store.load_preview(run, name)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the hub's clock forward."""
    now = [100.0]
    monkeypatch.setattr(hubs.time, "monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_many_viewers_at_once_read_the_store_once(store: Store, clock: Callable[[float], None]) -> None:
    run, source = run_of(store, "running", until=20), Counting(store)
    hub = Hub(source)
    viewers = [threading.Thread(target=hub.view, args=(run,)) for _ in range(20)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    assert source.asked == 1
    clock(hubs.FRESH_SECONDS * 2)
    hub.view(run)
    assert source.asked == 2


def test_a_view_does_not_change_while_the_run_goes_on(store: Store, clock: Callable[[float], None]) -> None:
    run = run_of(store, "running", until=20)
    hub = Hub(store)
    early = hub.view(run)
    points = early.series.train["quality"].points()
    writer = store.writer(run)
    writer.append(Event("step", 21, 21.0, 9.0, {"loss": {"quality": 0.1, "good": 0.2}, "total": 0.3}))
    writer.flush()
    clock(1.0)
    assert hub.view(run).series.step == 21
    assert early.series.train["quality"].points() == points


def test_a_deleted_run_is_gone_for_viewers_too(store: Store, clock: Callable[[float], None]) -> None:
    run = run_of(store, "finished")
    hub = Hub(store)
    hub.view(run)
    store.delete(run)
    clock(1.0)
    with pytest.raises(RunNotFound):
        hub.view(run)


def test_only_the_last_runs_are_kept(store: Store) -> None:
    hub = Hub(store, most_runs=3)
    runs = [run_of(store, "queued") for _ in range(6)]
    for run in runs:
        hub.view(run)
    assert list(hub._entries) == runs[-3:]


def test_speed_and_time_left_come_from_the_last_seconds(store: Store) -> None:
    run = run_of(store, "running", until=0)
    writer = store.writer(run)
    for step in range(1, 51):
        values = {"loss": {"quality": 1.0, "good": 1.0}, "total": 2.0}
        writer.append(Event("step", step, float(step), step / 10, values))
    writer.flush()
    view = Hub(store).view(run)
    assert view.steps_per_second == pytest.approx(10)
    assert view.seconds_left == pytest.approx(5)
    assert view.samples_per_second == pytest.approx(10 * 1023)


def test_the_runs_own_word_on_its_length_counts_until_the_row_has_it(store: Store) -> None:
    """Else an axis that is fixed a little later would undo a zoom."""
    view = Hub(store).view(run_of(store, "running", until=20))
    said = view.series.started["total_steps"]
    unknown = replace(view, record=replace(view.record, total_steps=None))
    assert unknown.total_steps == said > 0
    longer = replace(view, record=replace(view.record, total_steps=said + 5))
    assert longer.total_steps == said + 5


def test_a_value_is_where_its_last_change_put_it(store: Store) -> None:
    run = run_of(store, "running", until=10)
    writer = store.writer(run)
    writer.append(Event("change", 10, 10.0, 1.0, {"field": "optimizer.lr", "old": 0.01, "new": 0.05, "by": "user"}))
    view = Hub(store).view(run)
    assert view.value("optimizer.lr", 0.01) == 0.05
    assert view.value("weighting.lambdas.good", 0.5) == 0.5
    store.send(run, Command("pause"))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FOLDER.glob("*/record.json")))
def test_a_recorded_run_is_whole_small_and_valid(name: str) -> None:
    hub = Hub(Recorded())
    view = hub.view(name)
    assert view.record.status == "finished"
    assert parse_spec(view.record.spec) == view.spec
    assert view.source in ("synthetic", "sklearn"), "nobody's data is shipped"
    for task in view.spec.task_list():
        assert view.series.latest("validation", task.name, task.main_metric) is not None
    assert {preview.split for preview in view.previews} == {"validation", "test"}
    for preview in view.previews:
        assert arrays(hub.source, name, preview)
    assert sum(file.stat().st_size for file in (FOLDER / name).iterdir()) < 300_000
    assert "/" not in view.record.data_dir


def test_data_without_a_recording_has_none() -> None:
    assert recorded_run("digits") == "digits"
    assert recorded_run("no_such_data") is None
    with pytest.raises(RunNotFound):
        Recorded().get("../wine_quality")
