"""A run that was continued counts to its new end, everywhere; and how epochs are written."""

from __future__ import annotations

import pytest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from tests.ui.small_store import events_of, opened, run_of, told, whole
from ui import hub
from ui.recorded import Recorded
from ui.tiles import epoch_text
from ui.words import catalogue

EN = catalogue("en")


def continued(store: Store) -> str:
    """A run of 10 epochs that was continued by 20, told of by its schedule alone."""
    run = run_of(store, "finished", spec={"epochs": 10}, until=10)
    store.requeue(run, 20)
    writer = store.writer(run)
    for event in events_of("wine_quality", after=10, until=30):
        writer.append(event)
    writer.append(Event("finished", 30, 30.0, 1.0, dict(Recorded().get("wine_quality").result or {})))
    writer.flush()
    return run


def test_a_continued_run_counts_to_its_new_end(home: object, store: Store) -> None:
    run = continued(store)
    app = opened(run=run)
    assert told(app) == []
    assert EN["progress.epoch"].format(done="30", total="30") in whole(app)
    slider = app.slider(key=f"epoch:{run}")
    assert slider.max == 30
    assert slider.value > 10


def test_the_list_of_runs_counts_to_the_new_end_too(home: object, store: Store) -> None:
    run = continued(store)
    app = opened("runs")
    assert told(app) == []
    done = epoch_text(store.get(run).epoch)
    assert EN["runs.progress"].format(epoch=done, epochs="30", step=store.get(run).step) in whole(app)


def test_the_epoch_slider_holds_a_preview_beyond_the_plan(home: object, store: Store) -> None:
    run = run_of(store, "running", spec={"epochs": 10}, until=30)
    app = opened(run=run)
    assert told(app) == []
    slider = app.slider(key=f"epoch:{run}")
    assert slider.value == slider.max > 10


def test_a_change_of_epochs_counts_from_its_step_on(home: object, store: Store) -> None:
    schedule = [{"step": 40, "field": "epochs", "value": 70}, {"step": 20, "field": "epochs", "value": 60}]
    run = run_of(store, "running", spec={"epochs": 50, "schedule": schedule}, until=30)
    record = store.get(run)
    assert [hub.planned_epochs(record, step) for step in (0, 19, 20, 39, 40)] == [50, 50, 60, 60, 70]


@pytest.mark.parametrize(
    ("epoch", "text"), [(0, "0"), (0.5556, "0.5"), (1.0, "1"), (0.3, "0.3"), (9.99, "9.9"), (123456.7, "123456.7")]
)
def test_epochs_have_one_decimal_at_most_and_never_round_up(epoch: float, text: str) -> None:
    assert epoch_text(epoch) == text
