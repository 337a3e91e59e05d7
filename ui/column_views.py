"""How alike the tasks' own columns are: linear CKA of what each stage gives, and the distance of its parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.gradient_charts import over_time, stage_chart
from ui.gradient_series import BREAK, ColumnSeries, pair_name, pairs_of, split_names
from ui.hub import RunView
from ui.lines import Lines
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.words import t

KIND = "columns"
HEIGHT = 260
MEASURES = {"cka": 1.0, "distance": 2.0}
"""What is measured, and the top of its scale."""
MEASURE, PAIR = "columns_measure", "columns_pair"


def offered(view: RunView) -> tuple[str, ...]:
    """The view of the columns, where evaluations told of them."""
    return (KIND,) if view.series.columns.stages else ()


def show(view: RunView) -> None:
    """Draw the view: a curve a stage, the stages as a strip, and of more than two tasks a matrix a stage."""
    found = view.series.columns
    labels = {name: t(f"columns.{name}") for name in MEASURES}
    call: dict[str, Any] = {
        "key": MEASURE,
        "default": "cka",
        "label_visibility": "collapsed",
        "required": True,
        "wrap": True,
    }
    measure = str(st.segmented_control(t("columns.measure"), list(labels), format_func=labels.__getitem__, **call))
    about = t("columns.cka_about", rows=f"{found.rows:,}") if measure == "cka" else t("columns.distance_about")
    st.caption(about)
    lines: Lines = getattr(found, measure)
    stages, pairs = split_names(lines)
    pair = _pair(pairs)
    title, run = labels[measure], view.record.id
    chart = stage_chart(lines, pair, title, 1.02 * MEASURES[measure], run)
    live_chart(chart, key="columns_chart", height=HEIGHT, text_alternative=title)
    _strip(lines, stages, pair)
    if len(pairs) > 1:
        _matrices(found, measure)


def _pair(pairs: list[str]) -> str:
    if len(pairs) == 1:
        return pairs[0]
    if st.session_state.get(PAIR) not in pairs:
        st.session_state[PAIR] = pairs[0]
    return str(st.selectbox(t("gradients.pair"), pairs, key=PAIR))


def _strip(lines: Lines, stages: list[str], pair: str) -> None:
    """Stages by evaluations: where columns come together, and where they part."""
    moments, label = over_time(lines, stages, pair), t("columns.strip", pair=pair)
    st.caption(label)
    call: dict[str, Any] = {"order": "as is", "diverging": False, "label": label}
    show_markup(matrix_picture(moments.values, moments.rows, moments.steps, **call), key="columns_strip")


def _matrices(found: ColumnSeries, measure: str) -> None:
    """A matrix over the tasks for each stage, as it is now."""
    st.caption(t("columns.now"))
    call: dict[str, Any] = {"order": "as is", "diverging": False}
    with st.grid("auto", min_column_width=230, gap="medium"):
        for i, (stage, tasks) in enumerate(found.stages.items()):
            with st.container():
                st.markdown(f"**{stage}**")
                table = square(getattr(found, measure), stage, tasks, 1.0 if measure == "cka" else 0.0)
                show_markup(matrix_picture(table, tasks, tasks, label=stage, **call), key=f"columns:{i}")


def square(lines: Lines, stage: str, tasks: list[str], diagonal: float) -> NDArray[np.float64]:
    """(K, K): the newest values of one stage, symmetric, with this diagonal."""
    table = np.full((len(tasks), len(tasks)), np.nan)
    np.fill_diagonal(table, diagonal)
    latest = lines.latest()
    for a, b in pairs_of(tasks):
        i, j = tasks.index(a), tasks.index(b)
        table[i, j] = table[j, i] = latest.get(f"{stage}{BREAK}{pair_name(a, b)}", np.nan)
    return table
