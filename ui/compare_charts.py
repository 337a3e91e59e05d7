"""Curves of several runs in one chart: views in, plain chart data out."""

from __future__ import annotations

from collections.abc import Sequence

from ui.chart_data import ChartData
from ui.colours import CLASS_PALETTE
from ui.hub import RunView
from ui.line_traces import line
from ui.metric_text import metric_name
from ui.words import t

LOSS = "loss"
COLOURS = tuple(CLASS_PALETTE[i] for i in (0, 6, 4, 2, 8, 5, 9, 10))
"""One a run: the colours of tasks mean tasks everywhere else, so these are others."""
MOST = len(COLOURS)


def shared_tasks(views: Sequence[RunView]) -> list[str]:
    """The tasks of all runs, in the order of first use."""
    return list(dict.fromkeys(task for view in views for task in view.record.spec["tasks"]))


def measures(views: Sequence[RunView], split: str) -> list[str]:
    """What can be drawn over the steps: the loss, and every metric that some run measures on the split."""
    found = [LOSS]
    for view in views:
        for metrics in (view.series.metrics.get(split) or {}).values():
            found += metrics
    return list(dict.fromkeys(found))


def curves(views: Sequence[RunView], names: Sequence[str], task: str, measure: str, split: str) -> ChartData:
    """One task's loss or metric in every run that has the task.

    Args:
        views: of the runs.
        names: one a run, each once.
        task: its name.
        measure: ``loss`` or a metric.
        split: ``train`` or ``validation``.
    """
    traces = []
    for view, name, colour in zip(views, names, COLOURS, strict=False):
        if measure == LOSS:
            lines = view.series.evaluated.get(split)
            series = lines.get(task) if lines else None
        else:
            by_task = view.series.metrics.get(split)
            measured = by_task.get(task) if by_task else None
            series = measured.get(measure) if measured else None
        traces += line(series, name, colour)
    title = t("chart.loss") if measure == LOSS else metric_name(measure)
    return ChartData(
        traces=tuple(traces),
        x_title=t("chart.step"),
        y_title=f"{task} · {title}",
        y_log=measure in (LOSS, "mse", "mae"),
        empty=t("chart.no_points"),
        view=" ".join(view.record.id for view in views),
    )
