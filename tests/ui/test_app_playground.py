"""The Playground: first paint, the form and its link, links that lead nowhere, both languages."""

from __future__ import annotations

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

from mtl_core.runs.store import Store
from tests.sharing import pairs
from tests.ui.small_store import STRANGER, markup, opened, run_of, tiles, told, whole
from ui import shown_run
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
LAMBDA = "weighting.lambdas.quality"


def test_the_first_paint_has_questions_a_recorded_run_and_one_primary_button(home: object) -> None:
    app = opened()
    assert told(app) == []
    assert not app.error
    text = whole(app)
    for name in ("data", "sharing", "weights", "output"):
        assert EN[f"ask.{name}"] in text
    assert EN["output.recorded"] in text, "a recorded run is marked as one"
    assert EN["data.stand_in"] in text, "synthetic rows are marked"
    assert [name for name, _ in tiles(app)] == ["quality · MSE", "good · accuracy"]
    assert "**L** =" in text
    primary = [button.label for button in app.button if button.proto.type == "primary"]
    assert primary == [EN["control.start"]]
    assert dict(app.query_params) == {}


@pytest.mark.parametrize(("name", "architecture"), pairs())
def test_every_choice_of_data_and_sharing_shows_its_network(home: object, name: str, architecture: str) -> None:
    app = opened(dataset=name, architecture=architecture)
    assert told(app) == []
    assert not app.warning
    shown = app.selectbox(key="form:dataset.name").value, app.get_by_key("form:architecture.name").value
    assert shown == (name, architecture)


def test_another_data_set_brings_its_recommendations_and_its_tasks(home: object) -> None:
    app = opened()
    app.number_input(key="form:epochs").set_value(7).run()
    app.selectbox(key="form:dataset.name").select("digits").run()
    assert told(app) == []
    assert app.number_input(key="form:epochs").value == 12
    assert app.get_by_key("form:tasks").value == ["digit", "mask"]
    assert dict(app.query_params) == {"dataset": "digits"}


def test_the_link_holds_what_differs_and_a_new_session_finds_it(home: object) -> None:
    app = opened()
    app.select_slider(key=f"form:ladder:{LAMBDA}").set_value(3.0).run()
    app.get_by_key("form:architecture.name").set_value("soft").run()
    app.text_input(key="form:architecture.hidden").set_value("32, 16").run()
    link = {name: str(value) for name, value in app.query_params.items()}
    assert link == {"lambda.quality": "3", "architecture": "soft", "hidden": "32,16"}
    again = opened(**link)
    assert again.select_slider(key=f"form:ladder:{LAMBDA}").value == 3.0
    assert again.text_input(key="form:architecture.hidden").value == "32, 16"
    assert {name: str(value) for name, value in again.query_params.items()} == link


def test_lambda_zero_is_explained_not_forbidden(home: object) -> None:
    app = opened(**{"lambda.quality": "0"})
    assert EN["sliders.lambda_zero"].format(task="quality") in whole(app)
    assert not app.button(key="start").disabled


def test_a_run_whose_click_was_stopped_half_way_is_shown_with_the_next_drawing(
    home: object, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, show, stopped = opened(), shown_run.show, list[str]()

    def stop_first(run: str) -> None:
        if not stopped:
            stopped.append(run)
            raise StopException
        show(run)

    monkeypatch.setattr(shown_run, "show", stop_first)
    app.button(key="start").click().run()
    assert [run.id for run in store.runs()] == stopped
    app.run()
    assert [app.query_params["run"]] == stopped
    assert EN["output.recorded"] not in whole(app)


def test_a_bad_value_is_told_beside_its_field_and_nothing_starts(home: object, store: Store) -> None:
    app = opened()
    app.text_input(key="form:architecture.hidden").set_value("64, many").run()
    assert told(app) == []
    assert any(EN["rules.whole"] in caption.value for caption in app.caption)
    assert "architecture.hidden" in app.error[0].value
    assert app.text_input(key="form:architecture.hidden").value == "64, many", "what was typed stays"
    assert app.button(key="start").disabled
    assert store.runs() == []


@pytest.mark.parametrize(
    "bad",
    [
        {"dataset": "nonsense"},
        {"epochs": "-3", "lr": "fast"},
        {"lambda.quality": "-1"},
        {"hidden": "a,b"},
        {"batch_size": "1000000"},
        {"unknown": "1"},
        {"regularizers": "[", "seed": "1e999"},
        {"schedule": "[]", "tasks": "nobody"},
        {"regularizers.7.strength": "1"},
        {"lang": "xx"},
    ],
)
def test_bad_parameters_of_a_link_are_left_out_with_a_note(home: object, bad: dict[str, str]) -> None:
    app = opened(**bad)
    assert told(app) == []
    assert app.warning, "the page says what it left out"
    assert all(value in "\n".join(w.value for w in app.warning) for value in bad.values())
    assert not set(bad) & set(app.query_params)


def test_an_unknown_run_leads_on(home: object) -> None:
    app = opened(run="nobody")
    assert told(app) == []
    assert EN["unknown.message"].format(run="nobody") in app.warning[0].value
    app.button(key="leave_unknown").click().run()
    assert "run" not in app.query_params
    assert not app.warning


def test_somebody_elses_run_can_be_watched_not_steered(home: object, store: Store) -> None:
    run = run_of(store, "running", owner=STRANGER, until=30)
    app = opened(run=run)
    assert told(app) == []
    assert app.button(key="start").label == EN["control.start"]
    assert not [button for button in app.button if button.key in ("stop", "one_step", "restart")]


def test_a_damaged_store_is_told_and_the_page_stays(home: object, tmp_path: object, store: Store) -> None:
    run = run_of(store, "finished")
    for preview in store.folder(run).glob("*.npz"):
        preview.write_bytes(b"no longer a preview")
    app = opened(run=run)
    assert told(app) == []
    assert app.warning


def test_chinese_from_the_link_and_by_the_switch(home: object) -> None:
    app = opened(lang="zh")
    assert told(app) == []
    assert ZH["ask.sharing"] in whole(app)
    assert app.query_params["lang"] == "zh"
    app.get_by_key("language_switch").set_value("en").run()
    assert EN["ask.sharing"] in whole(app)
    assert app.query_params["lang"] == "en"


def test_the_form_survives_a_look_at_another_page(home: object) -> None:
    app = opened(epochs="33")
    app.switch_page("pages/data.py").run()
    app.query_params.clear()
    app.switch_page("pages/playground.py").run()
    assert told(app) == []
    assert app.number_input(key="form:epochs").value == 33


def test_data_without_a_recorded_run_says_so_instead_of_showing_another(home: object) -> None:
    app = opened(dataset="mnist")
    assert told(app) == []
    text = whole(app)
    assert EN["output.none"].format(name="MNIST") in text
    assert EN["output.recorded"] not in text
    assert "tiles" not in markup(app)
    assert "<i>L</i><sub>digit</sub>" in markup(app)["formula"]


def test_the_last_task_stays_and_the_page_says_why(home: object) -> None:
    app = opened(tasks="quality")
    app.get_by_key("form:tasks").set_value([]).run()
    assert told(app) == []
    assert app.get_by_key("form:tasks").value == ["quality"]
    assert EN["form.last_task"] in whole(app)
    app.get_by_key("form:tasks").set_value(["quality", "good"]).run()
    assert EN["form.last_task"] not in whole(app)


@pytest.mark.parametrize("architecture", ["soft", "partial"])
def test_one_task_alone_has_nothing_to_tie(home: object, store: Store, architecture: str) -> None:
    app = opened(tasks="quality", architecture=architecture)
    assert EN["sliders.nothing_to_tie"] in whole(app)
    assert not [slider for slider in app.select_slider if slider.label == EN["sliders.gamma"]]
    assert "Ω" not in whole(app)
    spec = {"architecture": {"name": architecture}, "tasks": ["quality"]}
    live = opened(run=run_of(store, "running", spec=spec, until=3))
    assert told(live) == []
    assert EN["sliders.nothing_to_tie"] in whole(live)
    assert not [slider for slider in live.select_slider if slider.label == EN["sliders.gamma"]]


def test_names_of_the_registries_are_in_the_language_of_the_page(home: object) -> None:
    app = opened(lang="zh")
    assert app.selectbox(key="form:dataset.name").proto.options[:2] == [
        ZH["dataset.wine_quality"],
        ZH["dataset.digits"],
    ]
    text = whole(app)
    assert ZH["dataset.wine_quality"] in text
    assert EN["dataset.wine_quality"] not in text
    assert ZH["unit.points"] in text


def test_the_network_opens_large(home: object) -> None:
    app = opened()
    assert not [node for node in app.get("bidi_component") if node.proto.id.endswith("network_large")]
    app.button(key="network_larger_open").click().run()
    assert told(app) == []
    (large,) = [node for node in app.get("bidi_component") if node.proto.id.endswith("network_large")]
    assert 'class=\\"large wide\\"' in large.proto.json


def test_a_task_that_is_left_out_and_comes_back_keeps_its_lambda(home: object) -> None:
    app = opened(**{"lambda.good": "0.3"})
    chips = app.get_by_key("form:tasks")
    chips.set_value(["quality"]).run()
    chips = app.get_by_key("form:tasks")
    chips.set_value(["quality", "good"]).run()
    assert told(app) == []
    assert app.select_slider(key="form:ladder:weighting.lambdas.good").value == 0.3
