"""The slider through the epochs: previews of a run at the epoch that a person looks at."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from mtl_core.errors import MTLError
from ui import hub, tiles
from ui.hub import PreviewFile, RunView, Source
from ui.words import t

ECHO_SECONDS = 3.0
Arrays = dict[str, NDArray[Any]]


def at_epoch(source: Source, view: RunView) -> Arrays | None:
    """Truth and predictions at the epoch that the slider is at; it follows the run until somebody moves it."""
    made = [p for p in of_split(view, tiles.shown_split(view)) if not p.first]
    if not made:
        return None
    newest = max(1, round(made[-1].epoch))
    last = max(2, view.epochs, newest)
    key = f"epoch:{view.record.id}"
    if key not in st.session_state or not st.session_state.get(_held(key)):
        st.session_state[key] = newest
        _followed(key).append((newest, time.monotonic()))
    call: dict[str, Any] = {"help": t("views.epoch_help"), "on_change": _hold, "args": (key, newest)}
    st.slider(t("views.epoch"), 1, last, step=1, key=key, **call)
    wanted = st.session_state[key]
    preview = next((p for p in reversed(made) if round(p.epoch) <= wanted), made[0])
    st.caption(t("views.at", epoch=tiles.epoch_text(preview.epoch), split=t(f"split.{preview.split}")))
    return load(source, view, of_split(view, preview.split), preview)


def at_end(source: Source, view: RunView) -> Arrays | None:
    """Truth and predictions on the test part; None before the run has finished."""
    return load(source, view, of_split(view, "test"), None)


def at_start(source: Source, view: RunView) -> Arrays | None:
    """What the run told before its first step; None before it has."""
    first = next((preview for preview in of_split(view, tiles.shown_split(view)) if preview.first), None)
    try:
        return None if first is None else hub.arrays(source, view.record.id, first)
    except MTLError as error:
        st.warning(str(error))
        return None


def of_split(view: RunView, split: str) -> list[PreviewFile]:
    """The previews of one split."""
    return [preview for preview in view.previews if preview.split == split]


def load(source: Source, view: RunView, files: list[PreviewFile], chosen: PreviewFile | None) -> Arrays | None:
    """What stands in the first preview, with the predictions of the chosen one (the last, if None)."""
    first = next((preview for preview in files if preview.first), None)
    chosen = chosen or next((preview for preview in reversed(files) if not preview.first), None)
    if first is None or chosen is None:
        return None
    try:
        return hub.arrays(source, view.record.id, first) | hub.arrays(source, view.record.id, chosen)
    except MTLError as error:
        st.warning(str(error))
        return None


def _hold(key: str, newest: int) -> None:
    """Callback: stay where a person put the slider, until that is the newest epoch again.

    A browser that lags behind sends back the value at which it last followed the run: that is nobody's movement.
    """
    value, now = st.session_state[key], time.monotonic()
    if not any(value == epoch and now - at < ECHO_SECONDS for epoch, at in _followed(key)):
        st.session_state[_held(key)] = value < newest


def _held(key: str) -> str:
    return f"held:{key}"


def _followed(key: str) -> deque[tuple[int, float]]:
    """The last epochs at which the slider followed the run by itself, and when."""
    found: deque[tuple[int, float]] = st.session_state.setdefault(f"followed:{key}", deque(maxlen=8))
    return found
