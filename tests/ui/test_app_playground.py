"""The Playground: first paint, the form and its link, runs in every state, orders to a run."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from tests.ui.small_store import OWNER, STRANGER, opened, run_of, told, whole
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
    assert [metric.label.split("} ")[1] for metric in app.metric] == ["quality · MSE", "good · accuracy"]
    assert "**L** =" in text
    primary = [button.label for button in app.button if button.proto.type == "primary"]
    assert primary == [EN["control.start"]]
    assert dict(app.query_params) == {}


@pytest.mark.parametrize("name", list(DATASETS))
@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
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
    assert not app.button(key="start_pause").disabled


def test_a_bad_value_is_told_beside_its_field_and_nothing_starts(home: object, store: Store) -> None:
    app = opened()
    app.text_input(key="form:architecture.hidden").set_value("64, many").run()
    assert told(app) == []
    assert any("valid integer" in caption.value for caption in app.caption)
    assert "architecture.hidden" in app.error[0].value
    assert app.text_input(key="form:architecture.hidden").value == "64, many", "what was typed stays"
    assert app.button(key="start_pause").disabled
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


def test_start_queues_the_form_for_this_owner_at_a_watchable_pace(home: object, store: Store) -> None:
    app = opened(architecture="soft", gamma="0.3")
    app.button(key="start_pause").click().run()
    assert told(app) == []
    (run,) = store.runs()
    assert (run.owner, run.status, run.pace) == (OWNER, "queued", 15.0)
    assert run.spec["architecture"]["name"] == "soft"
    assert run.spec["regularizers"][0]["strength"] == 0.3
    assert app.query_params["run"] == run.id
    assert EN["progress.ahead"].format(count=0) in whole(app)


def test_moving_a_slider_beside_a_run_is_one_order_and_nothing_else(home: object, store: Store) -> None:
    run = run_of(store, "running", until=30)
    app = opened(run=run)
    assert told(app) == []
    before = store.get(run)
    app.select_slider(key=f"live:{run}:ladder:{LAMBDA}").set_value(3.0).run()
    app.select_slider(key=f"live:{run}:ladder:optimizer.lr").set_value(0.02).run()
    orders, _ = store.commands_since(run, 0)
    assert [(o.name, o.field, o.value) for o in orders] == [("set", LAMBDA, 3.0), ("set", "optimizer.lr", 0.02)]
    assert store.get(run) == before
    assert app.select_slider(key=f"live:{run}:ladder:{LAMBDA}").value == 3.0
    assert told(app) == []


def test_gamma_is_steered_beside_the_picture(home: object, store: Store) -> None:
    run = run_of(store, "running", spec={"architecture": {"name": "soft"}}, until=30)
    app = opened(run=run)
    app.select_slider(key=f"live:{run}:ladder:regularizers.0.strength").set_value(1.0).run()
    orders, _ = store.commands_since(run, 0)
    assert [(o.field, o.value) for o in orders] == [("regularizers.0.strength", 1.0)]


@pytest.mark.parametrize(
    ("how", "key", "order"),
    [
        ("running", "start_pause", "pause"),
        ("paused", "start_pause", "resume"),
        ("running", "one_step", "step"),
        ("running", "one_epoch", "epoch"),
        ("running", "stop", "stop"),
    ],
)
def test_each_button_gives_its_order(home: object, store: Store, how: str, key: str, order: str) -> None:
    run = run_of(store, how, until=30)
    app = opened(run=run)
    app.button(key=key).click().run()
    assert told(app) == []
    assert [o.name for o in store.commands_since(run, 0)[0]] == [order]


def test_the_pace_of_a_run_is_changed_while_it_runs(home: object, store: Store) -> None:
    run = run_of(store, "running", until=30)
    app = opened(run=run)
    app.get_by_key("pace").set_value("full").run()
    (order,), _ = store.commands_since(run, 0)
    assert (order.name, order.value) == ("pace", None)
    assert store.get(run).pace is None


def test_a_failed_run_says_what_where_and_what_to_try_and_keeps_its_spec(home: object, store: Store) -> None:
    wrong = {"message": "the loss of task 'quality' became nan", "where": "step 7, task quality"}
    run = run_of(store, "failed", spec={"optimizer": {"lr": 5.0}}, until=7, values=wrong)
    app = opened(run=run)
    assert told(app) == []
    said = app.error[0].value
    assert wrong["message"] in said
    assert wrong["where"] in said
    assert EN["trouble.advice"] in said
    assert app.select_slider(key="form:ladder:optimizer.lr").value == 5.0
    assert not app.button(key="start_pause").disabled


def test_an_interrupted_run_can_be_taken_up_again(home: object, store: Store) -> None:
    run = run_of(store, "interrupted", until=30, values={"message": "killed by signal 9"})
    app = opened(run=run)
    assert "killed by signal 9" in app.warning[0].value
    app.button(key="go_on").click().run()
    assert told(app) == []
    assert store.get(run).status == "queued"


def test_a_finished_run_shows_the_difference_to_the_last_one(home: object, store: Store) -> None:
    better = {"metrics": {"validation": {"quality": {"mse": 0.3}, "good": {"accuracy": 0.8}}}}
    run_of(store, "finished", values=better)
    app = opened(run=run_of(store, "finished"))
    assert told(app) == []
    mse, accuracy = app.metric
    assert mse.delta.startswith("+0.07")
    assert mse.proto.color == mse.proto.MetricColor.RED, "more error than last time is worse"
    assert accuracy.delta.startswith("-10")
    assert accuracy.proto.color == accuracy.proto.MetricColor.RED


def test_test_metrics_come_once_and_only_at_the_end(home: object, store: Store) -> None:
    running = opened(run=run_of(store, "running", until=30))
    running.get_by_key("detail_view").set_value("metrics:").run()
    assert EN["tiles.test_later"] in whole(running)
    finished = opened(run=run_of(store, "finished"))
    finished.get_by_key("detail_view").set_value("metrics:").run()
    assert EN["tiles.test_once"] in finished.table[0].value.columns
    finished.get_by_key("detail_view").set_value("samples:").run()
    assert len(finished.dataframe[0].value) == 5
    assert told(running) + told(finished) == []


@pytest.mark.parametrize("dataset", ["wine_quality", "digits"])
def test_every_view_of_a_run_can_be_opened(home: object, store: Store, dataset: str) -> None:
    app = opened(run=run_of(store, "finished", dataset=dataset))
    options = app.get_by_key("detail_view").options
    assert len(options) >= 5
    for option in list(views_of(dataset)):
        app.get_by_key("detail_view").set_value(option).run()
        assert told(app) == [], option


def views_of(dataset: str) -> list[str]:
    """The views that a data set's runs have."""
    own = {"wine_quality": ["scatter:quality", "residuals:quality", "confusion:good"]}
    return own.get(dataset, ["confusion:digit", "masks:mask"]) + ["samples:", "metrics:", "weights:"]


def test_the_epoch_slider_goes_back_through_the_run(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened(run=run)
    assert app.slider(key=f"epoch:{run}").value == 100
    app.slider(key=f"epoch:{run}").set_value(20).run()
    assert told(app) == []
    assert app.slider(key=f"epoch:{run}").value == 20
    shown = [caption.value for caption in app.caption if caption.value.startswith("After epoch")]
    assert 1 <= float(shown[0].split()[2].rstrip(",")) <= 20


def test_a_finished_run_is_continued_for_more_epochs(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened(run=run)
    app.number_input(key="more_epochs").set_value(5).run()
    app.button(key="continue_now").click().run()
    assert told(app) == []
    record = store.get(run)
    assert record.status == "queued"
    assert record.spec["schedule"][-1] == {"step": 100, "field": "epochs", "value": 105}


def test_restart_drops_the_schedule_and_replay_keeps_it(home: object, store: Store) -> None:
    change = {"step": 10, "field": LAMBDA, "value": 2.0}
    run = run_of(store, "finished", spec={"schedule": [change]})
    opened(run=run).button(key="replay").click().run()
    opened(run=run).button(key="restart").click().run()
    restarted, replayed = (record for record in store.runs() if record.id != run)
    assert replayed.spec["schedule"] == [change]
    assert restarted.spec["schedule"] == []


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
    assert app.button(key="start_pause").label == EN["control.start"]
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
    assert isinstance(app, AppTest)
