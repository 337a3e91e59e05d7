"""A search's history, its front and what mattered: an answer in, Plotly figures out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mtl_core.search.answer import SearchAnswer
from ui.colours import SHARED_COLOUR, TASK_PALETTE
from ui.metric_text import metric_name
from ui.words import t

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 320


def history(answer: SearchAnswer) -> go.Figure:
    """What every finished trial has measured, and the best so far (of one objective)."""
    import plotly.graph_objects as go

    done = [trial for trial in answer.trials if trial.measured]
    (task, metric), lower = answer.objectives[0], answer.lower_is_better[0]
    best, line = None, []
    for trial in done:
        value = trial.measured[0]
        best = value if best is None else min(best, value) if lower else max(best, value)
        line.append(best)
    numbers, text = [trial.number for trial in done], [_told(trial.values) for trial in done]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=numbers,
            y=[trial.measured[0] for trial in done],
            mode="markers",
            name=t("search.trial"),
            text=text,
            hovertemplate="%{y:.4g}<br>%{text}<extra></extra>",
            marker={"color": TASK_PALETTE[0], "opacity": 0.55, "size": 8},
        )
    )
    look = {"color": SHARED_COLOUR, "shape": "hv", "width": 2}
    figure.add_trace(go.Scatter(x=numbers, y=line, mode="lines", name=t("search.best_so_far"), line=look))
    figure.update_layout(**_layout(t("search.number"), f"{task} · {metric_name(metric)}"))
    if metric in ("mse", "mae"):
        figure.update_yaxes(type="log")
    return figure


def front(answer: SearchAnswer) -> go.Figure:
    """The first two objectives of every finished trial; those that no other beats are filled."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for best in (False, True):
        chosen = [trial for trial in answer.trials if trial.measured and trial.best == best]
        figure.add_trace(
            go.Scatter(
                x=[trial.measured[0] for trial in chosen],
                y=[trial.measured[1] for trial in chosen],
                mode="markers",
                name=t("tradeoff.front") if best else t("tradeoff.beaten"),
                text=[_told(trial.values) for trial in chosen],
                hovertemplate="%{x:.4g} · %{y:.4g}<br>%{text}<extra></extra>",
                marker={"color": TASK_PALETTE[0], "opacity": 1.0 if best else 0.3, "size": 11 if best else 8},
            )
        )
    titles = [f"{task} · {metric_name(metric)}" for task, metric in answer.objectives[:2]]
    figure.update_layout(**_layout(*titles))
    return figure


def importances(answer: SearchAnswer, colours: Mapping[str, str]) -> go.Figure:
    """Which fields explain how different the trials came out, a bar a field and objective.

    Args:
        answer: the search.
        colours: per task.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for task, shares in answer.importances.items():
        fields = list(shares)[::-1]
        figure.add_trace(
            go.Bar(
                x=[shares[field] for field in fields],
                y=fields,
                orientation="h",
                name=task,
                marker={"color": colours[task]},
                hovertemplate="%{x:.0%}<extra></extra>",
            )
        )
    bars = len(answer.fields) * len(answer.importances)
    figure.update_layout(**_layout(t("search.share"), "") | {"height": 90 + 26 * bars}, barmode="group")
    figure.update_xaxes(tickformat=".0%")
    return figure


def _told(values: object) -> str:
    assert isinstance(values, dict)
    return "<br>".join(
        f"{field} {value:.4g}" if isinstance(value, float) else f"{field} {value}" for field, value in values.items()
    )


def _layout(x: str, y: str) -> dict[str, object]:
    return {
        "height": HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "xaxis": {"title": {"text": x}, "automargin": True},
        "yaxis": {"title": {"text": y}, "automargin": True},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    }
