"""A search on the page of trade-offs: the form, what cannot be, an answer, stopping and going on."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.execution import searching
from mtl_core.runs.groups import list_groups
from mtl_core.runs.store import Store
from mtl_core.search import study
from mtl_core.search.answer import search_answer
from mtl_core.search.loop import Search
from mtl_core.spec import parse_spec
from tests.search.test_search import work
from tests.ui.small_store import OWNER, opened, told, whole
from ui import evaluation, search_form, search_view
from ui.words import catalogue

EN = catalogue("en")
WINE = parse_spec({"dataset": "wine_quality", "epochs": 10})


@pytest.fixture(autouse=True)
def started(home: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Searches that the page has started; no process begins."""
    asked: list[str] = []
    monkeypatch.setattr(search_form, "ensure_runner", lambda _: None)
    for module in (search_form, search_view):
        monkeypatch.setattr(module, "start_search", lambda _, group: asked.append(group))
    return asked


def page() -> AppTest:
    app = opened("tradeoffs")
    app.get_by_key(evaluation.WAY).set_value("search").run()
    assert told(app) == []
    return app


def searched(store: Store, trials: int, objectives: tuple[str, ...] = ("quality",), done: int | None = None) -> str:
    """A search of the owner's, of which so many trials have ended."""
    space = ["optimizer.lr=1e-4..1:log", "weighting.lambdas.quality=0.1..1"]
    group = study.begin(store, study.plan(WINE, space, objectives, trials), OWNER)
    search = Search(store, group, 1)
    while search.turn(more=done is None or search.stand().done < done):
        work(store, group)
    return group


def test_the_form_begins_with_ranges_and_starts_a_search(store: Store, started: list[str]) -> None:
    app = page()
    assert EN["evaluation.none_yet"] in whole(app)
    space = str(app.text_area(key=search_form.SPACE).value).splitlines()
    assert space == ["optimizer.lr=1e-4..1e-1:log", "weighting.lambdas.quality=0.05..1"]
    app.number_input(key=search_form.TRIALS).set_value(7).run()
    app.button(key="search_start").click().run()
    assert told(app) == []
    (group,) = list_groups(store, OWNER)
    assert (group.kind, started) == ("search", [group.id])
    asked, _ = study.load(store, group.id)
    assert (asked.trials, [one.task for one in asked.objectives]) == (7, ["quality"])
    assert EN["search.stand"].format(done=0, trials=7, pruned=0, failed=0) in whole(app)


def test_fields_bring_their_lines_and_changed_lines_stay(store: Store) -> None:
    app = page()
    app.text_area(key=search_form.SPACE).set_value("optimizer.lr=1e-3..1e-2:log\narchitecture.fusion_width=16,32").run()
    app.get_by_key(search_form.FIELDS).set_value(["optimizer.lr", "batch_size"]).run()
    lines = str(app.text_area(key=search_form.SPACE).value).splitlines()
    assert lines == ["optimizer.lr=1e-3..1e-2:log", "architecture.fusion_width=16,32", "batch_size=32,64,128,full"]


def test_a_range_that_cannot_be_is_named_and_nothing_starts(store: Store, started: list[str]) -> None:
    app = page()
    app.text_area(key=search_form.SPACE).set_value("optimizer.lr=1..0.1\noptimizer.rate=0..1").run()
    assert told(app) == []
    assert app.button(key="search_start").disabled
    assert "`optimizer.lr`" in app.info[0].value
    assert "`optimizer.rate`" in app.info[0].value
    assert started == []


def test_the_answer_of_one_objective(store: Store) -> None:
    searched(store, 10)
    app = page()
    text = whole(app)
    assert EN["search.stand"].format(done=10, trials=10, pruned=0, failed=0) in text
    assert EN["search.best"] in text
    assert EN["search.mattered"] in text
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe[0].value) == 10


def test_the_front_of_several_objectives(store: Store) -> None:
    searched(store, 9, ())
    app = page()
    assert EN["search.front"] in whole(app)


def test_a_search_that_was_stopped_goes_on(store: Store, started: list[str]) -> None:
    group = searched(store, 8, done=3)
    done = len(search_answer(store, group).trials)
    assert 3 <= done < 8
    app = page()
    assert EN["search.stand"].format(done=done, trials=8, pruned=0, failed=0) in whole(app)
    app.button(key="search_go_on").click().run()
    assert told(app) == []
    assert started == [group]


def test_a_search_in_its_own_process_stops_when_told(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "ensure_runner", lambda _: None)
    group = study.begin(store, study.plan(WINE, ["optimizer.lr=1e-4..1:log"], ["quality"], 500), OWNER)
    searching.stop_search(home, group)
    state = searching.search_here(home, group)
    assert (state.status, state.done, state.total) == ("done", 0, 500)
    assert searching.search_state(home, group) == state
    assert {run.status for run in store.runs()} == {"stopped"}, "what had been queued before it was told"


def test_a_search_that_is_not_there_says_so(store: Store, home: Path) -> None:
    state = searching.search_here(home, "nothing")
    assert state.status == "failed"
    assert "no search has this id" in state.message
