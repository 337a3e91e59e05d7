"""Own data on the page: from a file to a data set of one's own, and what becomes of it."""

from __future__ import annotations

import pytest

from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.userdata import catalogue as data_sets
from tests.ui.own_store import CSV, added, edits, form_data, opened_by, run_on, uploaded
from tests.ui.small_store import OWNER, told, whole
from tests.userdata.makers import archive, flats, scenes, table
from ui.own_upload import UPLOAD
from ui.plain_text import plain
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")


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
    app.button(key="start").click().run()
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
    app.switch_page("pages/playground.py").run()
    assert told(app) == []
    options = {box.key for box in [*app.selectbox, *app.toggle]}
    assert {"form:dataset.options.size", "form:dataset.options.generation"} <= options
    assert "form:dataset.options.data" not in {box.key for box in app.text_input}
    app.selectbox(key="form:dataset.options.size").set_value("32").run()
    assert [str(error.value) for error in app.error] == []
    assert app.query_params["option.size"] == "32"
    linked = opened_by(OWNER, **app.query_params)
    assert not linked.warning
    assert linked.selectbox(key="form:dataset.options.size").value == "32"


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
