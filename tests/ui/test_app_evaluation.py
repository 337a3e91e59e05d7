"""The page of evaluation: nothing asked, plans, a group with finished and failed runs, stopping, relatedness."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.events import Event
from mtl_core.execution import background, relating
from mtl_core.runs.groups import list_groups, members_of
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.sweeps import base, crossvalidation
from tests.ui.small_store import OWNER, STRANGER, opened, told, whole
from ui import evaluation
from ui.words import catalogue

EN = catalogue("en")
WINE = parse_spec({"dataset": "wine_quality"})


@pytest.fixture(autouse=True)
def no_runner(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "ensure_runner", lambda _: None)


def group_of(store: Store, owner: str = OWNER, folds: int = 3) -> str:
    """A cross-validation in which the first run finished, the second failed, and the rest waits."""
    group = base.start(store, crossvalidation.plan(WINE, folds), owner)
    first, second, *_ = members_of(store, group)
    metrics = {"quality": {"mse": 0.5, "r2": 0.2}, "good": {"accuracy": 0.75}}
    for run, event in (
        (first.id, Event("finished", 100, 100.0, 1.0, {"status": "finished", "metrics": {"test": metrics}})),
        (second.id, Event("failed", 3, 3.0, 1.0, {"message": "the loss became nan"})),
    ):
        writer = store.writer(run)
        writer.append(event)
        writer.flush()
    return group


def asked(question: str) -> AppTest:
    """The page with a question chosen."""
    app = opened("evaluation")
    app.get_by_key(evaluation.QUESTION).set_value(question).run()
    return app


def test_an_empty_store_offers_the_questions(store: Store) -> None:
    app = asked("crossvalidation")
    assert told(app) == []
    text = whole(app)
    assert EN["evaluation.none_yet"] in text
    assert EN["evaluation.start"].format(count=5) in text


def test_start_puts_every_fold_into_the_queue(store: Store) -> None:
    app = asked("crossvalidation")
    app.number_input(key=evaluation.FOLDS).set_value(4).run()
    app.button(key="evaluation_start").click().run()
    assert told(app) == []
    (group,) = list_groups(store, OWNER)
    runs = members_of(store, group.id)
    assert [run.spec["dataset"]["split"]["fold"] for run in runs] == [0, 1, 2, 3]
    assert {run.status for run in runs} == {"queued"}
    assert EN["evaluation.done"].format(done=0, count=4) in whole(app)


def test_a_group_shows_what_there_is_and_what_failed(store: Store) -> None:
    group_of(store)
    app = opened("evaluation")
    assert told(app) == []
    text = whole(app)
    assert EN["evaluation.done"].format(done=1, count=3) in text
    assert "the loss became nan" in text
    table = app.dataframe[0].value
    row = table[(table[EN["evaluation.task"]] == "quality") & (table[EN["evaluation.metric"]] == EN["metric.mse"])]
    assert row[EN["evaluation.mean"]].tolist() == ["0.5"]
    assert row["fold 2"].tolist() == ["–"]


def test_stop_reaches_every_run(store: Store) -> None:
    group = group_of(store)
    app = opened("evaluation")
    app.button(key="evaluation_stop").click().run()
    assert told(app) == []
    assert {run.status for run in members_of(store, group)} == {"finished", "failed", "stopped"}


def test_a_link_shows_somebody_elses_group_and_an_unknown_one_is_told(store: Store) -> None:
    group = group_of(store, owner=STRANGER)
    assert EN["evaluation.none_yet"] in whole(opened("evaluation"))
    shown = opened("evaluation")
    shown.query_params["group"] = group
    assert EN["evaluation.done"].format(done=1, count=3) in whole(shown.run())
    unknown = opened("evaluation")
    unknown.query_params["group"] = "nobody"
    unknown.run()
    assert told(unknown) == []
    assert EN["evaluation.unknown"].format(id="nobody") in whole(unknown)


@pytest.mark.parametrize("question", ["with_without", "modalities"])
def test_a_question_that_does_not_fit_says_why(store: Store, question: str) -> None:
    app = opened("evaluation")
    app.session_state[evaluation.QUESTION] = question
    app.run()
    assert told(app) == []
    assert EN[f"evaluation.{question}_hint"] in app.info[0].value
    assert app.button(key="evaluation_start").disabled


def test_relatedness_is_measured_elsewhere_and_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(background, "spawn_detached", lambda arguments, *_: asked.append(arguments[-1]))
    app = opened("evaluation")
    app.session_state[evaluation.QUESTION] = "relatedness"
    app.run()
    app.button(key="relate_now").click().run()
    assert told(app) == []
    assert asked == [relating.key_of(WINE)]
    assert relating.relating_state(WINE).status == "running"
    result = {
        "tasks": ["quality", "good"],
        "rows": [5, 5],
        "labels": [[1, 0.84], [0.84, 1]],
        "measures": [["pearson", "pearson"]] * 2,
        "label_why": [["", ""]] * 2,
        "inputs": [[1, 1], [1, 1]],
        "input_why": [["same_rows", "same_rows"]] * 2,
    }
    folder = store.home / "relatedness"
    (folder / f"{asked[0]}.result.json").write_text(json.dumps(result))
    background.write(folder / f"{asked[0]}.json", background.JobState("done"))
    app.run()
    assert told(app) == []
    assert app.dataframe[0].value[EN["relatedness.labels"]].tolist() == ["0.84"]
    assert EN["relatedness.no_inputs"] in whole(app)
