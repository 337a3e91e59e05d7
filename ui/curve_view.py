"""Sharing helps where data are few: each network over the number of its training rows, as one picture a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from mtl_core.runs.groups import get_group
from mtl_core.spec import parse_spec
from mtl_core.sweeps.summary import Summary
from mtl_core.sweeps.verdict import Answer, ArmAnswer
from ui import hub
from ui.colours import SHARED_COLOUR
from ui.metric_text import formatted, metric_name
from ui.sharing_view import answer_of, arm_name, percent
from ui.spec_form import colours_of
from ui.words import t

if TYPE_CHECKING:
    import plotly.graph_objects as go

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MOST_TASKS = 6


def show(found: Summary, opener: Any) -> None:
    """The curves as far as they are known.

    Args:
        found: the group.
        opener: callback that opens a run in the Playground.
    """
    answer = answer_of(found)
    colours = colours_of(parse_spec(get_group(hub.store(), found.group).spec))
    tasks = [task.task for task in answer.arms[0].test.tasks][:MOST_TASKS]
    if not any(arm.finished for arm in answer.arms):
        st.caption(t("output.nothing_yet"))
        return
    with st.grid(min(2, len(tasks)), min_column_width=320):
        for task in tasks:
            figure = curve_figure(answer, task, colours)
            key = f"curve:{task}:{found.group}"
            st.plotly_chart(figure, key=key, config={"displaylogo": False}, alt=_alt(answer, task))
    _table(answer)
    st.caption(t("sharing.curve_honest"))


def networks(answer: Answer) -> dict[str, list[ArmAnswer]]:
    """The arms of each network, fewest rows first; the tasks alone come first."""
    found: dict[str, list[ArmAnswer]] = {}
    for arm in sorted(answer.arms, key=lambda arm: (not arm.is_baseline, arm.train_rows or 0)):
        found.setdefault(arm_name(arm), []).append(arm)
    return found


def curve_figure(answer: Answer, task: str, colours: Mapping[str, str]) -> go.Figure:
    """The test metric of one task over the training rows, with its interval; the task alone in grey."""
    import plotly.graph_objects as go

    figure = go.Figure()
    metric = next(one.metric for one in answer.arms[0].test.tasks if one.task == task)
    for i, (name, arms) in enumerate(networks(answer).items()):
        points = [(arm, next(one for one in arm.test.tasks if one.task == task)) for arm in arms if arm.finished]
        points = [(arm, one) for arm, one in points if one.value.mean is not None]
        colour = SHARED_COLOUR if arms[0].is_baseline else colours[task]
        half = [one.value.half_width or 0.0 for _, one in points]
        figure.add_trace(
            go.Scatter(
                x=[arm.train_rows for arm, _ in points],
                y=[one.value.mean for _, one in points],
                error_y={"type": "data", "array": half, "thickness": 1.2, "width": 3},
                mode="lines+markers",
                name=name,
                line={"color": colour, "dash": DASHES[max(0, i - 1) % len(DASHES)]},
                hovertemplate="%{x} · %{y:.4g}<extra>" + name + "</extra>",
            )
        )
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": {"text": t("sharing.train_rows")}, "type": "log", "automargin": True},
        yaxis={"title": {"text": f"{task} · {metric_name(metric)}"}, "automargin": True},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    return figure


def _table(answer: Answer) -> None:
    import pandas as pd

    rows = []
    for name, arms in networks(answer).items():
        for arm in arms:
            row: dict[str, Any] = {t("evaluation.arm"): name, t("sharing.train_rows"): f"{arm.train_rows or 0:,}"}
            for task in arm.test.tasks[:MOST_TASKS]:
                row[f"{task.task} · {metric_name(task.metric)}"] = formatted(task.metric, task.value.mean)
            rows.append(row | {"Δm": "–" if arm.is_baseline else percent(arm.test.delta_m)})
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _alt(answer: Answer, task: str) -> str:
    said = []
    for name, arms in networks(answer).items():
        for arm in arms:
            one = next(one for one in arm.test.tasks if one.task == task)
            said.append(f"{name}, {arm.train_rows}: {formatted(one.metric, one.value.mean)}")
    return "; ".join(said)
