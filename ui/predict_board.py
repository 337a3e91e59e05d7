"""The component on which a run is played with: inputs on one side, what its tasks say on the other."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from ui.component_key import component_key
from ui.frontend import source
from ui.words import language, t

WORDS = (
    *("previous", "next", "row", "typical", "typical_help", "draw_here", "clear", "as_seen", "from_test", "draw"),
    *("from_noise", "own_picture", "another_start", "ways_back", "way", "sentence", "unknown", "beyond"),
    *("alone_says", "truly", "legend_run", "legend_alone", "legend_truth", "nothing_made"),
    *("picture_run", "picture_alone", "picture_truth"),
)
_PARTS = ("predict_draw.js", "predict_inputs.js", "predict_answers.js", "predict.js")
_COMPONENT = st.components.v2.component(
    "mtl_predict", css=source("in_text.css") + source("predict.css"), js="".join(source(part) for part in _PARTS)
)


def board(data: dict[str, Any], *, key: str) -> None:
    """Draw the board, or bring it up to date; :func:`asked` gives the question that it has put.

    Args:
        data: of :func:`ui.predict_data.board_data`.
        key: keeps the node the same one.
    """
    # Their {placeholders} are filled in the browser.
    words = {name: t(f"predict.{name}") for name in WORDS} | {"locale": language()}
    packed = json.dumps(data | {"words": words}, separators=(",", ":"))
    _COMPONENT(key=component_key(key), height="content", data={"board": packed}, on_asked_change=lambda: None)


def asked(key: str) -> dict[str, Any]:
    """The last question of the board under this key: ``seq`` and what is asked; row 0 before there is one."""
    state = st.session_state.get(component_key(key))
    packed = state.get("asked") if state is not None else None
    question: dict[str, Any] = json.loads(packed) if packed else {"seq": 0, "row": 0, "source": "row"}
    return question
