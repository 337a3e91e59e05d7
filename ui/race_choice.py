"""Which toy, setting, methods and starts the race shows; the link carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtl_core.toys.settings import SETTINGS
from ui import link, race_own
from ui.race_data import title
from ui.recorded import walks
from ui.words import t

TOY, SETTING, METHODS, STARTS = "race_toy", "race_setting", "race_methods", "race_starts"
PARAMETERS = ("toy", "setting", "methods", "starts")
TOYS = ("valleys", "front")
SHOWN = ("nash", "cagrad")
"""Settings of which there are recorded walks."""
FIRST_METHODS = ("fixed", "mgda", "pcgrad", "cagrad", "nash")
FIRST_START = 2
WRITTEN = "race_link_written"


def read_link() -> None:
    """Take from the link what there is to choose, where the link is new; what there is not is dropped."""
    asked = {name: value for name, value in link.here().items() if name in PARAMETERS}
    if not asked or asked == st.session_state.get(WRITTEN):
        return
    _take(TOY, [asked.get("toy", "")], TOYS, many=False)
    _take(SETTING, [asked.get("setting", "")], SHOWN, many=False)
    _take(METHODS, asked.get("methods", "").split(","), walks.methods(setting()), many=True)
    starts = range(len(SETTINGS[setting()].starts))
    _take(STARTS, [int(text) for text in asked.get("starts", "").split(",") if text.isdecimal()], starts, many=True)


def _take(key: str, wanted: Sequence[Any], known: Sequence[Any], *, many: bool) -> None:
    found = [value for value in wanted if value in known]
    if found:
        st.session_state[key] = found if many else found[0]


def write_link() -> None:
    """Put what is chosen into the link, where it differs from what is shown first."""
    chosen = {
        "toy": toy() if toy() != TOYS[0] else "",
        "setting": setting() if setting() != SHOWN[0] else "",
        "methods": ",".join(methods()) if tuple(methods()) != FIRST_METHODS else "",
        "starts": ",".join(map(str, starts())) if starts() != [FIRST_START] else "",
    }
    st.session_state[WRITTEN] = {name: text for name, text in chosen.items() if text}
    others = {name: text for name, text in link.here().items() if name not in chosen}
    link.replace(others | st.session_state[WRITTEN])


def toy() -> str:
    """``valleys`` or ``front``."""
    return str(st.session_state.get(TOY) or TOYS[0])


def setting() -> str:
    """Name of the setting."""
    return str(st.session_state.get(SETTING) or SHOWN[0])


def methods() -> list[str]:
    """Names of the methods that walk, in the registry's order."""
    chosen = st.session_state.get(METHODS, FIRST_METHODS)
    return [name for name in walks.methods(setting()) if name in chosen]


def starts() -> list[int]:
    """Places among the setting's starts."""
    chosen = st.session_state.get(STARTS, [FIRST_START])
    return [i for i in range(len(SETTINGS[setting()].starts)) if i in chosen]


def choose_toy() -> None:
    """The switch between the two toys."""
    st.session_state.setdefault(TOY, TOYS[0])
    call: dict[str, Any] = {"required": True, "key": TOY, "label_visibility": "collapsed"}
    st.segmented_control(t("race.toy"), TOYS, format_func=lambda name: t(f"race.toy_{name}"), **call)


def choose() -> None:
    """Methods, starts and the paper's setting."""
    st.session_state.setdefault(METHODS, list(FIRST_METHODS))
    st.session_state.setdefault(STARTS, [FIRST_START])
    st.session_state.setdefault(SETTING, SHOWN[0])
    many: dict[str, Any] = {"selection_mode": "multi"}
    st.pills(t("race.methods"), walks.methods(setting()), format_func=title, key=METHODS, **many)
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        places = SETTINGS[setting()].starts
        call: dict[str, Any] = many | {"key": STARTS, "on_change": race_own.forget, "width": "content"}
        st.pills(t("race.starts"), range(len(places)), format_func=lambda i: point_text(*places[i]), **call)
        change: dict[str, Any] = {"key": SETTING, "on_change": _other_setting, "width": 240}
        st.selectbox(t("race.setting"), SHOWN, format_func=lambda name: t(f"race.setting_{name}"), **change)


def _other_setting() -> None:
    race_own.forget()
    st.session_state[STARTS] = [FIRST_START]


def point_text(x1: float, x2: float) -> str:
    """``(−8.5, 7.5)``."""
    return f"({x1:g}, {x2:g})".replace("-", "−")
