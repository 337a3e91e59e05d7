"""The curves and heat strips of the gradients: series in, chart data and small matrices out; without Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ui.chart_data import ChartData, Trace
from ui.colours import SHARED_COLOUR, TASK_PALETTE
from ui.gradient_series import BREAK, GradientSeries
from ui.line_traces import line
from ui.lines import MOST_BESIDE, Line, Lines
from ui.many_charts import band
from ui.series import RunSeries
from ui.words import t

QUANTITIES = ("norms", "weights", "shares", "similarity", "condition")
"""What the second chart can show."""
MOST_COLUMNS = 40
"""Moments, at most, of a heat strip."""


@dataclass(frozen=True)
class Moments:
    """A quantity of each row at moments of a run.

    Attributes:
        values: (rows, moments), NaN where nothing is known.
        rows: their names.
        steps: of the moments, as words.
    """

    values: NDArray[np.float64]
    rows: list[str]
    steps: list[str]


def cosine_chart(series: RunSeries, total_steps: int | None, run: str) -> ChartData:
    """The cosine of each pair over the steps, with the half in which tasks pull against each other shaded."""
    found = series.gradients.cosine
    return ChartData(
        traces=tuple(pair_traces(found)),
        x_title=t("chart.step"),
        y_title=t("gradients.cosine"),
        x_range=(0, total_steps) if total_steps else None,
        y_range=(-1.05, 1.05),
        below=t("gradients.conflict"),
        empty=t("gradients.soon"),
        view=f"{run}:cosine",
    )


def quantity_chart(
    name: str, series: RunSeries, colours: Mapping[str, str], total_steps: int | None, run: str
) -> ChartData:
    """Lengths, weights, magnitude similarity or condition number over the steps.

    Args:
        name: one of :data:`QUANTITIES`.
        series: of the run.
        colours: per task.
        total_steps: right end of the x axis while nobody has zoomed.
        run: its id.
    """
    gradients = series.gradients
    return ChartData(
        traces=tuple(_traces(name, gradients, colours)),
        x_title=t("chart.step"),
        y_title=t(f"gradients.{name}"),
        y_log=name in ("norms", "condition"),
        from_zero=name in ("weights", "shares", "similarity"),
        x_range=(0, total_steps) if total_steps else None,
        empty=t("gradients.soon"),
        view=f"{run}:{name}",
    )


def _traces(name: str, gradients: GradientSeries, colours: Mapping[str, str]) -> list[Trace]:
    if name == "similarity":
        return pair_traces(gradients.similarity)
    if name == "condition":
        return line(gradients.condition, t("gradients.condition"), TASK_PALETTE[0])
    lines: Lines = getattr(gradients, name)
    if len(lines) > MOST_BESIDE:
        return _spread(lines)
    found = [line(lines.get(task), task, colour) for task, colour in colours.items()]
    return [trace for traces in found for trace in traces]


def pair_traces(lines: Lines) -> list[Trace]:
    """A line for each pair; of more than 8 pairs their mean and where most of them lie."""
    if len(lines) > MOST_BESIDE:
        return _spread(lines)
    found = [line(lines[pair], pair, TASK_PALETTE[i % len(TASK_PALETTE)]) for i, pair in enumerate(lines)]
    return [trace for traces in found for trace in traces]


def _spread(lines: Lines) -> list[Trace]:
    mean = lines.summary.get("mean") if lines.summary else None
    return [*band(lines), *line(mean, t("many.mean", count=len(lines)), SHARED_COLOUR)]


def stage_chart(lines: Lines, pair: str, title: str, highest: float, run: str) -> ChartData:
    """CKA or distance of one pair over the steps, a line a stage; the deeper the stage, the darker.

    Args:
        lines: by ``<stage>\\n<pair>``.
        pair: whose.
        title: of the y axis.
        highest: top of the axis.
        run: its id.
    """
    chosen = [name for name in lines if name.endswith(f"{BREAK}{pair}")]
    traces: list[Trace] = []
    for i, name in enumerate(chosen):
        x, y = lines[name].xy()
        colour = TASK_PALETTE[i % len(TASK_PALETTE)]
        traces.append(Trace(name.split(BREAK)[0], x, y, colour, mode="lines+markers" if len(x) < 40 else "lines"))
    return ChartData(
        traces=tuple(traces),
        x_title=t("chart.step"),
        y_title=title,
        from_zero=True,
        y_range=(0.0, highest),
        empty=t("output.nothing_yet"),
        view=f"{run}:{title}:{pair}",
    )


def newest(lines: Lines, parts: Sequence[str], pairs: Sequence[str]) -> NDArray[np.float64]:
    """(parts, pairs): the newest values; NaN where there is none."""
    latest = lines.latest()
    return np.array([[latest.get(f"{part}{BREAK}{pair}", np.nan) for pair in pairs] for part in parts], dtype=float)


def over_time(lines: Lines, parts: Sequence[str], pair: str) -> Moments:
    """One pair's values, a row a part, a column a moment: the mean of what was measured within it."""
    found = {part: lines[f"{part}{BREAK}{pair}"] for part in parts if f"{part}{BREAK}{pair}" in lines}
    steps = sorted({step for kept in found.values() for step, _ in kept.points()})
    if not steps:
        return Moments(np.zeros((0, 0)), [], [])
    edges = np.array(steps) if len(steps) <= MOST_COLUMNS else np.linspace(steps[0], steps[-1], MOST_COLUMNS)
    rows = [_at_moments(kept, edges) for kept in found.values()]
    return Moments(np.array(rows), list(found), [f"{edge:.0f}" for edge in edges])


def _at_moments(kept: Line, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the points next to each moment; where none lies there, the one before lasts."""
    x, y = (np.array(values) for values in kept.xy())
    place = np.abs(x[:, None] - edges[None, :]).argmin(axis=1)
    counts = np.bincount(place, minlength=len(edges))
    sums = np.bincount(place, weights=y, minlength=len(edges))
    values = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    known = np.maximum.accumulate(np.where(counts > 0, np.arange(len(edges)), -1))
    return np.where(known >= 0, values[np.maximum(known, 0)], np.nan)
