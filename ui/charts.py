"""What a run's charts show: series and preview arrays in, plain chart data, tables and frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl_core.tasks import Task
from ui.chart_data import ChartData, Dash, Mark, Trace
from ui.colours import SHARED_COLOUR
from ui.series import Change, RunSeries, Series
from ui.words import t, t_or

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
    return f"{what} {_short(change.old)} → {_short(change.new)}"


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
    points = Trace(name or t("chart.samples"), x.tolist(), y.tolist(), colour, "markers", width=6, opacity=0.55, legend=False)
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


def predicted_classes(task: Task, predicted: NDArray[Any]) -> NDArray[np.int64]:
    """Class indices of a prediction: of a binary task the probability of class 1, cut at 0.5."""
    return (predicted >= 0.5).astype(np.int64) if task.kind == "binary" else predicted.astype(np.int64)


def confusion_counts(truth: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """(classes, classes) counts: rows the truth, columns the prediction.

    Raises:
        ValueError: if the lengths differ or a class index is outside 0..classes − 1.
    """
    if len(truth) != len(predicted):
        raise ValueError(f"truth and prediction must be equally long, got {len(truth)} and {len(predicted)}")
    both = np.stack([truth, predicted]).astype(np.int64)
    if both.size and (both.min() < 0 or both.max() >= classes):
        raise ValueError(f"class indices must lie in 0..{classes - 1}, got {both.min()}..{both.max()}")
    return np.bincount(both[0] * classes + both[1], minlength=classes**2).reshape(classes, classes)


def confusion_table(counts: NDArray[np.int64], classes: Sequence[str], colour: str, caption: str) -> str:
    """The counts as an HTML table for :func:`ui.markup.show_markup`: a cell is as full as its share of its row.

    Args:
        counts: from :func:`confusion_counts`.
        classes: class names.
        colour: of the task.
        caption: what the table is, for screen readers.
    """
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in classes)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_cell(int(n), float(p), colour, i == j) for j, (n, p) in enumerate(zip(counts[i], share[i], strict=True)))
        + "</tr>"
        for i, name in enumerate(classes)
    )
    corner = f'<th class="corner">{escape(t("chart.true"))} ↓&ensp;{escape(t("chart.predicted"))} →</th>'
    return (
        f'<div class="scroll"><table class="confusion"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def sample_table(
    tasks: Sequence[Task],
    arrays: Mapping[str, NDArray[Any]],
    *,
    rows: int = 5,
    task_names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The first samples of a preview: row number, then true and predicted value of each task but masks.

    Args:
        tasks: of the run.
        arrays: ``rows``, ``target.<task>`` and ``prediction.<task>`` of a preview.
        rows: how many.
        task_names: display names.
    """
    names = task_names or {}
    shown = [task for task in tasks if task.kind != "segmentation" and f"prediction.{task.name}" in arrays]
    numbers = arrays.get("rows")
    count = min([rows, *(len(arrays[f"prediction.{task.name}"]) for task in shown)]) if shown else 0
    columns: dict[str, list[Any]] = {
        t("chart.row"): [int(numbers[i]) if numbers is not None and i < len(numbers) else i for i in range(count)]
    }
    for task in shown:
        name = names.get(task.name, task.name)
        truth, predicted = arrays[f"target.{task.name}"][:count], arrays[f"prediction.{task.name}"][:count]
        columns[t("chart.column_true", task=name)] = [_true_text(task, value) for value in truth]
        columns[t("chart.column_predicted", task=name)] = [_predicted_text(task, value) for value in predicted]
    return pd.DataFrame(columns)


def is_ordinal(truth: NDArray[Any]) -> bool:
    """Whether the values are whole numbers, and few of them."""
    values = truth.astype(float)
    whole = bool(len(values)) and bool(np.all(np.isfinite(values))) and bool(np.all(values == np.round(values)))
    return whole and len(np.unique(values)) <= MAX_ORDINAL_VALUES


def jitter(index: NDArray[np.int64]) -> NDArray[np.float64]:
    """A fixed sideways shift per sample within ±:data:`JITTER`: the additive sequence of the golden ratio."""
    return ((index * GOLDEN_RATIO) % 1.0 - 0.5) * 2 * JITTER


def evenly(count: int, limit: int) -> NDArray[np.int64]:
    """At most ``limit`` of ``count`` indices, evenly spread and always the same ones."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(np.int64)) if count else np.arange(0)


def _line(series: Series | None, name: str, colour: str, *, dash: Dash = "solid") -> list[Trace]:
    if series is None or series.last is None:
        return []
    x, y = series.xy()
    width, opacity = {"solid": (1.6, 0.75), "dash": (2.6, 1.0), "dot": (1.5, 0.9)}[dash]
    return [Trace(name, x, y, colour, dash=dash, width=width, opacity=opacity)]


def _cell(count: int, share: float, colour: str, diagonal: bool) -> str:
    fill = f"background:color-mix(in srgb,{colour} {round(60 * share)}%,transparent)" if count else ""
    classes = ("diagonal " if diagonal else "") + ("" if count else "none")
    return f'<td class="{classes.strip()}" style="{fill}" title="{share:.0%}">{count}</td>'


def _task_of(change: Change) -> str:
    prefix = "weighting.lambdas."
    return change.field.removeprefix(prefix) if change.field.startswith(prefix) else ""


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _with_unit(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title


def _true_text(task: Task, value: Any) -> str:
    return _short(float(value)) if task.kind == "regression" else task.classes[int(value)]


def _predicted_text(task: Task, value: Any) -> str:
    if task.kind == "regression":
        return f"{float(value):.2f}"
    if task.kind == "binary":
        return f"{task.classes[int(value >= 0.5)]} ({float(value):.2f})"
    return task.classes[int(value)]
