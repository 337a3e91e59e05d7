"""What a widget shows when the browser draws it late: its value, never its default; and the language's own words."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.control import Command
from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told
from ui import hub
from ui.words import catalogue

LAMBDA = "weighting.lambdas.quality"
RATE = "optimizer.lr"


def starts_at(app: AppTest, key: str) -> str:
    """The option at which a browser starts a ladder of which it missed being told the value."""
    proto = app.select_slider(key=key).proto
    assert not proto.set_value, "the browser is told once, not at each run of the script"
    return str(proto.options[int(proto.default[0])])


@pytest.mark.parametrize("look", [0, 1, 2])
def test_a_ladder_that_appears_starts_at_its_value_not_at_its_lowest(home: object, store: Store, look: int) -> None:
    app = opened(run=run_of(store, "finished"))
    for _ in range(look):
        app.run()
    assert told(app) == []
    assert starts_at(app, f"form:ladder:{LAMBDA}") == "0.5"
    assert starts_at(app, f"form:ladder:{RATE}") == "0.01"
    assert app.number_input(key="form:epochs").proto.default == 100


def test_form_and_live_sliders_change_places_and_back_at_the_same_values(home: object, store: Store) -> None:
    run = run_of(store, "finished")
    app = opened(run=run, **{"lambda.quality": "3", "lr": "0.02"})
    for _ in range(3):
        store.requeue(run, 0 if store.get(run).status == "stopped" else 20)
        hub.hub().fresh(run)
        app.run()
        assert starts_at(app, f"live:{run}:ladder:{LAMBDA}") == "0.5"
        assert starts_at(app, f"live:{run}:ladder:{RATE}") == "0.01"
        store.send(run, Command("stop"))
        hub.hub().fresh(run)
        app.run()
        assert starts_at(app, f"form:ladder:{LAMBDA}") == "3"
        assert starts_at(app, f"form:ladder:{RATE}") == "0.02"
    assert {"lambda.quality": "3", "lr": "0.02"}.items() <= dict(app.query_params).items()
    assert {order.name for order in store.commands_since(run, 0)[0]} <= {"stop"}, "no slider moved by itself"


def test_a_fine_slider_that_appears_starts_at_its_value(home: object) -> None:
    app = opened(**{"lambda.quality": "3"})
    app.toggle(key="fine_sliders").set_value(True).run()
    app.run()
    assert list(app.slider(key=f"form:fine:{LAMBDA}").proto.default) == [3.0]


def test_lists_are_told_their_word_in_the_new_language(home: object) -> None:
    app = opened()
    app.get_by_key("language_switch").set_value("zh").run()
    words = catalogue("zh")
    fixed = f"{words['choice.weighting_name_fixed']} · {words['form.of_losses']}"
    for key, word in (("weighting.name", fixed), ("batch_size", words["choice.batch_size_full"])):
        proto = app.selectbox(key=f"form:{key}").proto
        assert (proto.set_value, proto.raw_value) == (True, word)
    assert app.selectbox(key="form:dataset.name").proto.raw_value == catalogue("zh")["dataset.wine_quality"]
    app.run()
    assert not app.selectbox(key="form:weighting.name").proto.set_value
