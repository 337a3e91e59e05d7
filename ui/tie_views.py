"""What ties the tasks, seen: W as a heat map, its singular values and α over time, learned against true correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mtl_core.numerals import typeset
from ui.chart_data import ChartData, Trace
from ui.colours import TASK_PALETTE
from ui.epochs import Arrays
from ui.fields import choice_name
from ui.hub import RunView
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.series import RunSeries, Series
from ui.words import t, t_or

KINDS = ("relations", "task_weights", "spectrum")
HEIGHT = 320
OWN_CHART = ("hierarchical_prior",)
"""Terms whose numbers are a story of their own (α), with a chart each."""


def offered(view: RunView) -> tuple[str, ...]:
    """Views of the ties that a run has: none where nothing of its tasks matches, or two heads alone do."""
    return KINDS if view.spec.heads_tell and any(name.startswith("singular.") for name in view.series.ties) else ()


def show(kind: str, found: Arrays | None, series: RunSeries, tasks: Sequence[str], run: str) -> None:
    """Draw one of the views.

    Args:
        kind: ``relations``, ``task_weights`` or ``spectrum``.
        found: arrays of the preview at the chosen epoch (not for ``spectrum``).
        series: of the run.
        tasks: its tasks.
        run: its id.
    """
    if kind == "spectrum":
        _spectrum(series, run)
    elif found is None or "ties.correlation" not in found:
        st.caption(t("output.nothing_yet"))
    elif kind == "relations":
        _relations(found, tasks)
    else:
        _weights(found, series, tasks)


def _relations(found: Arrays, tasks: Sequence[str]) -> None:
    learned, truth = found["ties.correlation"], found.get("truth.correlation")
    st.caption(t("tie_views.relations_about"))
    pictures = [(t("tie_views.learned"), learned)]
    if truth is not None:
        pictures.append((t("tie_views.true"), truth))
        st.caption(t("tie_views.agreement", value=typeset(agreement(learned, truth), ".3f")))
    with st.grid("auto", min_column_width=280, gap="medium"):
        for i, (label, values) in enumerate(pictures):
            with st.container():
                st.markdown(f"**{label}**")
                call: dict[str, Any] = {"order": "clustered", "diverging": True, "label": label, "limit": 1.0}
                show_markup(matrix_picture(values, tasks, tasks, like=truth, **call), key=f"relations:{i}")


def agreement(learned: NDArray[Any], truth: NDArray[Any]) -> float:
    """Pearson correlation of the entries above the diagonal of two (K, K) matrices; NaN for fewer than 3 of them."""
    upper = np.triu_indices(len(learned), 1)
    if len(upper[0]) < 3:
        return float("nan")
    return float(np.corrcoef(learned[upper], truth[upper])[0, 1])


def _weights(found: Arrays, series: RunSeries, tasks: Sequence[str]) -> None:
    weights = found.get("ties.weights")
    if weights is None:
        st.caption(t("tie_views.too_long"))
        return
    columns = series.started.get("data", {}).get("columns", [])
    names = columns if len(columns) == len(weights) else [str(i + 1) for i in range(len(weights))]
    pictures = [(t("tie_views.learned_w"), weights)]
    if "truth.weights" in found and found["truth.weights"].shape == weights.shape:
        pictures.append((t("tie_views.true_w"), found["truth.weights"]))
    st.caption(t("tie_views.weights_about"))
    for i, (label, values) in enumerate(pictures):
        st.markdown(f"**{label}**")
        _picture(values, names, tasks, label, f"task_weights:{i}", clustered=len(pictures) == 1)


def _picture(
    values: NDArray[Any], rows: Sequence[str], columns: Sequence[str], label: str, key: str, *, clustered: bool
) -> None:
    order = "clustered" if clustered else "as is"
    show_markup(matrix_picture(values, rows, columns, order=order, diverging=True, label=label), key=key)


def _spectrum(series: RunSeries, run: str) -> None:
    st.caption(t("tie_views.spectrum_about"))
    chart = spectrum_chart(series, run)
    live_chart(chart, key="spectrum_chart", height=HEIGHT, text_alternative=t("views.spectrum"))
    for term in OWN_CHART:
        if any(name.startswith(f"{term}.") for name in series.ties):
            title = choice_name("regularizer", term)
            st.markdown(f"**α · {title}**")
            live_chart(term_chart(series, term, run), key=f"term:{term}", height=240, text_alternative=title)


def spectrum_chart(series: RunSeries, run: str) -> ChartData:
    """Singular values of W over the steps, the largest first."""
    lines = []
    for i, (_, line) in enumerate(sorted(_numbered(series), key=lambda item: item[0])):
        x, y = line.xy()
        colour = TASK_PALETTE[i % len(TASK_PALETTE)]
        lines.append(Trace(f"σ{i + 1}", x, y, colour, mode="lines+markers", width=2, opacity=max(0.35, 1 - 0.06 * i)))
    return ChartData(
        traces=tuple(lines),
        x_title=t("chart.step"),
        y_title=t("tie_views.singular"),
        from_zero=True,
        empty=t("chart.no_predictions"),
        view=run,
    )


def _numbered(series: RunSeries) -> list[tuple[int, Series]]:
    return [(int(name.split(".")[1]), line) for name, line in series.ties.items() if name.startswith("singular.")]


def term_chart(series: RunSeries, term: str, run: str) -> ChartData:
    """The numbers that a term tells of itself, over the steps."""
    lines: list[Trace] = []
    for name, line in series.ties.items():
        head, key = name.split(".", 1)
        if head == term:
            x, y = line.xy()
            label = t_or(f"tie_views.{term}_{key}", key.replace("_", " "))
            lines.append(Trace(label, x, y, TASK_PALETTE[len(lines) % len(TASK_PALETTE)], mode="lines+markers"))
    return ChartData(traces=tuple(lines), x_title=t("chart.step"), y_log=True, y_title="α", view=run)
