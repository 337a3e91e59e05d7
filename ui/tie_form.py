"""The terms that tie tasks: which of them a run has, how strongly, and the task graph as an editable matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mtl_core.regularizers import REGULARIZERS
from mtl_core.regularizers.base import Regularizer
from mtl_core.spec import RunSpec
from ui import form_state
from ui.fields import choice_name, field_widget, show_problem
from ui.sliders import gamma_slider
from ui.words import t, t_or

MOST_DRAWN = 16
"""Tasks, at most, whose graph can be drawn by hand."""
MATRIX = "adjacency"


def terms_section(*, strengths: bool) -> None:
    """The chooser of terms, and what each needs.

    Args:
        strengths: whether γ is shown; beside a run its own γ are steered instead.
    """
    spec = form_state.current().spec
    if len(spec.tasks) < 2:
        st.caption(f":material/link_off: {t('sliders.nothing_to_tie')}")
        return
    _chooser(spec)
    heads_only = not spec.layout().tied(heads=False)
    for index, term in enumerate(spec.regularizers):
        path = f"regularizers.{index}"
        if heads_only and not spec.layout().tied(heads=term.ties_heads):
            st.caption(f":material/link_off: {t('ties.nothing', name=term_name(term))}")
        if strengths:
            gamma_slider(f"{path}.strength", term.strength, form_state.changed, label=gamma_label(spec, index))
            show_problem(f"{path}.strength")
        _own_fields(spec, index, term)


def term_name(term: Regularizer) -> str:
    """Display name of a term."""
    return choice_name("regularizer", term.name)


def gamma_label(spec: RunSpec, index: int) -> str:
    """What stands at the slider of a term's γ: its name too, where there are several."""
    if len(spec.regularizers) == 1 and spec.regularizers[0].name == "l2_distance":
        return t("sliders.gamma")
    return f"γ · {term_name(spec.regularizers[index])}"


def _chooser(spec: RunSpec) -> None:
    names = {name: choice_name("regularizer", name) for name in REGULARIZERS}
    chosen = [term.name for term in spec.regularizers]
    call = form_state.widget("regularizers", list(dict.fromkeys(chosen)), "default")
    call |= {"on_change": _terms_changed, "args": (call["key"],), "help": t("ties.help"), "wrap": True}
    st.pills(t("ties.terms"), list(names), selection_mode="multi", format_func=names.__getitem__, **call)
    for name in dict.fromkeys(chosen):
        st.caption(t_or(f"ties.{name}", (REGULARIZERS[name].__doc__ or "").split("\n")[0]))


def _terms_changed(key: str) -> None:
    """Callback: keep the terms that stay as they are, add the new ones with their defaults."""
    before = {term.name: term.model_dump(mode="json") for term in form_state.current().spec.regularizers}
    chosen = [name for name in REGULARIZERS if name in st.session_state[key]]
    form_state.set_value("regularizers", [before.get(name, {"name": name}) for name in chosen])


def _own_fields(spec: RunSpec, index: int, term: Regularizer) -> None:
    for name, field in type(term).model_fields.items():
        if name == MATRIX:
            _matrix(spec, index, term)
        elif name not in ("name", "strength"):
            field_widget(f"regularizers.{index}.{name}", field)


def _matrix(spec: RunSpec, index: int, term: Regularizer) -> None:
    """The task graph as a matrix that can be edited: an entry is the weight of the edge between two tasks."""
    if getattr(term, "shape", "") != "matrix":
        return
    if len(spec.tasks) > MOST_DRAWN:
        st.caption(f":material/info: {t('ties.too_many', most=MOST_DRAWN)}")
        return
    import pandas as pd

    weights: Mapping[str, Mapping[str, float]] = getattr(term, MATRIX)
    rows = [[_edge(weights, a, b) for b in spec.tasks] for a in spec.tasks]
    frame = pd.DataFrame(rows, index=spec.tasks, columns=spec.tasks)
    path = f"regularizers.{index}.{MATRIX}"
    key = f"form:{path}:{hash(str(weights)) & 0xFFFFFFFF:x}"
    call: dict[str, Any] = {"key": key, "on_change": _matrix_changed, "args": (key, path, list(spec.tasks), rows)}
    st.caption(t("ties.matrix"))
    st.data_editor(frame, **call)
    show_problem(path)


def _edge(weights: Mapping[str, Mapping[str, float]], a: str, b: str) -> float:
    return float(weights.get(a, {}).get(b, weights.get(b, {}).get(a, 0.0)))


def _matrix_changed(key: str, path: str, tasks: list[str], rows: list[list[float]]) -> None:
    """Callback: an edge has no direction, so an edited entry counts for both its places; the diagonal stays empty."""
    edited = st.session_state[key].get("edited_rows", {})
    for row, cells in edited.items():
        for column, value in cells.items():
            a, b = int(row), tasks.index(column)
            rows[a][b] = rows[b][a] = float(value or 0.0)
    graph = {
        task: {other: rows[i][j] for j, other in enumerate(tasks) if j > i and rows[i][j] != 0}
        for i, task in enumerate(tasks)
    }
    form_state.set_value(path, {task: edges for task, edges in graph.items() if edges})
