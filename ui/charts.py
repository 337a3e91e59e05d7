"""What a run's charts show: series and preview arrays in, plain chart data out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui import many_charts
from ui.change_marks import change_marks
from ui.chart_data import ChartData, Trace
from ui.colours import SHARED_COLOUR
from ui.line_traces import line
from ui.lines import MOST_BESIDE
from ui.series import RunSeries
from ui.tables import confusion_counts, confusion_table, predicted_classes, sample_table, sentences
from ui.words import t

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
    tasks: int = 0,
) -> ChartData:
    """Loss per task: train as lines, validation dashed, the weighted total in grey; changes as marks.

    Args:
        series: of the run.
        colours: per task, in the order of the legend; of many tasks only those with lines of their own.
        y_log: logarithmic axis.
        total_steps: right end of the x axis while nobody has zoomed.
        task_names: display names.
        view: the run's id; a zoom is kept for one run.
        tasks: how many the run has; of more than 8 the mean and the spread are drawn.
    """
    names, traces = task_names or {}, []
    if tasks > MOST_BESIDE:
        traces = many_charts.loss_traces(series, colours, names)
    else:
        validation = series.evaluated.get("validation")
        for task, colour in colours.items():
            shown, held = names.get(task, task), validation.get(task) if validation else None
            traces += line(series.train.get(task), t("chart.train", task=shown), colour)
            traces += line(held, t("chart.validation", task=shown), colour, dash="dash")
        traces += line(series.total, t("chart.total"), SHARED_COLOUR, dash="dot")
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
    """What multiplied each task's loss, over the steps; of more than 8 tasks the mean and the spread."""
    names = task_names or {}
    if len(colours) > MOST_BESIDE:
        traces = many_charts.weight_traces(series.weights)
    else:
        lines = [line(series.weights.get(task), names.get(task, task), colour) for task, colour in colours.items()]
        traces = [trace for found in lines for trace in found]
    return ChartData(
        traces=tuple(traces),
        x_title=t("chart.step"),
        y_title=t("chart.weight"),
        from_zero=True,
        marks=change_marks(series.changes, colours, names),
        empty=t("chart.no_points"),
        x_range=(0, total_steps) if total_steps else None,
        view=view,
    )


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


def _with_unit(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title
