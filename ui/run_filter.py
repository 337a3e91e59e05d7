"""Finding runs in the list: words, statuses, tags, stars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtl_core.runs import shelf
from mtl_core.runs.records import RunRecord
from ui.words import t

TEXT, STATUSES, TAGS, STARRED = "runs_text", "runs_statuses", "runs_tags", "runs_starred"
FEW = 4
"""Runs up to which a list needs no search."""


def controls(runs: Sequence[RunRecord]) -> None:
    """What to look for; nothing while there are few runs.

    Args:
        runs: all that could be listed.
    """
    tags = sorted({tag for run in runs for tag in run.tags})
    statuses = list(dict.fromkeys(run.status for run in runs))
    _forget(TAGS, tags)
    _forget(STATUSES, statuses)
    if len(runs) <= FEW and not any(st.session_state.get(key) for key in (TEXT, STATUSES, TAGS, STARRED)):
        return
    kept: dict[str, Any] = {"persist_state": "session"}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.text_input(
            t("runs.search"), key=TEXT, icon=":material/search:", placeholder=t("runs.search_in"), width=320, **kept
        )
        if len(statuses) > 1:
            names = {status: t(f"status.{status}") for status in statuses}
            call: dict[str, Any] = {"selection_mode": "multi", "format_func": names.__getitem__}
            st.pills(t("runs.status"), statuses, key=STATUSES, **call, **kept)
        if tags:
            st.pills(t("runs.tags"), tags, key=TAGS, selection_mode="multi", **kept)
        st.toggle(t("runs.only_starred"), key=STARRED, **kept)


def chosen(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Those of the runs that are looked for."""
    state = st.session_state
    return shelf.matching(
        runs,
        state.get(TEXT) or "",
        statuses=state.get(STATUSES) or (),
        tags=state.get(TAGS) or (),
        starred=bool(state.get(STARRED)),
    )


def _forget(key: str, offered: Sequence[str]) -> None:
    """Let go of what is chosen but no longer there."""
    if any(value not in offered for value in st.session_state.get(key) or ()):
        st.session_state[key] = [value for value in st.session_state[key] if value in offered]
