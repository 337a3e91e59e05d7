"""Small multiples: a small curve for each of many tasks, on one scale, the worst first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from mtl_core.tasks import Task
from ui.hub import RunView
from ui.lines import Line, Lines, Point
from ui.markup import show_markup
from ui.metric_text import formatted, metric_name
from ui.ranking import Ranked, ranked, singled
from ui.words import t

WIDTH, HEIGHT = 84, 34
"""Of one curve, in the units of its drawing."""
MOST_POINTS = 24
FAR_OUT = 0.01
"""Share of the points, at each end, that are drawn at the edge."""
QUIET = "currentColor"


def show_multiples(view: RunView, tasks: Sequence[Task], split: str, *, y_log: bool = False) -> None:
    """The grid with the loss of each task on a split, and what it shows in words.

    Args:
        view: of the run.
        tasks: of the run.
        split: whose losses are drawn.
        y_log: logarithmic losses.
    """
    lines = view.series.evaluated.get(split)
    if not lines:
        st.caption(t("output.nothing_yet"))
        return
    order = ranked(view, tasks, split)
    st.caption(t("multiples.about", metric=metric_name(order.metric), split=t(f"split.{split}")))
    markup = multiples(lines, order, singled(view, order), total_steps=view.total_steps, y_log=y_log)
    show_markup(markup, key="multiples")


def multiples(
    lines: Lines, order: Ranked, colours: Mapping[str, str], *, total_steps: int | None = None, y_log: bool = False
) -> str:
    """The grid as HTML for :func:`ui.markup.show_markup`, about 250 bytes a task.

    Args:
        lines: loss per task.
        order: the tasks, worst first, and the value under each curve.
        colours: of the tasks that are singled out.
        total_steps: right end of all curves.
        y_log: logarithmic losses.
    """
    points = {task: thinned(lines[task]) for task in order.values if task in lines}
    summary = lines.summary.get("mean") if lines.summary else None
    mean = thinned(summary) if summary is not None else []
    frame = _frame([*points.values(), mean], total_steps, y_log)
    shared = f'<svg width="0" height="0" aria-hidden="true"><path id="mean" d="{_path(mean, frame)}"/></svg>'
    cells = "".join(_cell(task, found, order, colours.get(task, QUIET), frame) for task, found in points.items())
    return f'<div class="multiples">{shared}{cells}</div>'


def thinned(found: Line) -> list[Point]:
    """At most 24 points of a line, evenly taken, the last one with them."""
    points = found.points()
    step = max(1, -(-len(points) // MOST_POINTS))
    return points[::-1][::step][::-1]


def _frame(curves: Sequence[Sequence[Point]], total_steps: int | None, y_log: bool) -> tuple[float, float, float, bool]:
    """(last x, lowest y, highest y, logarithmic) of all curves; a few that lie far out do not press the rest."""
    ys = [_height(y, y_log) for points in curves for _, y in points]
    known = [y for y in ys if math.isfinite(y)] or [0.0]
    low, high = np.quantile(known, [FAR_OUT, 1 - FAR_OUT])
    last = max((x for points in curves for x, _ in points), default=1.0)
    return max(last, total_steps or 0), float(low), float(high), y_log


def _height(y: float, y_log: bool) -> float:
    if not y_log:
        return y
    return math.log10(y) if y > 0 else math.nan


def _path(points: Sequence[Point], frame: tuple[float, float, float, bool]) -> str:
    last, low, high, y_log = frame
    drawn = []
    for x, y in points:
        share = (_height(y, y_log) - low) / ((high - low) or 1.0)
        if math.isfinite(share):
            share = min(1.0, max(0.0, share))
            drawn.append(f"{round(x / (last or 1) * WIDTH)} {round((1 - share) * (HEIGHT - 4) + 2)}")
    if len(drawn) == 1:  # a line of no length shows as a dot
        drawn *= 2
    return f"M{'L'.join(drawn)}" if drawn else ""


def _cell(
    task: str, points: Sequence[Point], order: Ranked, colour: str, frame: tuple[float, float, float, bool]
) -> str:
    value = formatted(order.metric, order.values[task])
    name, look = escape(task), "" if colour == QUIET else f' style="color:{colour}"'
    title = escape(f"{task}: {metric_name(order.metric)} {value}")
    return (
        f'<div title="{title}"{look}><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<use href="#mean"/><path d="{_path(points, frame)}"/></svg><b>{name}</b><i>{value}</i></div>'
    )
