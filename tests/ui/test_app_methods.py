"""The page of methods: every card, the filter, the link to one method, and the way to the Playground."""

from __future__ import annotations

import pytest

from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told, whole
from ui.methods import methods
from ui.methods_cards import method_name, sentence
from ui.methods_table import comparison
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
EVERY = methods()


def headed(app: object) -> list[str]:
    """The titles of the cards that are there."""
    return [m.value.removeprefix("##### ") for m in app.markdown if m.value.startswith("##### ")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("lang", "words"), [("en", EN), ("zh", ZH)])
def test_every_method_has_its_card_in_both_languages(home: object, lang: str, words: dict[str, str]) -> None:
    app = opened("methods", lang=lang)
    assert told(app) == []
    text = whole(app)
    assert words["methods.about"] in text
    assert len(headed(app)) == len(EVERY)
    for method in EVERY:
        key = {"weighting": "weighting", "architecture": "architecture", "regularizers": "ties"}[method.field]
        assert words[f"{key}.{method.name}"] in text
        assert method.source.split("; ")[0] in text or method.year is None
        assert app.button(key=f"try:{method.name}")
    assert len(app.latex) == len(EVERY)


def test_runs_in_the_store_change_nothing_here(home: object, store: Store) -> None:
    run_of(store, "failed", until=3, values={"message": "nan"})
    assert told(opened("methods", lang="zh")) == []


def test_kind_search_and_order_choose_the_cards(home: object) -> None:
    app = opened("methods")
    app.get_by_key("methods_kind").set_value("gradients").run()
    assert "PCGrad" in headed(app)
    assert "DWA" not in headed(app)
    app.text_input(key="methods_search").set_value("bargain").run()
    assert headed(app) == ["Nash-MTL"]
    assert EN["methods.found"].format(count=1, all=len(EVERY)) in whole(app)
    app.text_input(key="methods_search").set_value("nothing like this").run()
    assert EN["methods.nothing"] in whole(app)
    app.text_input(key="methods_search").set_value("").run()
    app.selectbox(key="methods_order").select("year").run()
    assert headed(app)[0] == "MGDA"
    assert told(app) == []


def test_a_link_names_one_method_and_leads_back_to_all(home: object) -> None:
    app = opened("methods")
    app.button(key="alone:mgda").click().run()
    assert told(app) == []
    assert headed(app) == ["MGDA"]
    assert (
        str(
            app.query_params["method"][0]
            if isinstance(app.query_params["method"], list)
            else app.query_params["method"]
        )
        == "mgda"
    )
    app.button(key="show_all").click().run()
    assert len(headed(app)) == len(EVERY)
    assert "method" not in app.query_params


def test_an_unknown_method_in_the_link_is_told_of(home: object) -> None:
    app = opened()
    app.query_params["method"] = "[x](y)`nope"
    app.switch_page("pages/methods.py").run()
    app.query_params["method"] = "nope`"
    app.run()
    assert told(app) == []
    assert EN["methods.unknown"].format(name="nope") in app.warning[0].value
    assert len(headed(app)) == len(EVERY)


@pytest.mark.parametrize("name", ["pcgrad", "fixed", "mmoe", "soft", "nuclear_norm"])
def test_try_it_opens_the_playground_with_the_method(home: object, name: str) -> None:
    app = opened("methods")
    app.button(key=f"try:{name}").click().run()
    assert told(app) == []
    assert not app.error
    assert not app.warning
    assert not app.button(key="start").disabled
    if name in ("pcgrad", "fixed"):
        assert app.selectbox(key="form:weighting.name").value == name
    elif name == "nuclear_norm":
        assert name in app.get_by_key("form:regularizers").value
    else:
        assert app.get_by_key("form:architecture.name").value == name


def test_try_it_keeps_the_data_where_the_method_works_there_and_changes_it_where_not(home: object) -> None:
    app = opened(dataset="digits", epochs="3")
    app.switch_page("pages/methods.py").run()
    app.button(key="try:mtan").click().run()
    assert app.selectbox(key="form:dataset.name").value == "digits"
    assert app.number_input(key="form:epochs").value == 3
    wine = opened("methods")
    wine.button(key="try:mtan").click().run()
    assert wine.selectbox(key="form:dataset.name").value == "digits"
    apart = opened(architecture="separate")
    apart.switch_page("pages/methods.py").run()
    apart.button(key="try:nash").click().run()
    assert apart.get_by_key("form:architecture.name").value == "hard", "nothing is shared in separate networks"


def test_the_table_has_a_row_a_method(home: object) -> None:
    frame = comparison(EVERY)
    assert list(frame["method"]) == [method_name(method) for method in EVERY]
    assert frame["year"].isna().sum() == sum(method.year is None for method in EVERY)
    assert (frame["needs"].str.len() > 0).all()
    assert all(sentence(method) for method in EVERY)
