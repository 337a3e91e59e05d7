"""Taking runs away: what of them, made in a process of its own, then a button to download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.export import EXPORTS
from mtl_core.export.apart import export_apart
from mtl_core.runs.records import RunRecord
from ui import hub
from ui.words import t

MADE = "exported"
"""The last export of this session: what was asked for, and the file; only one is kept."""
Asked = tuple[tuple[str, ...], tuple[str, ...]]
"""Runs, and what of them."""


def export_menu(run: RunRecord) -> None:
    """A button that opens what can be taken of a run."""
    menu = st.popover("", help=t("export.title"), type="tertiary", **_menu(run.id))
    if not menu.open:  # twenty closed menus need not be made
        return
    with menu:
        _choice(run.id, [run.id], ["script"], t("export.script_about"))


def export_several(runs: Sequence[str]) -> None:
    """A button that opens what can be taken of several runs together, in one zip with a folder a run.

    Args:
        runs: their ids.
    """
    menu = st.popover(t("export.several", count=len(runs)), help=t("export.several_help"), **_menu("picked"))
    if menu.open:
        with menu:
            _choice("picked", runs, ["spec", "metrics", "report"], t("export.script_about_several"))


def _menu(key: str) -> dict[str, Any]:
    return {"icon": ":material/download:", "key": f"export:{key}", "on_change": "rerun"}


def _choice(key: str, runs: Sequence[str], default: list[str], about_script: str) -> None:
    """What of these runs; the button that makes the file, and then the one that takes it."""
    names = {what: t(f"export.{what}") for what in EXPORTS}
    call: dict[str, Any] = {"selection_mode": "multi", "format_func": names.__getitem__, "wrap": True}
    chosen = list(st.pills(t("export.what"), list(names), default=default, key=f"export_what:{key}", **call) or [])
    if "script" in chosen:
        st.caption(about_script)
    asked = (tuple(runs), tuple(what for what in EXPORTS if what in chosen))
    if st.button(t("export.make"), key=f"export_make:{key}", type="primary", disabled=not chosen):
        _make(asked)
    made = st.session_state.get(MADE)
    if made and made[0] == asked:
        file = made[1]
        st.download_button(
            t("export.download", name=file.name, size=_size(len(file.content))),
            file.content,
            file.name,
            file.mime,
            key=f"export_take:{key}",
            icon=":material/download:",
            on_click="ignore",
        )
        for missing in file.left_out:
            st.caption(f":material/info: {missing}")


def _make(asked: Asked) -> None:
    runs, what = asked
    st.session_state.pop(MADE, None)
    try:
        with st.spinner(t("export.making")):
            st.session_state[MADE] = (asked, export_apart(hub.store(), list(runs), list(what)))
    except MTLError as error:
        st.error(str(error))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
