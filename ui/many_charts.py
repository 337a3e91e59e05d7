"""The curves of more tasks than fit beside each other: their mean, their spread, and a few by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ui.chart_data import Dash, Trace
from ui.colours import SHARED_COLOUR, TASK_PALETTE
from ui.line_traces import line
from ui.series import Lines, RunSeries
from ui.words import t

MEAN_WIDTH = 3.2
BAND_OPACITY = 0.35
SOLID: Dash = "solid"
DASHED: Dash = "dash"
UPPER, LOWER = TASK_PALETTE[0], TASK_PALETTE[3]


def loss_traces(series: RunSeries, singled: Mapping[str, str], names: Mapping[str, str]) -> list[Trace]:
    """A band of most tasks, mean and median of all, and the singled-out tasks by name; at most 400 points each.

    All but the mean on the training part is drawn on the validation part, where there is one. The weighted total is
    left out: with λ = 1 it is K times as large as what else is shown.

    Args:
        series: of the run.
        singled: colour of each task with a line of its own.
        names: display names.
    """
    held = series.evaluated.get("validation")
    shown, split, dash = (held, "validation", DASHED) if held else (series.train, "train", SOLID)
    traces = [*band(shown), *_mean(series.train, t("many.mean_on", split=t("split.train")), SOLID)]
    if held:
        traces += _mean(held, t("many.mean_on", split=t("split.validation")), DASHED)
    median = shown.summary.get("median") if shown.summary else None
    traces += line(median, t("many.median_on", split=t(f"split.{split}")), SHARED_COLOUR, dash="dot")
    for task, colour in singled.items():
        traces += line(shown.get(task), names.get(task, task), colour, dash=dash)
    return traces


def weight_traces(weights: Lines) -> list[Trace]:
    """What multiplied the tasks' losses: a band of most of them, the mean, and the extremes by name."""
    traces = [*band(weights), *_mean(weights, t("many.mean", count=len(weights)), SOLID)]
    now = weights.latest()
    if not now:
        return traces
    usual = sorted(now.values())[len(now) // 2]
    largest, smallest = max(now, key=now.__getitem__), min(now, key=now.__getitem__)
    ends = ((largest, t("many.largest", task=largest), UPPER), (smallest, t("many.smallest", task=smallest), LOWER))
    for task, name, colour in ends:
        traces += line(weights[task], name, colour) if now[task] != usual else []
    return traces


def band(lines: Lines) -> Iterator[Trace]:
    """Where 8 of 10 tasks lie, as a filled band."""
    low, high = (lines.summary.get(name) if lines.summary else None for name in ("low", "high"))
    if low is None or high is None:
        return
    for series, name, fill in ((low, t("many.low"), False), (high, t("many.band"), True)):
        x, y = series.xy()
        yield Trace(name, x, y, SHARED_COLOUR, width=0.6, opacity=BAND_OPACITY, legend=fill, fill=fill)


def _mean(lines: Lines, name: str, dash: Dash) -> Iterator[Trace]:
    mean = lines.summary.get("mean") if lines.summary else None
    if mean is not None:
        x, y = mean.xy()
        yield Trace(name, x, y, SHARED_COLOUR, dash=dash, width=MEAN_WIDTH)
