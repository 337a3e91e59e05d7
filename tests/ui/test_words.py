"""The two catalogues hold the same keys and placeholders, and everything that the page asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from streamlit.testing.v1 import AppTest

from ui import frame
from ui.words import LANGUAGES, catalogue, language, t, t_or

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = sorted([PROJECT / "app.py", *(PROJECT / "pages").rglob("*.py"), *(PROJECT / "ui").rglob("*.py")])


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of the function ``name`` on the web side, with its place."""
    for path in SOURCES:
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
                yield f"{path.relative_to(PROJECT)}:{node.lineno}", node


def literals(node: ast.expr) -> list[str]:
    """The texts that a first argument can be: a literal, or both sides of a choice between literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return []


def test_catalogues_hold_the_same_keys() -> None:
    assert set(catalogue("en")) == set(catalogue("zh"))


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_placeholders_are_the_same(key: str) -> None:
    assert placeholders(catalogue("en")[key]) == placeholders(catalogue("zh").get(key, "")), key


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_is_empty(code: str) -> None:
    assert [key for key, text in catalogue(code).items() if not text.strip()] == []


def test_every_key_asked_for_exists() -> None:
    missing = [
        f"{place}: {key}" for place, call in calls("t") for key in literals(call.args[0]) if key not in catalogue("en")
    ]
    assert missing == []


def test_every_call_fills_its_placeholders() -> None:
    wrong = [
        f"{place}: {key} wants {sorted(placeholders(catalogue('en')[key]))}"
        for place, call in calls("t")
        if all(keyword.arg for keyword in call.keywords)
        for key in literals(call.args[0])
        if key in catalogue("en") and placeholders(catalogue("en")[key]) != {k.arg for k in call.keywords}
    ]
    assert wrong == []


def test_a_missing_key_names_itself_and_the_files() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key.*en\.toml"):
        t("no.such.key")


def test_t_or_falls_back_for_newcomers() -> None:
    assert t_or("no.such.key", "newcomer") == "newcomer"
    assert t_or("chart.loss", "fallback") == catalogue("en")["chart.loss"]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        catalogue("fr")


def test_english_outside_a_session() -> None:
    assert language() == "en"


def _page() -> None:
    import streamlit as st

    from ui.words import set_language, t

    if st.button("switch"):
        set_language("zh")
    st.text(t("chart.loss"))


def test_language_follows_link_and_choice() -> None:
    app = AppTest.from_function(_page).run()
    assert app.text[0].value == catalogue("en")["chart.loss"]
    app.button[0].click().run()
    assert app.text[0].value == catalogue("zh")["chart.loss"]
    assert app.query_params["lang"] == "zh"
    linked = AppTest.from_function(_page)
    linked.query_params["lang"] = "zh"
    assert linked.run().text[0].value == catalogue("zh")["chart.loss"]


def test_a_bad_language_in_the_link_is_passed_over() -> None:
    app = AppTest.from_function(_page)
    app.query_params["lang"] = "xx"
    assert app.run().text[0].value == catalogue("en")["chart.loss"]


def test_a_switch_that_reports_nothing_changes_no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that drew the switch between two runs of the script may say so."""
    chosen: list[str] = []
    monkeypatch.setattr(frame, "set_language", chosen.append)
    for reported in (None, "zh"):
        monkeypatch.setattr(frame.st, "session_state", {"switch": reported})
        frame._language_chosen("switch")
    assert chosen == ["zh"]
