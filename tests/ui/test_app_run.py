"""A run in the Playground: starting it, steering it, every state it may be in, and what comes after it."""

from __future__ import annotations

import re

import pytest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from tests.ui.small_store import OWNER, events_of, markup, opened, run_of, told, whole
from ui import hub
from ui.words import catalogue

EN = catalogue("en")
LAMBDA = "weighting.lambdas.quality"


def test_start_queues_the_form_for_this_owner_at_a_watchable_pace(home: object, store: Store) -> None:
    app = opened(architecture="soft", gamma="0.3")
    app.button(key="start").click().run()
    assert told(app) == []
    (run,) = store.runs()
    assert (run.owner, run.status, run.pace) == (OWNER, "queued", 15.0)
    assert run.spec["architecture"]["name"] == "soft"
    assert run.spec["regularizers"][0]["strength"] == 0.3
    assert app.query_params["run"] == run.id
    assert EN["progress.warming"] in whole(app)


def test_a_run_that_waits_says_what_for(home: object, store: Store) -> None:
    first, second = run_of(store, "queued"), run_of(store, "queued")
    run_of(store, "running", until=30)
    assert EN["progress.next"] in whole(opened(run=first))
    assert EN["progress.ahead"].format(count=1) in whole(opened(run=second))


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
        ("running", "pause_resume", "pause"),
        ("paused", "pause_resume", "resume"),
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


def test_one_task_alone_is_a_change_and_a_step(home: object, store: Store) -> None:
    run = run_of(store, "running", until=30)
    app = opened(run=run)
    app.button(key="only:good").click().run()
    assert told(app) == []
    orders, _ = store.commands_since(run, 0)
    assert [(o.name, o.field, o.value) for o in orders] == [("set", "only.good", 1.0), ("step", "", None)]


def test_what_a_step_of_one_task_did_is_told(home: object, store: Store) -> None:
    run = run_of(store, "paused", until=30)
    values = {"loss": {"quality": 1.0, "good": 0.5}, "weights": {"quality": 0.5, "good": 0.0}, "total": 0.5}
    values |= {"penalty": 0.0, "lr": 0.01, "only": ["quality"], "loss_after": {"quality": 0.75, "good": 0.5}}
    writer = store.writer(run)
    writer.append(Event("step", 31, 31.0, 1.0, values))
    writer.flush()
    said = whole(opened(run=run))
    assert "Step 31 followed **quality** alone" in said
    assert "quality: 1 → 0.75 &nbsp; **−0.25**" in said
    assert "good: 0.5 → 0.5 &nbsp; **unchanged**" in said


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
    assert not app.button(key="start").disabled


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
    changes = re.findall(r'<p class="(change.*?)"><span>(.*?)</span>', markup(app)["tiles"])
    (mse, accuracy) = (text for _, text in changes)
    assert mse.startswith("↑ +0.07")
    assert accuracy.startswith("↓ −10")
    assert {look for look, _ in changes} == {"change bad"}, "more error and less accuracy than last time are worse"


def test_test_metrics_come_once_and_only_at_the_end(home: object, store: Store) -> None:
    running = opened(run=run_of(store, "running", until=30))
    running.get_by_key("detail_view").set_value("metrics:").run()
    assert EN["tiles.test_later"] in whole(running)
    finished = opened(run=run_of(store, "finished"))
    finished.get_by_key("detail_view").set_value("metrics:").run()
    assert EN["tiles.test_once"] in finished.table[0].value.columns
    finished.get_by_key("detail_view").set_value("samples:").run()
    assert [len(frame.value) for frame in finished.dataframe] == [5]
    assert told(running) + told(finished) == []


@pytest.mark.parametrize("dataset", ["wine_quality", "digits"])
def test_every_view_of_a_run_can_be_opened(home: object, store: Store, dataset: str) -> None:
    app = opened(run=run_of(store, "finished", dataset=dataset))
    assert len(app.get_by_key("detail_view").options) == len(views_of(dataset))
    for option in views_of(dataset):
        app.get_by_key("detail_view").set_value(option).run()
        assert told(app) == [], option


def views_of(dataset: str) -> list[str]:
    """The views that a data set's runs have."""
    own = {"wine_quality": ["scatter:quality", "residuals:quality", "confusion:good"]}
    return [*own.get(dataset, ["confusion:digit", "masks:mask"]), "gradients:", "samples:", "metrics:", "weights:"]


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


def test_a_browser_that_lags_behind_does_not_hold_the_epoch_slider(home: object, store: Store) -> None:
    run = run_of(store, "running", until=40)
    app = opened(run=run)
    early = app.slider(key=f"epoch:{run}").value
    writer = store.writer(run)
    for event in events_of("wine_quality", after=40, until=90):
        writer.append(event)
    writer.flush()
    hub.hub().fresh(run)
    app.run()
    late = app.slider(key=f"epoch:{run}").value
    assert late > early, "it follows the run"
    app.slider(key=f"epoch:{run}").set_value(early).run()
    assert told(app) == []
    app.run()
    assert app.slider(key=f"epoch:{run}").value == late, "an echo is nobody's movement"
    app.slider(key=f"epoch:{run}").set_value(early - 1).run()
    app.run()
    assert app.slider(key=f"epoch:{run}").value == early - 1, "a movement is"


def test_the_chosen_view_is_in_the_link_and_still_there_after_a_reload(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened(run=run)
    views = app.get_by_key("detail_view")
    first = views.value
    assert "view" not in app.query_params, "the first one is there anyway"
    views.set_value("gradients:").run()
    assert app.query_params["view"] == "gradients:"
    again = opened(run=run, view="gradients:")
    assert told(again) == []
    assert again.get_by_key("detail_view").value == "gradients:"
    assert again.query_params["view"] == "gradients:"
    again.get_by_key("detail_view").set_value(first).run()
    assert "view" not in again.query_params
    unknown = opened(run=run, view="no_such_view")
    assert told(unknown) == []
    assert unknown.get_by_key("detail_view").value == first


def test_a_formula_has_an_ended_runs_losses_only_with_its_lambdas(home: object, store: Store) -> None:
    def formula(**parameters: str) -> str:
        app = opened(run=run, **parameters)
        return markup(app)["formula"]

    run = run_of(store, "finished")
    total = float(formula().rsplit("= <b>", 1)[1].split("<")[0])
    assert total > 0
    assert "<i>L</i><sub>" in formula(dataset="wine_quality", **{"lambda.good": "2"}), (
        "names: this L was never computed"
    )


def test_a_run_that_trains_with_others_is_stopped_and_not_steered(home: object, store: Store) -> None:
    run = run_of(store, "running", until=30, without="started")
    store.writer(run).append(Event("started", 0, 0.0, 0.0, {"engine": "batched", "together": 8, "total_steps": 100}))
    app = opened(run=run)
    assert told(app) == []
    assert EN["control.together"] in whole(app)
    assert [button.key for button in app.button if button.key in ("pause_resume", "one_step", "one_epoch")] == []
    app.button(key="stop").click().run()
    assert [order.name for order in store.commands_since(run, 0)[0]] == ["stop"]
