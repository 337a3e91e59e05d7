"""Own data on the page: from a file to a data set; whose it is, and who may look at it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.control import Command
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.userdata import catalogue as data_sets
from mtl_core.userdata.adding import add
from tests.ui.small_store import APP, OWNER, SECONDS, STRANGER, told, whole
from tests.userdata.makers import archive, flats, looked_at, scenes, table, uses
from ui import own_cards, own_choice, url_state
from ui.own_upload import UPLOAD
from ui.owner import SESSION_KEY
from ui.plain_text import plain
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
CSV = table(flats(), ";")
CHOICES = uses(rent="regression", quiet="binary")


def opened_by(owner: str, page: str = "", **parameters: str) -> AppTest:
    """The app in this person's browser."""
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    app.session_state[SESSION_KEY] = owner
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page(f"pages/{page}.py").run() if page else app


def uploaded(content: bytes = CSV, file: str = "flats_2024.csv", **parameters: str) -> AppTest:
    """The page of data after a file was chosen."""
    app = opened_by(OWNER, "data", **parameters)
    return app.file_uploader(key="own_file_0").set_value((file, content, "text/csv")).run()


def added(name: str = "Flats", owner: str = OWNER, *, shared: bool = False) -> str:
    """A data set of this owner."""
    return add(looked_at(flats()), CHOICES, name, owner, shared=shared)


def run_on(store: Store, data: str, owner: str = OWNER) -> str:
    """A run that waits, on an own data set."""
    return store.create(parse_spec({"dataset": {"name": "own", "options": {"data": data}}}), owner)


def edits(app: AppTest, rows: dict[int, dict[str, object]]) -> AppTest:
    """The page after cells of the table of columns were changed."""
    key = app.session_state[UPLOAD].editor
    app.session_state[key] = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    return app.run()


def form_data(app: AppTest) -> str:
    return str(app.selectbox(key="form:dataset.name").value)


def test_from_a_file_to_a_run(home: object, store: Store) -> None:
    app = uploaded()
    assert told(app) == []
    assert app.multiselect(key="own_targets").value == ["quiet"], "guessed from the file"
    app.multiselect(key="own_targets").set_value(["rent", "quiet"]).run()
    assert app.text_input(key="own_name").value == "flats 2024"
    app.button(key="own_use").click().run()
    assert told(app) == []
    (entry,) = data_sets.listing(OWNER)
    assert (entry.name, entry.rows, entry.tasks, entry.shared) == ("flats 2024", 80, ("rent", "quiet"), False)
    assert EN["own.ready"].format(name="flats 2024") in whole(app)

    app.button(key="own_to_playground").click().run()
    assert told(app) == []
    assert form_data(app) == f"own:{entry.id}"
    app.button(key="start_pause").click().run()
    (run,) = store.runs(owner=OWNER)
    assert run.spec["dataset"]["options"]["data"] == entry.id
    assert run.spec["tasks"] == ["rent", "quiet"]


def test_what_was_found_is_told_before_anything_is_kept(home: object) -> None:
    columns = flats() | {"city": ["X"] * 80, "rent twice": [2 * rent for rent in flats()["rent"]]}
    roles = {0: "input", 4: "target", 5: "input", 6: "input", 7: "input"}
    app = edits(uploaded(table(columns)), {row: {"role": role} for row, role in roles.items()})
    assert told(app) == []
    text = whole(app)
    for code, column in (("id_like", "flat id"), ("constant", "city"), ("leakage", "rent twice")):
        words = EN[f"finding.{code}"].split("“")[0].split("{")[0].strip()
        assert f"**{column}** {words}" in text
    assert "**area** 9 of 80 values are missing" in text
    assert data_sets.listing(OWNER) == []


def test_an_edited_table_is_what_the_data_set_is_made_of(home: object) -> None:
    app = edits(uploaded(), {4: {"role": "target", "unit": "€"}, 5: {"role": "ignore"}, 2: {"type": "category"}})
    assert app.multiselect(key="own_targets").value == ["rent"], "the question above the table follows it"
    app.button(key="own_use").click().run()
    assert told(app) == []
    (entry,) = data_sets.listing(OWNER)
    (task,) = parse_spec({"dataset": {"name": "own", "options": {"data": entry.id}}}).task_list()
    assert (task.name, task.kind, task.unit) == ("rent", "regression", "€")


def test_a_choice_above_the_table_stays_when_the_table_is_edited(home: object) -> None:
    app = uploaded()
    app.multiselect(key="own_targets").set_value(["rent"]).run()
    app = edits(app, {1: {"role": "ignore"}})
    app = app.multiselect(key="own_targets").set_value(["rent", "quiet"]).run()
    roles = {name: use.role for name, use in app.session_state[UPLOAD].uses.items()}
    assert roles == dict.fromkeys(("flat id", "area"), "ignore") | dict.fromkeys(
        ("age", "district"), "input"
    ) | dict.fromkeys(("rent", "quiet"), "target")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({5: {"role": "ignore"}}, EN["own.no_target"]),
        ({i: {"role": "ignore"} for i in range(1, 5)}, EN["own.no_input"]),
        ({1: {"type": "mask"}}, EN["own.impossible"].format(column="area", type="mask", role="input")),
        ({3: {"role": "target", "type": "number"}}, "**district**: must hold numbers to be regression"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_can_be_added(
    home: object, rows: dict[int, dict[str, object]], words: str
) -> None:
    app = edits(uploaded(), rows)
    assert told(app) == []
    assert any(words in str(error.value) for error in app.error)
    assert app.button(key="own_use").disabled


def test_a_broken_row_is_named_and_can_be_left_out(home: object) -> None:
    lines = CSV.splitlines()
    app = uploaded(b"\n".join([*lines[:3], lines[3] + b";more", *lines[4:]]))
    assert told(app) == []
    assert "line 4 has 7 fields instead of 6" in str(app.error[0].value)
    app.toggle(key="own_leave_out").set_value(True).run()
    assert told(app) == []
    assert app.session_state[UPLOAD].inspection.rows == 79
    assert plain("4 (7)") in whole(app), "line and fields of what was left out"
    assert not app.button(key="own_use").disabled


def test_nothing_is_lost_where_a_name_is_taken(home: object) -> None:
    added("Flats")
    app = uploaded()
    app.multiselect(key="own_targets").set_value(["rent", "quiet"]).run()
    app.text_input(key="own_name").set_value("Flats").run()
    app.button(key="own_use").click().run()
    assert told(app) == []
    assert any("you have a data set of this name" in str(error.value) for error in app.error)
    assert app.multiselect(key="own_targets").value == ["rent", "quiet"]
    app.text_input(key="own_name").set_value("Flats of this year").run()
    app.button(key="own_use").click().run()
    assert {entry.name for entry in data_sets.listing(OWNER)} == {"Flats", "Flats of this year"}


def test_an_upload_waits_while_another_page_is_looked_at(home: object) -> None:
    app = uploaded()
    app = edits(app, {4: {"role": "target"}})
    app.switch_page("pages/runs.py").run()
    app.switch_page("pages/data.py").run()
    assert told(app) == []
    assert app.multiselect(key="own_targets").value == ["rent", "quiet"]
    app.button(key="own_other_file").click().run()
    assert app.file_uploader(key="own_file_1"), "and can be put away"


def test_pictures_and_masks_come_as_a_zip(home: object) -> None:
    files = {name: content for name, content in scenes().items() if name != "data.csv"}
    lines = [line.split(",") for line in str(scenes()["data.csv"]).splitlines()]
    files["data.csv"] = "\n".join(",".join(cells[:2] + cells[3:]) for cells in lines)
    app = uploaded(archive(files), "squares.zip")
    assert told(app) == []
    app.multiselect(key="own_targets").set_value(["mask", "colour", "width"]).run()
    app.button(key="own_use").click().run()
    assert told(app) == []
    (entry,) = data_sets.listing(OWNER)
    assert entry.tasks == ("mask", "colour", "width")
    app.button(key="own_to_playground").click().run()
    assert told(app) == []
    options = {box.key for box in [*app.selectbox, *app.toggle]}
    assert {"form:dataset.options.size", "form:dataset.options.generation"} <= options
    assert "form:dataset.options.data" not in {box.key for box in app.text_input}


def test_a_table_has_no_options_for_pictures(home: object) -> None:
    app = opened_by(OWNER, **{"dataset": "own", "option.data": added()})
    assert told(app) == []
    keys = {box.key for box in [*app.selectbox, *app.toggle, *app.text_input]}
    assert not [key for key in keys if key and "dataset.options" in key]


def test_the_page_speaks_chinese(home: object) -> None:
    added()
    app = uploaded(lang="zh")
    assert told(app) == []
    assert ZH["own.private_badge"] in whole(app)
    assert app.multiselect(key="own_targets").label == ZH["own.ask_targets"]
    assert "缺失 9 个" in whole(app)


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
    app.button(key="start_pause").click().run()
    assert told(app) == []
    assert store.runs() == []
    assert app.button(key="start_pause").disabled
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


def test_deleting_asks_first_and_leaves_the_runs(home: object, store: Store) -> None:
    data = added("Rents of my street")
    run = run_on(store, data)
    app = opened_by(OWNER, "data")
    app.button(key=f"use:own:{data}").click().run()
    app.switch_page("pages/data.py").run()
    app.button(key=f"own_delete:{data}").click().run()
    assert data_sets.usable(data, OWNER), "the question comes first"
    app.button(key="own_delete_now").click().run()
    assert told(app) == []
    assert data_sets.listing(OWNER) == []
    assert "Rents of my street" not in whole(app)
    app.switch_page("pages/playground.py").run()
    assert form_data(app) == "wine_quality", "the form does not hold what is gone"
    assert not app.error
    assert store.get(run).id == run
    app = opened_by(OWNER, run=run)
    assert told(app) == []
    assert any(EN["own.private"] in str(error.value) for error in app.error), "the run is there, its data are not"


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
