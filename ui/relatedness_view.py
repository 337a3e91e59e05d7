"""How tasks hang together before anything is trained: their labels and their inputs, per pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mtl_core.errors import MTLError
from mtl_core.execution.relating import found, relating_state, start_relating
from mtl_core.numerals import typeset
from mtl_core.spec import RunSpec
from ui import form_state, shown_run
from ui.fetch_dialog import progress
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.words import t

LIVE_SECONDS = 0.5
MOST_LISTED = 12


def relatedness() -> None:
    """The button, how far the work is, and what came of it."""
    spec = form_state.current().spec
    if len(spec.tasks) < 2:
        st.info(t("relatedness.one_task"), icon=":material/info:")
        return
    state = relating_state(spec)
    if state is not None and state.status == "running":
        st.fragment(_follow, run_every=LIVE_SECONDS)(spec)
        return
    if state is not None and state.status == "failed":
        st.error(state.message, icon=":material/error:")
    label = t("relatedness.again") if state is not None else t("relatedness.start")
    call: dict[str, Any] = {"on_click": _start, "args": (spec,), "icon": ":material/hub:", "key": "relate_now"}
    st.button(label, type="secondary" if state is not None else "primary", **call)
    if state is not None and state.status == "done":
        _show(found(spec))


def _start(spec: RunSpec) -> None:
    try:
        start_relating(spec)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)


def _follow(spec: RunSpec) -> None:
    state = relating_state(spec)
    if state is None or state.status != "running":
        st.rerun()
    progress(state)


def _show(result: dict[str, Any]) -> None:
    tasks = result["tasks"]
    with st.container(horizontal=True, gap="large"):
        for name, diverging in (("labels", True), ("inputs", False)):
            with st.container(width="stretch"):
                st.markdown(f"**{t(f'relatedness.{name}')}**")
                st.caption(t(f"relatedness.{name}_about"))
                values = as_array(result[name])
                if _tells(result, name, values):
                    order = "clustered" if len(tasks) > MOST_LISTED else "as is"
                    label = t(f"relatedness.{name}")
                    markup = matrix_picture(values, tasks, tasks, order=order, diverging=diverging, label=label)
                    show_markup(markup, key=f"relatedness:{name}")
                else:
                    st.caption(f":material/info: {t(f'relatedness.no_{name}')}")
    _pairs(result, tasks)


def _pairs(result: dict[str, Any], tasks: Sequence[str]) -> None:
    """Every pair in words; of many tasks those that are most alike."""
    import pandas as pd

    pairs = [(i, j) for i in range(len(tasks)) for j in range(i + 1, len(tasks))]
    pairs.sort(key=lambda pair: -_closeness(result, *pair))
    rows = [
        {
            t("relatedness.pair"): f"{tasks[i]} – {tasks[j]}",
            t("relatedness.labels"): _number(result, "labels", "label_why", i, j),
            t("relatedness.measure"): t(f"relatedness.{result['measures'][i][j] or 'none'}"),
            t("relatedness.inputs"): _number(result, "inputs", "input_why", i, j),
        }
        for i, j in pairs[:MOST_LISTED]
    ]
    if len(pairs) > MOST_LISTED:
        st.caption(t("relatedness.closest", count=MOST_LISTED, all=len(pairs)))
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _closeness(result: dict[str, Any], i: int, j: int) -> float:
    label, inputs = result["labels"][i][j], result["inputs"][i][j]
    return abs(label) if label is not None else (inputs or 0.0) - 1.0


def _number(result: dict[str, Any], name: str, why: str, i: int, j: int) -> str:
    value = result[name][i][j]
    return t(f"relatedness.why_{result[why][i][j]}") if value is None else typeset(value, ".2f")


def as_array(matrix: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """(K, K) with NaN where there is no number."""
    return np.array([[np.nan if value is None else value for value in row] for row in matrix], dtype=float)


def _tells(result: dict[str, Any], name: str, values: NDArray[np.float64]) -> bool:
    """Whether there is anything to see: a number of two tasks, and not that all have the same rows."""
    apart = ~np.eye(len(values), dtype=bool)
    same = name == "inputs" and bool((np.array(result["input_why"])[apart] == "same_rows").all())
    return bool(np.isfinite(values[apart]).any()) and not same
