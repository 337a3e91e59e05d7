"""The gradients in the Playground: no measurement, few, two tasks, more, many; steering, and columns instead."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from tests.ui.gradient_store import gradient_run
from tests.ui.many_store import ManyTasks
from tests.ui.small_store import opened, run_of, tiles, told, whole
from ui import shown_run, views
from ui.words import catalogue

EN = catalogue("en")
EVERY = "gradients.every"
SHAPES = {"dataset": "shapes", "tasks": ["shape", "colour", "mask"]}


def looked_at(run: str, kind: str = "gradients", **parameters: str) -> AppTest:
    """The Playground with one of a run's views."""
    app = opened(run=run, **parameters)
    app.session_state[views.CHOSEN] = f"{kind}:"
    app.run()
    assert told(app) == []
    return app


def options(app: AppTest) -> list[str]:
    """The views that are offered."""
    return [str(option) for option in app.get_by_key("detail_view").options]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "many_tasks", ManyTasks)


@pytest.mark.parametrize("how", ["running", "finished", "failed"])
def test_a_run_of_before_there_were_measurements(home: object, store: Store, how: str) -> None:
    text = whole(looked_at(run_of(store, how, until=30, without="gradients")))
    assert EN["gradients.why_soon" if how == "running" else "gradients.why_none"] in text


def test_a_run_that_waits(home: object, store: Store) -> None:
    app = looked_at(run_of(store, "queued"))
    assert EN["gradients.why_soon"] in whole(app)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("measured", [1, 2, 30])
def test_two_tasks(home: object, store: Store, measured: int, lang: str) -> None:
    words = catalogue(lang)
    app = looked_at(gradient_run(store, measured=measured), lang=lang)
    text = whole(app)
    assert words["gradients.arrows_about"] in text
    assert words["gradients.where"] in text
    assert [name for name, _ in tiles(app, "gradient_tiles")] == [
        words[f"gradients.{n}"] for n in ("conflict_share", "condition", "cosine_tile", "similarity")
    ]
    share = words["gradients.cost"].format(cost="2.0 ms", every=10, share="2.0%")
    assert share in text


@pytest.mark.parametrize("quantity", ["weights", "shares", "similarity", "condition"])
def test_each_quantity_has_its_words(home: object, store: Store, quantity: str) -> None:
    app = looked_at(gradient_run(store))
    app.get_by_key("gradients_quantity").set_value(quantity).run()
    assert told(app) == []
    assert EN[f"gradients.{quantity}_about"] in whole(app)


def test_three_tasks_have_a_fan_a_matrix_and_a_choice_of_pairs(home: object, store: Store) -> None:
    app = looked_at(gradient_run(store, SHAPES))
    text = whole(app)
    assert EN["gradients.fan_about"] in text
    assert EN["gradients.cosine_now"].format(step=21) in text
    pairs = app.selectbox(key="gradients_pair")
    assert pairs.options == ["shape ↔ colour", "shape ↔ mask", "colour ↔ mask"]
    pairs.set_value("colour ↔ mask").run()
    assert told(app) == []
    assert EN["gradients.where_time"].format(pair="colour ↔ mask") in whole(app)


@pytest.mark.parametrize(("count", "matrix"), [(10, True), (14, False)])
def test_many_tasks(home: object, store: Store, count: int, matrix: bool) -> None:
    """Up to 12 tasks every pair is told; of more only shares and means are."""
    spec = {"dataset": {"name": "many_tasks", "options": {"count": count}}}
    app = looked_at(gradient_run(store, spec))
    text = whole(app)
    assert (EN["gradients.cosine_now"].format(step=21) in text) == matrix
    assert (EN["gradients.where"] in text) == matrix
    assert EN["gradients.conflict_now"] in dict(tiles(app, "gradient_tiles"))


def test_tasks_that_share_nothing_are_explained_and_their_columns_compared(home: object, store: Store) -> None:
    soft: dict[str, Any] = {"architecture": "soft"}
    text = whole(looked_at(gradient_run(store, soft, measured=0, columns=3)))
    assert EN["gradients.why_apart"] in text
    assert EN["columns.cka_about"].format(rows=512) in text
    before = whole(looked_at(gradient_run(store, soft, measured=0)))
    assert EN["gradients.why_apart"] in before
    assert EN["columns.later"] in before


def test_columns_have_a_view_of_their_own(home: object, store: Store) -> None:
    spec = SHAPES | {"architecture": {"name": "partial", "shared_depth": 1}}
    app = looked_at(gradient_run(store, spec, columns=4), "columns")
    assert f"{EN['views.columns']}" in options(app)
    assert EN["columns.now"] in whole(app)
    app.get_by_key("columns_measure").set_value("distance").run()
    app.selectbox(key="columns_pair").set_value("colour ↔ mask").run()
    assert told(app) == []
    text = whole(app)
    assert EN["columns.distance_about"] in text
    assert EN["columns.strip"].format(pair="colour ↔ mask") in text
    assert EN["views.columns"] not in options(looked_at(gradient_run(store)))


def test_one_task_has_no_such_view(home: object, store: Store) -> None:
    app = opened(run=gradient_run(store, {"tasks": ["quality"]}, measured=0))
    assert told(app) == []
    assert EN["views.gradients"] not in options(app)


def test_the_switch_steers_a_run_that_goes_on(home: object, store: Store) -> None:
    run = gradient_run(store)
    app = looked_at(run)
    app.get_by_key(f"live:{run}:{EVERY}").set_value(0).run()
    assert told(app) == []
    app.get_by_key(f"live:{run}:{EVERY}").set_value(50).run()
    orders, _ = store.commands_since(run, 0)
    assert [(order.name, order.field, order.value) for order in orders] == [("set", EVERY, 0), ("set", EVERY, 50)]
    assert app.query_params["gradients.every"] == "50", "the form keeps it for the next run"


def test_beside_a_run_that_has_ended_it_is_for_the_next_one(home: object, store: Store) -> None:
    run = gradient_run(store, finished=True)
    app = looked_at(run)
    app.get_by_key(f"form:{EVERY}").set_value(0).run()
    assert told(app) == []
    assert store.commands_since(run, 0)[0] == []
    app.button(key="start").click().run()
    newest = store.runs(limit=1)[0]
    assert newest.id != run
    assert newest.spec["gradients"]["every"] == 0
    assert shown_run.RUN in app.session_state


def test_a_run_switched_off_can_be_switched_on(home: object, store: Store) -> None:
    run = gradient_run(store, {"gradients": {"every": 0}}, measured=0)
    app = looked_at(run)
    assert EN["gradients.why_off"] in whole(app)
    app.get_by_key(f"live:{run}:{EVERY}").set_value(1).run()
    assert [order.value for order in store.commands_since(run, 0)[0]] == [1]


def test_a_value_beside_the_usual_ones_is_shown(home: object, store: Store) -> None:
    run = gradient_run(store, {"gradients": {"every": 7}})
    switch = looked_at(run).get_by_key(f"live:{run}:{EVERY}")
    assert [str(option) for option in switch.options] == [EN["gradients.off"], "1", "7", "10", "50", "100", "1,000"]
    assert switch.value == 7
