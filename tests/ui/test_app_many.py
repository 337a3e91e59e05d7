"""The Playground with 40 and with 139 tasks: choosing among them, one λ for all with exceptions, and their run."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from tests.ui.many_store import ManyTasks, many_run
from tests.ui.small_store import markup, opened, tiles, told, whole
from ui import many_tasks, shown_run
from ui.words import catalogue

EN = catalogue("en")
EVERY = "weighting.lambdas.*"
SLIDER = f"form:ladder:{EVERY}"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "many_tasks", ManyTasks)


def link_of(app: AppTest) -> dict[str, str]:
    return {name: str(value) for name, value in app.query_params.items()}


def lambdas(app: AppTest) -> dict[str, float]:
    """λ of the form's spec."""
    found: dict[str, float] = app.session_state["draft_built"][1].spec.weighting.lambdas
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("architecture", ["separate", "hard", "soft", "partial"])
def test_the_form_of_139_tasks_is_as_short_as_that_of_few(home: object, architecture: str, lang: str) -> None:
    app = opened(dataset="many_tasks", architecture=architecture, lang=lang)
    assert told(app) == []
    assert not app.warning
    words = catalogue(lang)
    sliders = [slider.label for slider in app.select_slider if slider.key and slider.key.startswith("form:ladder:w")]
    assert sliders == [words["sliders.every"].format(count=139)]
    assert app.multiselect(key="form:tasks").label == words["many.chosen"].format(count=139, total=139)
    assert "Σ<sub>139</sub> <i>L</i><sub>i</sub>" in markup(app)["formula"]


def test_tasks_are_chosen_by_search_and_shortcuts(home: object) -> None:
    app = opened(dataset="many_tasks")
    app.button(key="tasks:first_8").click().run()
    assert told(app) == []
    assert app.multiselect(key="form:tasks").value == [f"school_{i}" for i in range(1, 9)]
    assert link_of(app) == {"dataset": "many_tasks", "tasks": "school_1..school_8"}
    assert [s.label for s in app.select_slider][:2] == ["λ school_1", "λ school_2"], "eight are looked at one by one"
    app.multiselect(key="form:tasks").set_value(["school_3", "school_139"]).run()
    assert link_of(app)["tasks"] == "school_3,school_139"
    app.button(key="tasks:none").click().run()
    assert app.multiselect(key="form:tasks").value == ["school_1"]
    assert EN["many.kept_one"].format(task="school_1") in whole(app)
    app.multiselect(key="form:tasks").set_value([]).run()
    assert app.multiselect(key="form:tasks").value == ["school_1"]
    app.button(key="tasks:all").click().run()
    assert link_of(app) == {"dataset": "many_tasks"}
    assert told(app) == []


def test_one_lambda_for_all_and_exceptions(home: object) -> None:
    app = opened(dataset="many_tasks")
    app.select_slider(key=SLIDER).set_value(0.3).run()
    assert link_of(app) == {"dataset": "many_tasks", "lambda": "0.3"}
    app.multiselect(key="form:exceptions").set_value(["school_7"]).run()
    assert app.select_slider(key=SLIDER).label == EN["sliders.others"].format(count=138)
    app.select_slider(key="form:ladder:weighting.lambdas.school_7").set_value(3.0).run()
    assert link_of(app) == {"dataset": "many_tasks", "lambda": "0.3", "lambda.school_7": "3"}
    app.select_slider(key=SLIDER).set_value(1.0).run()
    assert (lambdas(app)["school_7"], lambdas(app)["school_8"]) == (3.0, 1.0), "an exception stays where it is"
    again = opened(**link_of(app))
    assert told(again) == []
    assert again.multiselect(key="form:exceptions").value == ["school_7"]
    assert again.select_slider(key=SLIDER).value == 1.0
    app.multiselect(key="form:exceptions").set_value([]).run()
    assert set(lambdas(app).values()) == {1.0}, "what is no exception any more goes with all others"
    assert link_of(app) == {"dataset": "many_tasks", "lambda": "1"}
    assert told(app) == []


def test_an_exception_with_the_lambda_of_all_stays_one_when_all_are_moved(home: object) -> None:
    app = opened(dataset="many_tasks", **{"option.count": "40"})
    app.multiselect(key="form:exceptions").set_value(["school_2"]).run()
    app.select_slider(key=SLIDER).set_value(3.0).run()
    assert lambdas(app)["school_2"] == 1 / 40
    assert link_of(app) == {"dataset": "many_tasks", "option.count": "40", "lambda": "3", "lambda.school_2": "0.025"}


def test_lambda_zero_for_all_is_explained(home: object) -> None:
    app = opened(dataset="many_tasks", **{"lambda": "0"})
    assert EN["sliders.every_zero"] in whole(app)
    assert not app.button(key="start").disabled


def test_another_data_set_knows_nothing_of_the_exceptions(home: object) -> None:
    app = opened(dataset="many_tasks", **{"lambda": "0.3", "lambda.school_7": "3"})
    app.selectbox(key="form:dataset.name").select("wine_quality").run()
    assert told(app) == []
    assert link_of(app) == {}
    assert app.select_slider(key="form:ladder:weighting.lambdas.quality").value == 0.5


def orders(store: Store, run: str) -> list[tuple[str, Any]]:
    return [(order.field, order.value) for order in store.commands_since(run, 0)[0]]


def no_rule(*_: object) -> None:
    """An engine that takes λ of all tasks at once."""


def test_all_lambdas_of_a_run_are_steered_by_one_order(
    home: object, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_run, "steering_rule", no_rule)
    run = many_run(store)
    app = opened(run=run)
    assert told(app) == []
    app.select_slider(key=f"live:{run}:ladder:{EVERY}").set_value(0.3).run()
    assert orders(store, run) == [(EVERY, 0.3)]
    assert app.select_slider(key=f"live:{run}:ladder:{EVERY}").value == 0.3, "it stands where it was put"
    app.multiselect(key=f"live:{run}:exceptions").set_value(["school_5"]).run()
    app.select_slider(key=f"live:{run}:ladder:weighting.lambdas.school_5").set_value(3.0).run()
    app.select_slider(key=f"live:{run}:ladder:{EVERY}").set_value(1.0).run()
    exception = ("weighting.lambdas.school_5", 3.0)
    assert orders(store, run)[1:] == [exception, (EVERY, 1.0), exception]
    app.multiselect(key=f"live:{run}:exceptions").set_value([]).run()
    assert orders(store, run)[-1] == ("weighting.lambdas.school_5", 1.0)
    assert told(app) == []


def test_an_engine_that_knows_single_lambdas_only_gets_an_order_for_each(
    home: object, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_run, "steering_rule", lambda *_: "cannot be changed")
    run = many_run(store, count=40)
    app = opened(run=run)
    app.select_slider(key=f"live:{run}:ladder:{EVERY}").set_value(0.3).run()
    assert orders(store, run) == [(f"weighting.lambdas.school_{i + 1}", 0.3) for i in range(40)]
    assert told(app) == []


@pytest.mark.parametrize("how", ["running", "finished"])
@pytest.mark.parametrize("count", [40, 139])
def test_a_run_of_many_tasks_is_told_in_few_words(home: object, store: Store, count: int, how: str) -> None:
    run = many_run(store, how, count=count)
    app = opened(run=run)
    assert told(app) == []
    ((name, _),) = tiles(app)
    assert name == EN["many.mean_metric"].format(metric="MSE")
    assert '<p class="change"><span>± ' in markup(app)["tiles"]
    text = whole(app)
    assert EN["many.worst"] in text
    assert f"school_{count} **" in text, "the worst by name"
    assert "school_1 **" in text, "the best by name"
    if how == "finished":
        assert EN["many.over"].format(count=count) in text


def test_a_run_that_has_not_begun_has_no_extremes(home: object, store: Store) -> None:
    app = opened(run=many_run(store, steps=0))
    assert told(app) == []
    assert tiles(app)[0][1] == "–"


def test_all_metrics_of_many_tasks_are_one_table_to_sort(home: object, store: Store) -> None:
    app = opened(run=many_run(store, "finished"))
    app.get_by_key("detail_view").set_value("metrics:").run()
    assert told(app) == []
    table = app.dataframe[0].value
    assert len(table) == 139
    assert table["MSE · validation"].dtype == float


@pytest.mark.parametrize("view", ["scatter:", "residuals:", "samples:", "weights:"])
def test_every_other_view_of_many_tasks_stands(home: object, store: Store, view: str) -> None:
    app = opened(run=many_run(store, "finished", count=40))
    app.get_by_key("detail_view").set_value(view).run()
    assert told(app) == []


def test_the_list_of_runs_and_the_card_name_no_139_tasks(home: object, store: Store) -> None:
    many_run(store, "finished")
    app = opened("runs")
    assert told(app) == []
    assert EN["many.over"].format(count=139) in whole(app)
    assert "school_70" not in whole(app)
    cards = opened("data")
    assert told(cards) == []
    assert EN["data.many_tasks"].split("{")[0] in whole(cards)
    assert "school_70" not in whole(cards)


def test_the_limit_is_the_same_everywhere() -> None:
    from ui.views import MOST_NAMED

    assert not many_tasks.many(range(MOST_NAMED))
    assert many_tasks.many(range(MOST_NAMED + 1))
