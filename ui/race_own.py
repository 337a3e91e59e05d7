"""A start of the reader's own: where it is, and the walks from it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.execution.background import JobState
from mtl_core.execution.racing import REACH, OwnRace, race_state, start_race
from ui.words import t

OWN = "race_own_start"
X1, X2 = "race_own_x1", "race_own_x2"
FIRST = (0.0, 5.0)
ASKED = "race_own_asked"
"""Somebody has just asked for the walks, so that those which failed are begun anew."""


def race(setting: str, methods: list[str]) -> OwnRace | None:
    """The walks from the reader's own start; None where there is none."""
    start = st.session_state.get(OWN)
    return OwnRace(setting, start, tuple(methods)) if start else None


def set_start(x1: float, x2: float) -> None:
    """Let the methods walk from here."""
    st.session_state[OWN] = (round(x1, 2), round(x2, 2))
    st.session_state[X1], st.session_state[X2] = st.session_state[OWN]
    st.session_state[ASKED] = True


def forget() -> None:
    """Back to the recorded starts."""
    st.session_state.pop(OWN, None)


def begun(own: OwnRace) -> JobState | None:
    """How far the walks are, started if need be; None where something stands in the way, which is said."""
    asked = st.session_state.pop(ASKED, False)
    state = race_state(own)
    if state is not None and not (asked and state.status == "failed"):
        return state
    try:
        return start_race(own)
    except (MTLError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return None


def form() -> None:
    """The start in numbers, for those who do not click; and the way back."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for key, value in zip((X1, X2), st.session_state.get(OWN, FIRST), strict=True):
            st.session_state.setdefault(key, value)
        call: dict[str, Any] = {"min_value": -REACH, "max_value": REACH, "step": 0.5, "width": 140}
        st.number_input(t("race.own_x1"), key=X1, **call)
        st.number_input(t("race.own_x2"), key=X2, **call)
        st.button(t("race.own_go"), icon=":material/flag:", key="race_own_go", on_click=_go)
        if OWN in st.session_state:
            st.button(t("race.own_back"), icon=":material/undo:", type="tertiary", key="race_own_back", on_click=forget)


def _go() -> None:
    set_start(st.session_state[X1], st.session_state[X2])
