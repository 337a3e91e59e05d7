"""A link to a run that is not there, or that is not for everyone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import shown_run
from ui.words import t


def message(run: str, *, private: bool = False) -> None:
    """Say so, and show the ways on."""
    with st.container(border=True):
        if private:
            st.warning(t("unknown.private"), icon=":material/lock:")
        else:
            st.warning(t("unknown.message", run=run[:40]), icon=":material/search_off:")
        with st.container(horizontal=True):
            call: dict[str, Any] = {"on_click": shown_run.show, "args": (None,), "key": "leave_unknown"}
            st.button(t("unknown.recorded"), icon=":material/history:", **call)
            st.page_link("pages/runs.py", label=t("unknown.runs"), icon=":material/list:")
