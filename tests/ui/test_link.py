"""The link as the session has it: a late one is not followed, a new one is, and only one module touches it."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.source import PROJECT

WITHIN = 20


def page() -> None:
    """A page whose button changes the link, and which tells what it is."""
    import streamlit as st

    from ui import link

    st.button("second", key="second", on_click=link.put, args=("run", "b"))
    st.button("none", key="none", on_click=link.drop, args=("run",))
    st.text(f"{link.get('run')} {dict(sorted(link.here().items()))}")


def opened(**link: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=WITHIN)
    for name, value in link.items():
        app.query_params[name] = value
    return app.run()


def late(app: AppTest, **link: str) -> str:
    """What the page says when the browser asks with this link."""
    app.query_params.clear()
    for name, value in link.items():
        app.query_params[name] = value
    return str(app.run().text[0].value)


def test_a_link_that_the_session_has_left_is_late_and_not_followed() -> None:
    app = opened(run="a", lr="0.1")
    app.button(key="second").click().run()
    assert app.text[0].value == "b {'lr': '0.1', 'run': 'b'}"
    assert late(app, run="a", lr="0.1") == "b {'lr': '0.1', 'run': 'b'}"
    assert app.query_params["run"] == "b", "the browser is told again"
    assert late(app, run="b", lr="0.1") == "b {'lr': '0.1', 'run': 'b'}"


def test_a_link_that_the_session_never_had_is_followed() -> None:
    app = opened(run="a")
    app.button(key="second").click().run()
    assert late(app, run="c") == "c {'run': 'c'}"
    assert late(app, run="b") == "c {'run': 'c'}", "the one that was left is late from now on"


def test_a_link_that_the_session_itself_goes_back_to_is_the_newest() -> None:
    app = opened()
    app.button(key="second").click().run()
    app.button(key="none").click().run()
    assert app.text[0].value == "None {}"
    assert late(app, run="b") == "None {}"
    app.button(key="second").click().run()
    assert late(app) == "b {'run': 'b'}"


def test_back_and_forward_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui import link

    app = opened(run="a")
    app.button(key="second").click().run()
    real = link.get_script_run_ctx

    def went_back(**call: bool) -> object:
        context = real(**call)
        if context is not None:
            context.is_history_navigation = True
        return context

    monkeypatch.setattr(link, "get_script_run_ctx", went_back)
    assert late(app, run="a") == "a {'run': 'a'}"
    monkeypatch.undo()
    assert late(app, run="b") == "a {'run': 'a'}", "what was left by going back is late from then on"


def test_only_one_module_reads_and_writes_the_link() -> None:
    touching = re.compile(r"st\.query_params|\.query_params\b")
    files = [*PROJECT.glob("ui/**/*.py"), *PROJECT.glob("pages/*.py"), PROJECT / "app.py"]
    found = {str(file.relative_to(PROJECT)) for file in files if touching.search(file.read_text(encoding="utf-8"))}
    assert found == {"ui/link.py", "ui/guard.py"}, "guard.py hands a link on before the session is in the app"
