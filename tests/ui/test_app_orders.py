"""Orders to a run where another drawing, another click or another run comes in between."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told
from ui import hub


@pytest.mark.parametrize(("status", "button"), [("finished", "continue_now"), ("stopped", "go_on")])
def test_a_run_that_goes_on_is_followed_at_once(
    home: object, store: Store, monkeypatch: pytest.MonkeyPatch, status: str, button: str
) -> None:
    run = run_of(store, status, until=100 if status == "finished" else 30)
    app = opened(run=run)
    monkeypatch.setattr(hub, "FRESH_SECONDS", 1000.0)  # as where another tab has just read the run
    app.button(key=button).click().run()
    assert told(app) == []
    assert "stop" in {found.key for found in app.button}, "a page that took the run for ended would not look again"


def test_a_new_pace_stays_where_it_was_set(home: object, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(run=run_of(store, "running", until=30))
    monkeypatch.setattr(hub, "FRESH_SECONDS", 1000.0)
    app.get_by_key("pace").set_value("slow").run()
    assert app.get_by_key("pace").value == "slow"


def test_stop_is_for_the_run_that_was_begun_since(home: object, store: Store) -> None:
    before, begun = run_of(store, "running", until=30), run_of(store, "running", until=30)
    app = opened(run=before)
    app.session_state["shown_run"] = begun  # as Start has it before its page is drawn
    app.button(key="stop").click().run()
    assert (store.get(before).stop_requested, store.get(begun).stop_requested is None) == (None, False)


def test_a_click_on_continue_that_comes_twice_continues_once(
    home: object, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(store, "finished")
    asked: list[int] = []
    monkeypatch.setattr(Store, "requeue", lambda *call: asked.append(call[-1]))  # ended again at once

    def page(run: str) -> None:
        from ui import shown_run

        for token in (-1, -1, -2):
            shown_run.go_on(run, 5, token)

    AppTest.from_function(page, args=(run,), default_timeout=20).run()
    assert asked == [5, 5], "the second click of the first button is not another one"
