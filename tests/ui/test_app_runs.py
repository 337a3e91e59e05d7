"""The page of runs: nothing there, a few, a failed one; opening, taking up again, deleting with a question."""

from __future__ import annotations

from mtl_core.runs.store import Store
from tests.ui.small_store import STRANGER, opened, run_of, told, whole
from ui.words import catalogue

EN = catalogue("en")


def test_an_empty_store_leads_to_the_playground(home: object) -> None:
    app = opened("runs")
    assert told(app) == []
    assert EN["runs.none"] in app.info[0].value
    assert app.get("page_link")


def test_own_runs_and_those_of_the_command_line_are_there_and_nobody_elses(home: object, store: Store) -> None:
    mine = run_of(store, "finished")
    shell = run_of(store, "running", owner="cli", until=20)
    other = run_of(store, "finished", owner=STRANGER)
    app = opened("runs")
    assert told(app) == []
    text = whole(app)
    assert mine in text
    assert shell in text
    assert other not in text
    assert f"quality {EN['metric.mse']}" in text


def test_a_failed_run_says_why(home: object, store: Store) -> None:
    run_of(store, "failed", until=5, values={"message": "the loss became nan", "where": "step 5"})
    app = opened("runs")
    assert told(app) == []
    assert "the loss became nan" in whole(app)


def test_deleting_asks_first(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened("runs")
    app.button(key=f"delete:{run}").click().run()
    assert told(app) == []
    assert run in [record.id for record in store.runs()], "nothing is gone before the answer"
    assert EN["runs.delete_question"].format(id=run) in whole(app)
    app.button(key="delete_now").click().run()
    assert told(app) == []
    assert store.runs() == []


def test_keeping_it_keeps_it(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened("runs")
    app.button(key=f"delete:{run}").click().run()
    app.button(key="delete_not").click().run()
    assert told(app) == []
    assert [record.id for record in store.runs()] == [run]


def test_opening_a_run_goes_to_the_playground_with_it(home: object, store: Store) -> None:
    run = run_of(store, "finished", dataset="digits")
    app = opened("runs")
    app.button(key=f"open:{run}").click().run()
    assert told(app) == []
    assert app.query_params["run"] == run
    assert app.selectbox(key="form:dataset.name").value == "digits"


def test_a_stopped_run_is_taken_up_again_and_a_running_one_stopped(home: object, store: Store) -> None:
    stopped = run_of(store, "stopped", until=20)
    app = opened("runs")
    app.button(key=f"go_on:{stopped}").click().run()
    assert told(app) == []
    assert store.get(stopped).status == "queued"
    running = run_of(store, "running", until=20)
    again = opened("runs")
    again.button(key=f"stop:{running}").click().run()
    assert [order.name for order in store.commands_since(running, 0)[0]] == ["stop"]


def test_many_runs_come_in_pages(home: object, store: Store) -> None:
    for _ in range(23):
        run_of(store, "queued")
    app = opened("runs")
    assert told(app) == []
    assert len([button for button in app.button if str(button.key).startswith("open:")]) == 20
