"""The page of predictions: which run is asked, and what is told where something fails."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.runs import store as runs_store
from mtl_core.runs.shelf import throw_away
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.own_store import added
from tests.ui.predict_stub import LOADING, StubPredictor, finished
from tests.ui.small_store import STRANGER, opened, run_of, told, whole
from ui import predict_board, predict_choice
from ui.plain_text import plain
from ui.words import catalogue

EN = catalogue("en")
CHOICE = predict_choice.RUN


def test_an_empty_store_leads_to_the_playground(stub: StubPredictor, store: Store) -> None:
    app = opened("predict")
    assert told(app) == []
    assert EN["predict.none"] in whole(app)
    assert not app.selectbox
    assert stub.asked == []


def test_a_finished_run_is_asked_about_its_first_test_row(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    run = run_of(store, "finished")
    app = opened("predict")
    assert told(app) == []
    assert app.selectbox(key=CHOICE).value == run
    assert app.query_params["run"] == run
    assert stub.asked[-1] == ([run], {"row": 0})
    data = boards[-1]
    assert (data["view"], data["seq"], data["partner"], data["error"]) == (run, 0, False, "")
    assert data["answers"][0]["tasks"]["quality"]["value"] == 5.0
    assert not app.error


def test_a_run_is_asked_whatever_its_random_id(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_store, "new_id", lambda: "a__-bcdefgh_")
    run = run_of(store, "finished")
    app = opened("predict", run=run)
    assert told(app) == []
    assert boards[-1]["view"] == run


def test_the_newest_run_is_asked_and_another_can_be_chosen(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    first, second = run_of(store, "finished"), run_of(store, "finished")
    run_of(store, "failed", values={"message": "lost"})
    run_of(store, "finished", owner=STRANGER)
    app = opened("predict")
    choice = app.selectbox(key=CHOICE)
    assert [option.rsplit(" · ", 1)[1] for option in choice.options] == [second[:4], first[:4]]
    assert choice.value == second
    choice.set_value(first).run()
    assert told(app) == []
    assert app.query_params["run"] == first
    assert boards[-1]["view"] == first
    assert stub.asked[-1][0] == [first]


def test_a_link_opens_its_run_whosever_it_is(stub: StubPredictor, boards: list[dict[str, Any]], store: Store) -> None:
    run_of(store, "finished")
    theirs = run_of(store, "finished", owner=STRANGER)
    app = opened("predict", run=theirs)
    assert told(app) == []
    assert (app.selectbox(key=CHOICE).value, boards[-1]["view"]) == (theirs, theirs)
    assert not app.warning


def test_a_link_to_nobodys_run_says_so_until_another_is_chosen(stub: StubPredictor, store: Store) -> None:
    first, second = run_of(store, "finished"), run_of(store, "finished")
    app = opened("predict", run="<b>nobody</b>")
    words = EN["predict.unknown_run"].format(run=plain("<b>nobody</b>"))
    assert [str(note.value) for note in app.warning] == [words]
    assert app.selectbox(key=CHOICE).value == second
    app.run()
    assert [str(note.value) for note in app.warning] == [words], "it is still there once something else has happened"
    app.selectbox(key=CHOICE).set_value(first).run()
    assert not app.warning
    assert told(app) == []


def test_a_run_on_data_that_one_may_not_see_is_no_run(stub: StubPredictor, store: Store) -> None:
    data = added("Rents of my street", owner=STRANGER)
    private = finished(store, parse_spec({"dataset": {"name": "own", "options": {"data": data}}}), STRANGER)
    app = opened("predict", run=private)
    assert told(app) == []
    assert [str(note.value) for note in app.warning] == [EN["predict.unknown_run"].format(run=plain(private))]
    assert "Rents" not in whole(app)
    assert stub.asked == []


def test_a_run_that_was_thrown_away_is_no_run(stub: StubPredictor, store: Store) -> None:
    run = run_of(store, "finished")
    throw_away(store, [run])
    app = opened("predict", run=run)
    assert len(app.warning) == 1
    assert EN["predict.none"] in whole(app)


@pytest.mark.parametrize(
    ("how", "values"), [("running", None), ("queued", None), ("paused", None), ("failed", {"message": "lost"})]
)
def test_a_run_that_has_not_finished_is_told_of(
    stub: StubPredictor, store: Store, how: str, values: dict[str, Any] | None
) -> None:
    other = run_of(store, "finished")
    run = run_of(store, how, until=10, values=values)
    app = opened("predict", run=run)
    assert told(app) == []
    assert [str(note.value) for note in app.info] == [EN["predict.not_finished"].format(status=EN[f"status.{how}"])]
    assert app.selectbox(key=CHOICE).value == other


def test_loading_is_told_and_asks_nothing(stub: StubPredictor, store: Store) -> None:
    run = run_of(store, "finished")
    stub.states[run] = {"status": "loading", "what": "start", "done": 0, "total": None, "unit": ""}
    app = opened("predict")
    assert EN["predict.start"] in whole(app)
    stub.states[run] = LOADING
    app.run()
    assert EN["predict.load"].format(what="wine") in whole(app)
    assert stub.asked == []
    del stub.states[run]
    app.run()
    assert not app.progress
    assert stub.asked
    assert told(app) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"status": "failed", "message": "run x has no weights; run it again"}, "run x has no weights; run it again"),
        ({"status": "unreachable"}, "ended without a word"),
    ],
)
def test_what_cannot_be_opened_is_told_and_can_be_tried_again(
    stub: StubPredictor, store: Store, state: dict[str, Any], words: str
) -> None:
    run = run_of(store, "finished")
    stub.states[run] = state
    app = opened("predict")
    assert told(app) == []
    assert words in str(app.error[0].value)
    app.button(key=f"again:{run}").click().run()
    assert stub.forgotten == [run]
    assert not app.error
    assert stub.asked[-1][0] == [run]


def test_a_question_that_breaks_a_rule_keeps_the_answers_before_it(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    run_of(store, "finished")
    app = opened("predict")
    before = boards[-1]["answers"]
    stub.rule = "table must have a value for each of 2 columns, found 1"
    app.run()
    assert told(app) == []
    assert (boards[-1]["answers"], boards[-1]["error"]) == (before, stub.rule)
    stub.rule = ""
    app.run()
    assert boards[-1]["error"] == ""


def test_the_answers_are_those_to_the_boards_last_question(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(store, "finished")
    question = {"seq": 7, "row": 3, "source": "row", "table": [0.5, None]}
    monkeypatch.setattr(predict_board, "asked", lambda key: question if key == f"predict:{run}" else {})
    app = opened("predict")
    assert told(app) == []
    assert stub.asked[-1] == ([run], {"row": 3, "table": [0.5, None]})
    assert boards[-1]["seq"] == 7


def test_networks_that_were_let_go_are_read_again(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    """The process keeps a few networks: an answer may have to wait for one to be read once more."""
    run = run_of(store, "finished")
    app = opened("predict")
    stub.there = False
    app.run()
    assert told(app) == []
    assert boards[-1]["answers"], "those before it"
    assert app.session_state[f"predict_goes_on:{run}"]


def test_the_page_speaks_chinese(stub: StubPredictor, boards: list[dict[str, Any]], store: Store) -> None:
    run_of(store, "finished")
    app = opened("predict", lang="zh")
    assert told(app) == []
    assert catalogue("zh")["predict.about"] in whole(app)
    assert EN["predict.about"] not in whole(app)
    assert boards


def test_a_network_that_sees_pictures_takes_ones_own(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    run = run_of(store, "finished", dataset="digits")
    stub.states[run] = {"status": "ready", "about": digits_about(run)}
    app = opened("predict")
    assert told(app) == []
    assert boards[-1]["own"] is None
    assert boards[-1]["inputs"]["image"] == {"channels": 1, "side": 28, "drawable": True}
    app.file_uploader(key="predict_own").set_value(("mine.png", b"no picture at all", "image/png")).run()
    assert told(app) == []
    assert boards[-1]["own"] is not None
    first = boards[-1]["own"]["key"]
    app.file_uploader(key="predict_own").set_value(("mine.png", b"another one", "image/png")).run()
    assert boards[-1]["own"]["key"] != first


def digits_about(run: str) -> dict[str, Any]:
    """What there is to know of a run of digits."""
    digits = tuple("0123456789")
    return {
        "run": run,
        "tasks": [
            {"name": "digit", "kind": "multiclass", "classes": digits, "unit": "", "range": None},
            {"name": "mask", "kind": "segmentation", "classes": ("background", *digits), "unit": "", "range": None},
        ],
        "columns": [],
        "inputs": {"image": {"kind": "image", "channels": 1, "side": 28}},
        "vocabulary": [],
        "rows": 200,
        "latent": None,
    }
