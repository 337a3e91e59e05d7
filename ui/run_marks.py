"""What a person puts on a run in the list: a star, tags, a note."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.runs import shelf
from mtl_core.runs.records import RunRecord
from ui import hub, shown_run
from ui.plain_text import plain
from ui.words import t


def badges(run: RunRecord) -> None:
    """The star and the tags that a run has."""
    if run.starred:
        st.badge(t("runs.starred"), color="yellow", icon=":material/star:")
    for tag in run.tags:
        st.badge(plain(tag), color="violet")


def note_line(run: RunRecord) -> None:
    """The note on a run, if there is one."""
    if run.note:
        st.caption(f":material/sticky_note_2: {plain(run.note)}")


def star(run: RunRecord) -> None:
    """The button that puts a star on a run, or takes it off."""
    icon = ":material/star:" if run.starred else ":material/star_outline:"
    words = t("runs.unstar") if run.starred else t("runs.star")
    call: dict[str, Any] = {"on_click": _star, "args": (run.id, not run.starred), "help": words, "type": "tertiary"}
    st.button("", key=f"star:{run.id}", icon=icon, **call)


def editor(run: RunRecord) -> None:
    """Name, tags and note of a run, behind a button."""
    with st.popover("", icon=":material/edit:", help=t("runs.edit"), key=f"edit:{run.id}", type="tertiary"):
        keys = {what: f"{what}:{run.id}" for what in ("name", "tags", "note")}
        st.text_input(t("runs.name"), run.name, key=keys["name"], max_chars=120)
        offered = list(dict.fromkeys([*st.session_state.get(keys["tags"], ()), *run.tags]))
        st.multiselect(
            t("runs.tags"),
            offered,
            list(run.tags),
            key=keys["tags"],
            accept_new_options=True,
            max_selections=shelf.MOST_TAGS,
        )
        st.text_area(t("runs.note"), run.note, key=keys["note"], max_chars=shelf.LONGEST_NOTE)
        if st.button(t("runs.save"), key=f"save:{run.id}", type="primary", on_click=_save, args=(run.id, keys)):
            st.rerun()  # the tags to choose from stand outside this fragment


def _star(run: str, starred: bool) -> None:
    _told(lambda: shelf.star(hub.store(), run, starred))


def _save(run: str, keys: dict[str, str]) -> None:
    """Callback: all three, or none where one breaks its rule."""

    def save() -> None:
        store, state = hub.store(), st.session_state
        shelf.tag(store, run, state[keys["tags"]])
        shelf.note(store, run, state[keys["note"]])
        store.rename(run, state[keys["name"]])

    _told(save)


def _told(act: Any) -> None:
    """Do it; what goes wrong is told at the page's top."""
    try:
        act()
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
