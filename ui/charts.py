"""What a run's charts show: series and preview arrays in, plain chart data out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.chart_data import ChartData, Dash, Mark, Trace, short
from ui.colours import SHARED_COLOUR
from ui.series import Change, RunSeries, Series
from ui.tables import confusion_counts, confusion_table, predicted_classes, sample_table, sentences
from ui.words import t, t_or

__all__ = [
    "change_marks",
    "confusion_counts",
    "confusion_table",
    "loss_chart",
    "predicted_classes",
    "prediction_scatter",
    "residual_histogram",
    "sample_table",
    "sentences",
    "weights_chart",
]

MAX_SCATTER_POINTS = 500
MAX_ORDINAL_VALUES = 20
JITTER = 0.18
GOLDEN_RATIO = 0.6180339887498949


def loss_chart(
    series: RunSeries,
    colours: Mapping[str, str],
    *,
    y_log: bool = False,
    total_steps: int | None = None,
    task_names: Mapping[str, str] | None = None,
    view: str = "",
) -> ChartData:
    """Loss per task: train as lines, validation dashed, the weighted total in grey; changes as marks.

    Args:
        series: of the run.
        colours: per task, in the order of the legend.
        y_log: logarithmic axis.
        total_steps: right end of the x axis while nobody has zoomed.
        task_names: display names.
        view: the run's id; a zoom is kept for one run.
    """
    names = task_names or {}
    traces: list[Trace] = []
    for task, colour in colours.items():
        shown = names.get(task, task)
        held = series.evaluated.get("validation", {}).get(task)
        traces += _line(series.train.get(task), t("chart.train", task=shown), colour)
        traces += _line(held, t("chart.validation", task=shown), colour, dash="dash")
    traces += _line(series.total, t("chart.total"), SHARED_COLOUR, dash="dot")
    return ChartData(
        traces=tuple(traces),
        x_title=t("chart.step"),
        y_title=t("chart.loss"),
        y_log=y_log,
        marks=change_marks(series.changes, colours, names),
        empty=t("chart.no_points"),
        x_range=(0, total_steps) if total_steps else None,
        view=view,
    )


def weights_chart(
    series: RunSeries,
    colours: Mapping[str, str],
    *,
    total_steps: int | None = None,
    task_names: Mapping[str, str] | None = None,
    view: str = "",
) -> ChartData:
    """What multiplied each task's loss, over the steps."""
    names = task_names or {}
    lines = [_line(series.weights.get(task), names.get(task, task), colour) for task, colour in colours.items()]
    return ChartData(
        traces=tuple(trace for line in lines for trace in line),
        x_title=t("chart.step"),
        y_title=t("chart.weight"),
        from_zero=True,
        marks=change_marks(series.changes, colours, names),
        empty=t("chart.no_points"),
        x_range=(0, total_steps) if total_steps else None,
        view=view,
    )


def change_marks(
    changes: Sequence[Change], colours: Mapping[str, str], task_names: Mapping[str, str] | None = None
) -> tuple[Mark, ...]:
    """A mark for each change; of several at one step and field (a dragged slider) the last."""
    latest = {(change.step, change.field): change for change in changes}
    return tuple(
        Mark(change.step, change_label(change, task_names or {}), colours.get(_task_of(change), SHARED_COLOUR))
        for change in latest.values()
    )


def change_label(change: Change, task_names: Mapping[str, str]) -> str:
    """A change in a few characters, e.g. ``λ quality 0.5 → 2``."""
    task = _task_of(change)
    if task:
        what = f"λ {task_names.get(task, task)}"
    elif change.field.startswith("regularizers."):
        what = "γ"
    else:
        what = t_or(f"chart.field_{change.field.replace('.', '_')}", change.field)
    return f"{what} {short(change.old)} → {short(change.new)}"


def prediction_scatter(
    truth: NDArray[Any], predicted: NDArray[Any], colour: str, *, name: str = "", unit: str = "", view: str = ""
) -> ChartData:
    """Predicted against true, with the ideal line.

    Whole-numbered truth of few values is spread sideways by at most ±0.18 so that points do not hide
    each other; the spread is a fixed sequence, so a point stands still while its prediction moves.

    Args:
        truth: (n,) true values.
        predicted: (n,) predicted values.
        colour: of the task.
        name: of the task.
        unit: of its target, for the axes.
        view: the run's id.
    """
    keep = evenly(len(truth), MAX_SCATTER_POINTS)
    x, y = truth[keep].astype(float), predicted[keep].astype(float)
    if is_ordinal(truth):
        x = x + jitter(keep)
    points = Trace(
        name or t("chart.samples"), x.tolist(), y.tolist(), colour, "markers", width=6, opacity=0.55, legend=False
    )
    return ChartData(
        traces=(points,) if len(keep) else (),
        x_title=_with_unit(t("chart.true"), unit),
        y_title=_with_unit(t("chart.predicted"), unit),
        ideal=t("chart.ideal"),
        empty=t("chart.no_predictions"),
        view=view,
    )


def residual_histogram(
    truth: NDArray[Any], predicted: NDArray[Any], colour: str, *, unit: str = "", view: str = ""
) -> ChartData:
    """How often each size of error, predicted − true, occurs; the bins are symmetric about 0."""
    errors = predicted.astype(float) - truth.astype(float)
    errors = errors[np.isfinite(errors)]
    traces: tuple[Trace, ...] = ()
    if len(errors):
        reach = float(np.abs(errors).max()) or 1.0
        bins = int(np.clip(np.sqrt(len(errors)), 7, 31)) // 2 * 2 + 1
        counts, edges = np.histogram(errors, bins=bins, range=(-reach, reach))
        centres = (edges[:-1] + edges[1:]) / 2
        traces = (Trace(t("chart.count"), centres.tolist(), counts.tolist(), colour, "bars", opacity=0.8),)
    return ChartData(
        traces=traces,
        x_title=_with_unit(t("chart.residual"), unit),
        y_title=t("chart.count"),
        zero_line=True,
        empty=t("chart.no_predictions"),
        view=view,
    )


def is_ordinal(truth: NDArray[Any]) -> bool:
    """Whether the values are whole numbers, and few of them."""
    values = truth.astype(float)
    whole = bool(len(values)) and bool(np.all(np.isfinite(values))) and bool(np.all(values == np.round(values)))
    return whole and len(np.unique(values)) <= MAX_ORDINAL_VALUES


def jitter(index: NDArray[np.int64]) -> NDArray[np.float64]:
    """A fixed sideways shift per sample within ±:data:`JITTER`: the additive sequence of the golden ratio."""
    spread = ((index * GOLDEN_RATIO) % 1.0 - 0.5) * 2 * JITTER
    return spread.astype(np.float64)


def evenly(count: int, limit: int) -> NDArray[np.int64]:
    """At most ``limit`` of ``count`` indices, evenly spread and always the same ones."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(np.int64)) if count else np.arange(0)


def _line(series: Series | None, name: str, colour: str, *, dash: Dash = "solid") -> list[Trace]:
    if series is None or series.last is None:
        return []
    x, y = series.xy()
    width, opacity = {"solid": (1.6, 0.75), "dash": (2.6, 1.0), "dot": (1.5, 0.9)}[dash]
    return [Trace(name, x, y, colour, dash=dash, width=width, opacity=opacity)]


def _task_of(change: Change) -> str:
    prefix = "weighting.lambdas."
    return change.field.removeprefix(prefix) if change.field.startswith(prefix) else ""


def _with_unit(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title
