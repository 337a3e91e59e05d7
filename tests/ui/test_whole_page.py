"""A callback that was sent for a panel alone asks for the whole page; any other leaves things as they are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ui import form_state, whole_page


@pytest.mark.parametrize(("panels", "asked"), [(["panel"], 1), (None, 0), ([], 0)])
def test_the_whole_page_is_asked_for_where_a_panel_alone_is_drawn(
    monkeypatch: pytest.MonkeyPatch, panels: list[str] | None, asked: int
) -> None:
    reruns: list[bool] = []
    context = SimpleNamespace(fragment_ids_this_run=panels)
    monkeypatch.setattr(whole_page, "get_script_run_ctx", lambda **_: context)
    monkeypatch.setattr(whole_page.st, "rerun", lambda: reruns.append(True))
    monkeypatch.setattr(form_state, "set_value", lambda *_: None)
    monkeypatch.setattr(form_state.st, "session_state", {"form:epochs": 5})
    form_state.changed("epochs", "form:epochs")
    assert len(reruns) == asked


def test_outside_of_a_page_nothing_is_asked_for() -> None:
    whole_page.needed()
