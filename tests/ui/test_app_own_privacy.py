"""Whose own data are: a link, a run, a start and an export are for who may see the data set, and for nobody else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from mtl_core.control import Command
from mtl_core.runs.store import Store
from mtl_core.userdata import catalogue as data_sets
from tests.ui.own_store import added, form_data, opened_by, run_on
from tests.ui.small_store import OWNER, STRANGER, told, whole
from ui import own_cards, own_choice, url_state
from ui.plain_text import plain
from ui.words import catalogue

EN = catalogue("en")


def test_a_private_data_set_is_not_for_who_opens_its_link(home: object) -> None:
    data = added("Rents of my street")
    link = {"dataset": "own", "option.data": data, "tasks": "rent", "lambda.rent": "3", "epochs": "7"}
    app = opened_by(STRANGER, **link)
    assert told(app) == []
    assert form_data(app) == "wine_quality"
    assert any(EN["own.private"] in str(note.value) and data in str(note.value) for note in app.warning)
    assert "Rents of my street" not in whole(app)
    assert all("Rents" not in str(option) for option in app.selectbox(key="form:dataset.name").options)
    assert app.number_input(key="form:epochs").value == 7, "what says nothing of the data is taken"
    assert "option.data" not in app.query_params

    data_sets.share(data, OWNER)
    app = opened_by(STRANGER, **link)
    assert told(app) == []
    assert form_data(app) == f"own:{data}"
    assert app.session_state["draft"]["tasks"] == ["rent"]
    assert not app.warning


def test_a_link_to_data_that_never_were_says_the_same(home: object) -> None:
    app = opened_by(STRANGER, **{"dataset": "own", "option.data": "flats-0123456789ab"})
    assert told(app) == []
    assert any(EN["own.private"] in str(note.value) for note in app.warning)


def test_nothing_starts_on_data_that_are_shared_no_more(home: object, store: Store) -> None:
    data = added(shared=True)
    app = opened_by(STRANGER, **{"dataset": "own", "option.data": data})
    assert form_data(app) == f"own:{data}"
    data_sets.share(data, OWNER, shared=False)
    app.button(key="start").click().run()
    assert told(app) == []
    assert store.runs() == []
    assert app.button(key="start").disabled
    assert any(EN["own.private"] in str(error.value) for error in app.error)


def test_a_run_on_private_data_is_shown_to_its_owner_alone(home: object, store: Store) -> None:
    data = added("Rents of my street")
    run = run_on(store, data)
    app = opened_by(OWNER, run=run)
    assert told(app) == []
    assert form_data(app) == f"own:{data}"
    app = opened_by(STRANGER, run=run)
    assert told(app) == []
    assert any(EN["unknown.private"] in str(note.value) for note in app.warning)
    assert not [word for word in ("Rents of my street", "quiet", "rent") if word in whole(app)]
    assert form_data(app) == "wine_quality"
    data_sets.share(data, OWNER)
    app = opened_by(STRANGER, run=run)
    assert form_data(app) == f"own:{data}"


def test_an_own_run_cannot_begin_again_on_what_is_private_by_now(home: object, store: Store) -> None:
    data = added(shared=True)
    run = run_on(store, data, STRANGER)
    store.send(run, Command("stop"))
    app = opened_by(STRANGER, run=run)
    data_sets.share(data, OWNER, shared=False)
    app.button(key="restart").click().run()
    assert told(app) == []
    assert [kept.id for kept in store.runs()] == [run]
    assert any(EN["own.private"] in str(error.value) for error in app.error)


def test_sharing_gives_a_link_and_can_be_taken_back(home: object) -> None:
    data = added()
    app = opened_by(OWNER, "data")
    assert not app.code
    app.toggle(key=f"own_share:{data}").set_value(True).run()
    assert told(app) == []
    assert data_sets.usable(data, STRANGER)
    (link,) = [str(code.value) for code in app.code]
    assert link == own_cards.link(data)
    params = dict(part.split("=") for part in link.split("?")[1].split("&"))
    assert url_state.from_params(params)[0]["dataset.options.data"] == data
    app.toggle(key=f"own_share:{data}").set_value(False).run()
    assert not app.code
    assert not data_sets.usable(data, STRANGER)


def test_others_may_use_what_is_shared_and_nothing_else(home: object) -> None:
    data = added("Flats of all", shared=True)
    app = opened_by(STRANGER, "data")
    assert told(app) == []
    assert "Flats of all" in whole(app)
    assert not [button.key for button in app.button if button.key == f"own_delete:{data}"]
    assert not [toggle.key for toggle in app.toggle if "own_share" in str(toggle.key)]
    assert not [button.key for button in app.download_button if data in str(button.key)]
    app.button(key=f"use:own:{data}").click().run()
    assert form_data(app) == f"own:{data}"


def test_an_export_holds_the_rows_and_not_the_owner(home: Path) -> None:
    data = added()
    app = opened_by(OWNER, "data")
    assert [button.key for button in app.download_button if data in str(button.key)] == [f"own_export:{data}"]
    with zipfile.ZipFile(io.BytesIO(own_cards.exported(data))) as archived:
        assert {"data.csv", "manifest.json"} <= set(archived.namelist())
        assert OWNER.encode() not in archived.read("manifest.json")
        assert len(archived.read("data.csv").splitlines()) == 81


def test_a_name_is_no_markup(home: object) -> None:
    data = added("![x](https://x.y) :red[z]", shared=True)
    app = opened_by(STRANGER, "data")
    app.button(key=f"use:own:{data}").click().run()
    app.switch_page("pages/data.py").run()
    assert told(app) == []
    assert plain("![x](https://x.y) :red[z]") in whole(app)
    assert not [markup for markup in ("![x]", "](https://x.y)", ":red[z]") if markup in whole(app)]


def test_two_of_one_name_can_be_told_apart(home: object) -> None:
    mine, theirs = added("Flats"), added("Flats", STRANGER, shared=True)
    app = opened_by(OWNER)
    names = [option for option in app.selectbox(key="form:dataset.name").options if "Flats" in option]
    assert len(set(names)) == 2
    for data in (mine, theirs):
        app.selectbox(key="form:dataset.name").set_value(own_choice.PREFIX + data).run()
        assert app.session_state["draft"]["dataset.options.data"] == data
