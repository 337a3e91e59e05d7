"""Beside a run's answers those of single-task networks: offered, trained, found, or why there are none."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.predicting.partner import alone_spec
from mtl_core.runs.shelf import throw_away
from mtl_core.runs.store import Store
from tests.ui.predict_stub import LOADING, StubPredictor, finished
from tests.ui.small_store import OWNER, opened, run_of, told, whole
from ui import predict_choice
from ui.words import catalogue

EN = catalogue("en")
CHOICE = predict_choice.RUN


def test_single_tasks_are_offered_trained_and_stand_beside(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    run = run_of(store, "finished")
    app = opened("predict")
    assert EN["predict.no_partner"] in whole(app)
    app.button(key="train_alone").click().run()
    assert told(app) == []
    (partner,) = [one for one in store.runs() if one.id != run]
    assert (partner.status, partner.owner, partner.name) == ("queued", OWNER, EN["predict.alone_name"])
    assert partner.spec["architecture"]["name"] == "separate"
    assert EN["predict.alone_trains"].format(epoch=0, epochs=partner.spec["epochs"]) in whole(app)
    assert app.session_state[f"predict_goes_on:{run}"]
    assert stub.asked[-1][0] == [run]

    with store.database.write() as connection:
        connection.execute("UPDATE runs SET status = 'finished' WHERE id = ?", (partner.id,))
    app.run()
    assert told(app) == []
    assert stub.asked[-1][0] == [run, partner.id]
    assert (boards[-1]["partner"], len(boards[-1]["answers"])) == (True, 2)
    assert not app.session_state[f"predict_goes_on:{run}"]
    assert app.selectbox(key=CHOICE).value == run, "the one that was asked goes on being asked"


def test_a_partner_that_is_there_needs_no_training(
    stub: StubPredictor, boards: list[dict[str, Any]], store: Store
) -> None:
    run = run_of(store, "finished")
    wanted = alone_spec(store.get(run))
    partner = finished(store, wanted)
    app = opened("predict", run=run)
    assert told(app) == []
    assert stub.asked[-1][0] == [run, partner]
    assert not [button for button in app.button if button.key == "train_alone"]
    stub.states[partner] = LOADING
    app.run()
    assert stub.asked[-1][0] == [run], "while the partner is read, the run answers alone"
    stub.states[partner] = {"status": "failed", "message": "no weights"}
    app.run()
    assert "no weights" in whole(app)
    assert stub.asked[-1][0] == [run]


@pytest.mark.parametrize("ending", ["failed", "stopped", "interrupted"])
def test_single_tasks_that_came_to_nothing_are_told_of(stub: StubPredictor, store: Store, ending: str) -> None:
    run_of(store, "finished")
    app = opened("predict")
    app.button(key="train_alone").click().run()
    partner = next(one.id for one in store.runs() if one.status == "queued")
    with store.database.write() as connection:
        connection.execute("UPDATE runs SET status = ? WHERE id = ?", (ending, partner))
    app.run()
    assert told(app) == []
    assert EN["predict.alone_failed"].format(status=EN[f"status.{ending}"]) in whole(app)
    throw_away(store, [partner])
    app.run()
    assert EN["predict.no_partner"] in whole(app), "once it is thrown away, another can be trained"


def test_single_task_networks_say_so_themselves(stub: StubPredictor, store: Store) -> None:
    run_of(store, "finished", spec={"architecture": {"name": "separate"}})
    app = opened("predict")
    assert EN["predict.is_alone"] in whole(app)
    assert not [button for button in app.button if button.key == "train_alone"]
