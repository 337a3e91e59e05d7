"""The race's component: two pictures of the same walks, drawn and played in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.frontend import source
from ui.words import language, t

WORDS = ("play", "pause", "scrub", "speed", "legend", "heights")
HEIGHT_WORDS = ("mean", "L1", "L2")
START = "start"
"""What the component tells: the point that somebody clicked."""

_COMPONENT = st.components.v2.component(
    "mtl_race", css=source("in_text.css") + source("race.css"), js=source("race_draw.js") + source("race.js")
)


def race_view(data: dict[str, Any], *, key: str, on_start: Callable[[], None] | None = None) -> None:
    """Draw walks, or bring those under the same key up to date; what plays goes on where ``view`` stays the same.

    Args:
        data: ``view``, ``steps``, ``walks`` and the panels ``plane`` and ``space`` (:mod:`ui.race_data`), ``busy``
            while walks are still growing, ``preferences`` where a slider chooses among walks.
        key: keeps the node the same one.
        on_start: called after a click on the plane; the point is in ``st.session_state[key].start``.
    """
    words = {name: t(f"race.{name}") for name in WORDS}
    words |= {f"height_{name}": t(f"race.height_{name}") for name in HEIGHT_WORDS}
    # Their {placeholders} are filled in the browser.
    words |= {name: t(f"race.{name}") for name in ("clock", "start_here", "preference")}
    whole = {"plane": None, "preferences": None, "busy": False} | data | {"words": words | {"locale": language()}}
    call: dict[str, Any] = {f"on_{START}_change": on_start} if on_start else {}
    _COMPONENT(key=key, height="content", data={"race": json.dumps(whole, separators=(",", ":"))}, **call)
