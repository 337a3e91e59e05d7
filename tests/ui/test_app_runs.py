"""The page of runs: nothing there, a few, a failed one; opening, taking up again, marking, finding, deleting."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.export.exported import Exported
from mtl_core.runs import shelf
from mtl_core.runs.groups import get_group, members_of
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.sweeps import base, crossvalidation
from tests.ui.small_store import OWNER, STRANGER, opened, run_of, told, whole
from ui import run_export
from ui.plain_text import plain
from ui.run_list import group_status
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


def test_deleting_can_be_undone(home: object, store: Store) -> None:
    run, other = run_of(store, "finished"), run_of(store, "stopped", until=20)
    before = store.get(run)
    app = opened("runs")
    app.button(key=f"delete:{run}").click().run()
    assert told(app) == []
    assert [record.id for record in store.runs()] == [other]
    assert EN["runs.thrown"].format(count=1) in whole(app)
    assert f"open:{run}" not in keys(app)
    app.button(key="undo_delete").click().run()
    assert told(app) == []
    assert store.get(run) == before
    assert f"open:{run}" in keys(app)
    assert "undo_delete" not in keys(app)


def test_an_undo_that_comes_too_late_says_so(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened("runs")
    app.button(key=f"delete:{run}").click().run()
    store.delete(run)
    app.button(key="undo_delete").click().run()
    assert told(app) == []
    assert EN["runs.too_late"].format(count=1) in whole(app)


def test_a_deleted_run_is_not_shown_by_its_link(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened("runs")
    app.button(key=f"delete:{run}").click().run()
    app.button(key="let_go").click().run()
    assert EN["runs.none"] in whole(app)
    linked = opened(run=run)
    assert told(linked) == []
    assert EN["unknown.message"].format(run=run) in whole(linked)


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_a_star_tags_and_a_note_are_put_on_a_run(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened("runs")
    app.button(key=f"star:{run}").click().run()
    assert store.get(run).starred
    app.text_input(key=f"name:{run}").set_value("The good one")
    app.text_area(key=f"note:{run}").set_value("for <b>Monday</b>")
    app.session_state[f"tags:{run}"] = ["talk"]
    app.button(key=f"save:{run}").click().run()
    assert told(app) == []
    record = store.get(run)
    assert (record.name, record.note, record.tags) == ("The good one", "for <b>Monday</b>", ("talk",))
    text = whole(app)
    assert "The good one" in text
    assert plain("for <b>Monday</b>") in text


def test_runs_are_found_among_many(home: object, store: Store) -> None:
    wine = [run_of(store, "queued") for _ in range(4)]
    digits = run_of(store, "finished", dataset="digits")
    shelf.tag(store, wine[0], ["talk"])
    app = opened("runs")
    app.text_input(key="runs_text").set_value("digits").run()
    assert told(app) == []
    assert {key for key in keys(app) if key.startswith("open:")} == {f"open:{digits}"}
    assert EN["runs.found"].format(found=1, count=5) in whole(app)
    app.text_input(key="runs_text").set_value("no such thing").run()
    assert EN["runs.nothing_found"].format(count=5) in whole(app)
    app.text_input(key="runs_text").set_value("")
    app.session_state["runs_tags"] = ["talk"]
    app.run()
    assert {key for key in keys(app) if key.startswith("open:")} == {f"open:{wine[0]}"}
    shelf.tag(store, wine[0], [])
    app.run()
    assert told(app) == []
    assert len([key for key in keys(app) if key.startswith("open:")]) == 5, "a tag that is gone is not looked for"


def test_few_runs_need_no_search(home: object, store: Store) -> None:
    run_of(store, "finished")
    app = opened("runs")
    assert "runs_text" not in {str(found.key) for found in app.text_input}


def test_a_whole_group_is_deleted_and_taken_back(home: object, store: Store) -> None:
    group, members = group_in(store, ended=3)
    app = opened("runs")
    app.button(key=f"delete:group:{group}").click().run()
    assert told(app) == []
    assert store.runs() == []
    app.button(key="undo_delete").click().run()
    assert {record.id for record in store.runs()} == set(members)
    assert f"open_group:{group}" in keys(app)


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


def group_in(store: Store, ended: int) -> tuple[str, list[str]]:
    """A cross-validation of three folds, the first of which have finished."""
    group = base.start(store, crossvalidation.plan(parse_spec({}), 3), OWNER)
    members = [run.id for run in members_of(store, group)]
    for run in members[:ended]:
        writer = store.writer(run)
        writer.append(Event("finished", 5, 5.0, 1.0, {"status": "finished", "metrics": {"test": {}}}))
        writer.flush()
    return group, members


def test_the_runs_of_a_group_are_one_line_that_can_be_opened(home: object, store: Store) -> None:
    group, members = group_in(store, ended=1)
    alone = run_of(store, "finished")
    app = opened("runs")
    assert told(app) == []
    assert {f"open_group:{group}", f"open:{alone}"} <= keys(app)
    assert not keys(app) & {f"open:{run}" for run in members}, "closed"
    assert EN["evaluation.done"].format(done=1, count=3) in whole(app)
    assert whole(app).count(plain(get_group(store, group).name)) == 1
    app.session_state[f"group:{group}"] = True
    app.run()
    assert told(app) == []
    opens = [str(button.key) for button in app.button if str(button.key).startswith("open:")]
    assert opens == [f"open:{alone}", *(f"open:{run}" for run in members)], "in the order of the folds"
    assert all(f"**fold {i}**" in whole(app) for i in (1, 2, 3))


def test_a_group_opens_on_the_page_of_evaluation(home: object, store: Store) -> None:
    group, _ = group_in(store, ended=3)
    app = opened("runs")
    app.button(key=f"open_group:{group}").click().run()
    assert told(app) == []
    assert app.query_params["group"] == group
    assert EN["evaluation.done"].format(done=3, count=3) in whole(app)


def test_a_group_counts_as_one_on_the_pages_of_the_list(home: object, store: Store) -> None:
    for _ in range(8):
        group_in(store, ended=0)
    app = opened("runs")
    assert told(app) == []
    assert len([button for button in app.button if str(button.key).startswith("open_group:")]) == 8
    assert not app.get("pagination"), "24 runs, 8 lines"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["finished", "finished"], "finished"),
        (["finished", "stopped"], "stopped"),
        (["stopped", "failed", "finished"], "failed"),
        (["failed", "queued"], "queued"),
        (["queued", "running", "finished"], "running"),
    ],
)
def test_the_status_of_a_group(statuses: list[str], status: str) -> None:
    assert group_status(statuses) == status


def test_a_run_is_exported_from_its_menu(home: object, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    def made(_: object, runs: list[str], what: list[str]) -> Exported:
        asked.append((runs, what))
        return Exported("wine.zip", b"PK" * 1000, "application/zip", ("figures: the run has no curve",))

    monkeypatch.setattr(run_export, "export_apart", made)
    run = run_of(store, "finished")
    app = opened("runs")
    assert f"export_make:{run}" not in keys(app), "a closed menu is not made"
    app.session_state[f"export:{run}"] = True
    app.run()
    app.button(key=f"export_make:{run}").click().run()
    assert told(app) == []
    assert asked == [([run], ["script"])]
    (taken,) = app.get("download_button")
    assert "wine.zip (2.0 kB)" in taken.proto.label
    assert "the run has no curve" in whole(app)


def test_what_cannot_be_exported_says_why(home: object, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Exported:
        raise MTLError("generation tasks cannot be retrained by a script; export the weights instead")

    monkeypatch.setattr(run_export, "export_apart", refused)
    run = run_of(store, "finished")
    app = opened("runs")
    app.session_state[f"export:{run}"] = True
    app.run()
    app.button(key=f"export_make:{run}").click().run()
    assert told(app) == []
    assert "export the weights instead" in whole(app)
    assert not app.get("download_button")
