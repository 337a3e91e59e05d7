"""Taking a run away: what of it, made in a process of its own, then a button to download."""

from __future__ import annotations

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


def export_menu(run: RunRecord) -> None:
    """A button that opens what can be taken of a run."""
    menu = st.popover(
        "",
        icon=":material/download:",
        help=t("export.title"),
        key=f"export:{run.id}",
        type="tertiary",
        on_change="rerun",
    )
    if not menu.open:  # twenty closed menus need not be made
        return
    with menu:
        names = {what: t(f"export.{what}") for what in EXPORTS}
        key = f"export_what:{run.id}"
        call: dict[str, Any] = {"selection_mode": "multi", "format_func": names.__getitem__, "key": key, "wrap": True}
        chosen = list(st.pills(t("export.what"), list(names), default=["script"], **call) or [])
        if "script" in chosen:
            st.caption(t("export.script_about"))
        asked = (run.id, tuple(sorted(chosen)))
        if st.button(t("export.make"), key=f"export_make:{run.id}", type="primary", disabled=not chosen):
            _make(asked, chosen)
        made = st.session_state.get(MADE)
        if made and made[0] == asked:
            file = made[1]
            st.download_button(
                t("export.download", name=file.name, size=_size(len(file.content))),
                file.content,
                file.name,
                file.mime,
                key=f"export_take:{run.id}",
                icon=":material/download:",
                on_click="ignore",
            )
            for missing in file.left_out:
                st.caption(f":material/info: {missing}")


def _make(asked: tuple[str, tuple[str, ...]], chosen: list[str]) -> None:
    st.session_state.pop(MADE, None)
    try:
        with st.spinner(t("export.making")):
            st.session_state[MADE] = (asked, export_apart(hub.store(), [asked[0]], chosen))
    except MTLError as error:
        st.error(str(error))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
