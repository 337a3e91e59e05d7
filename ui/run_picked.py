"""Runs that were picked from the list: to be compared, or to be taken away together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from ui import run_export
from ui.compare_charts import MOST as MOST_COMPARED
from ui.words import t

PICK, PICKED = "pick:", "picked_runs"
OPENING = "opening"
"""A page to be opened, and its parameters: taken up by the list."""


def box(run: str) -> None:
    """The box of a run; it stays ticked while the run is on another page of the list."""
    st.session_state.setdefault(f"{PICK}{run}", run in st.session_state.get(PICKED, []))
    st.checkbox(t("compare_runs.pick"), key=f"{PICK}{run}", on_change=_picked, args=(run,))


def bar(there: Collection[str]) -> None:
    """What can be done with the runs that are picked; nothing where none is.

    Args:
        there: ids of the runs that there are; one that was deleted since is not picked any more.
    """
    picked = [run for run in st.session_state.get(PICKED, []) if run in there]
    if not picked:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        call: dict[str, Any] = {"disabled": not 2 <= len(picked) <= MOST_COMPARED, "icon": ":material/compare:"}
        words = t("compare_runs.go", count=len(picked))
        st.button(words, key="compare_now", type="primary", on_click=_compare, args=(picked,), **call)
        run_export.export_several(picked)
        if len(picked) > MOST_COMPARED:
            st.caption(t("compare_runs.most", count=MOST_COMPARED))


def _picked(run: str) -> None:
    """Callback of a run's box: among those that are picked, or no longer."""
    chosen = [one for one in st.session_state.get(PICKED, []) if one != run]
    st.session_state[PICKED] = [*chosen, run] if st.session_state[f"{PICK}{run}"] else chosen


def _compare(picked: list[str]) -> None:
    st.session_state[OPENING] = ("pages/compare.py", {"runs": ",".join(picked)})
