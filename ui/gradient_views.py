"""The gradients of a run, live: their angle, their lengths, the weights, and where in the network they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import streamlit as st

from ui import column_views, gradient_control
from ui.gradient_arrows import arrows_of, arrows_picture
from ui.gradient_charts import QUANTITIES, cosine_chart, newest, over_time, quantity_chart
from ui.gradient_series import GradientSeries, split_names
from ui.gradient_tiles import fates, gradient_tiles
from ui.hub import RunView
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.words import t

KIND = "gradients"
HEIGHT = 260
MOST_IN_FAN = 8
MOST_PAIRS_BESIDE = 12
"""Pairs, at most, that stand beside each other in the picture of the layers."""
QUANTITY, PAIR = "gradients_quantity", "gradients_pair"


def offered(view: RunView) -> tuple[str, ...]:
    """The views of gradients and of columns that a run has, or could have: none with one task."""
    told = len(view.record.spec["tasks"]) > 1 or bool(view.series.gradients.latest)
    return (*((KIND,) if told else ()), *column_views.offered(view))


def show(view: RunView, colours: Mapping[str, str]) -> None:
    """Draw the view.

    Args:
        view: of the run.
        colours: per task of the run.
    """
    found = view.series.gradients
    if not found.latest:
        _nothing(view)
        return
    gradient_control.control(view)
    _now(found, colours)
    run, total = view.record.id, view.total_steps
    if len(found.cosine):
        chart = cosine_chart(view.series, total, run)
        live_chart(chart, key="gradient_cosine", height=HEIGHT, text_alternative=t("gradients.cosine"))
    _quantity(view, colours)
    if len(found.layers):
        _layers(found, run)


def _nothing(view: RunView) -> None:
    """Why there is nothing to see, and what can be seen instead."""
    why = reason(view)
    st.info(t(f"gradients.why_{why}"), icon=":material/info:")
    if why in ("off", "soon", "none"):
        gradient_control.control(view)
    elif why == "apart" and column_views.offered(view):
        column_views.show(view)
    elif why == "apart" and not view.ended:
        st.caption(t("columns.later"))


def reason(view: RunView) -> str:
    """Why a run has no measurement: ``one``, ``apart``, ``off``, ``soon`` or ``none``."""
    spec = view.spec
    if len(spec.tasks) < 2:
        return "one"
    if not any(part.block.parameters() for part in spec.layout().met()):
        return "apart"
    if int(view.value(gradient_control.PATH, spec.gradients.every)) == 0:
        return "off"
    return "none" if view.ended else "soon"


def _now(found: GradientSeries, colours: Mapping[str, str]) -> None:
    """The newest measurement: arrows, what becomes of each loss, and the numbers."""
    tasks = list(found.latest["tasks"])
    arrows = arrows_of(found.latest) if "cosine" in found.latest else None
    if arrows is None or len(tasks) > MOST_IN_FAN:
        if "cosine" in found.latest:
            _cosines(found)
        gradient_tiles(found)
        return
    earlier = [old for old in map(arrows_of, islice(found.trail, max(0, len(found.trail) - 1))) if old is not None]
    with st.grid("auto", min_column_width=300, gap="medium"):
        with st.container():
            show_markup(arrows_picture(arrows, colours, earlier), key="gradient_arrows")
            show_markup(fates(arrows, found.latest, colours), key="gradient_fates")
            st.caption(t("gradients.arrows_about" if arrows.flat else "gradients.fan_about"))
        with st.container():
            gradient_tiles(found)
            if len(tasks) > 2:
                _cosines(found)


def _cosines(found: GradientSeries) -> None:
    tasks, table = list(found.latest["tasks"]), np.array(found.latest["cosine"], dtype=float)
    call: dict[str, Any] = {"order": "as is", "diverging": True, "limit": 1.0, "label": t("gradients.cosine")}
    st.markdown(f"**{t('gradients.cosine_now', step=f'{found.at:,}')}**")
    show_markup(matrix_picture(table, tasks, tasks, **call), key="gradient_cosines")


def _quantity(view: RunView, colours: Mapping[str, str]) -> None:
    """One of several quantities over the steps."""
    names = [name for name in QUANTITIES if name != "similarity" or len(view.series.gradients.similarity)]
    call: dict[str, Any] = {"key": QUANTITY, "default": names[0], "label_visibility": "collapsed", "wrap": True}
    if st.session_state.get(QUANTITY, names[0]) not in names:
        st.session_state[QUANTITY] = names[0]
    labels = {name: t(f"gradients.{name}") for name in names}
    chosen = st.segmented_control(
        t("gradients.quantity"), names, required=True, format_func=labels.__getitem__, persist_state="session", **call
    )
    chosen = str(chosen or names[0])
    chart = quantity_chart(chosen, view.series, colours, view.total_steps, view.record.id)
    live_chart(chart, key="gradient_quantity", height=HEIGHT, text_alternative=labels[chosen])
    st.caption(t(f"gradients.{chosen}_about"))


def _layers(found: GradientSeries, run: str) -> None:
    """Where in the network the tasks disagree: now, and as it came."""
    parts, pairs = split_names(found.layers)
    st.markdown(f"**{t('gradients.where')}**")
    st.caption(t("gradients.where_about"))
    pair = pairs[0]
    call: dict[str, Any] = {"order": "as is", "diverging": True, "limit": 1.0}
    if len(pairs) > 1:
        if len(pairs) <= MOST_PAIRS_BESIDE:
            table, label = newest(found.layers, parts, pairs), t("gradients.where_now")
            show_markup(matrix_picture(table, parts, pairs, label=label, **call), key="gradient_layers")
        if st.session_state.get(PAIR) not in pairs:
            st.session_state[PAIR] = pairs[0]
        pair = str(st.selectbox(t("gradients.pair"), pairs, key=PAIR))
    moments, label = over_time(found.layers, parts, pair), t("gradients.where_time", pair=pair)
    st.caption(label)
    show_markup(
        matrix_picture(moments.values, moments.rows, moments.steps, label=label, **call), key="gradient_layers_time"
    )
