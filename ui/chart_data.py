"""What a chart shows, as plain data: the step before any drawing, without Streamlit or Plotly."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from ui.packing import packed

Mode = Literal["lines", "markers", "lines+markers", "bars"]
Dash = Literal["solid", "dash", "dot"]
SIGNIFICANT_DIGITS = 5


@dataclass(frozen=True)
class Trace:
    """One series of points.

    Attributes:
        name: legend text; also the identity by which the browser keeps it hidden or shown.
        x: positions; any order for markers, ascending for lines.
        y: values, as many as x; NaN and infinity leave a gap.
        colour: CSS colour.
        mode: how it is drawn.
        dash: line pattern; ``dash`` for validation by convention.
        width: line width in px, or marker size in px for markers.
        opacity: 0..1.
        legend: whether it has a legend entry.
        unit: text after a value when hovering.
        fill: whether the area between it and the trace before it is filled.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    mode: Mode = "lines"
    dash: Dash = "solid"
    width: float = 2.0
    opacity: float = 1.0
    legend: bool = True
    unit: str = ""
    fill: bool = False


@dataclass(frozen=True)
class Mark:
    """A vertical line, e.g. where a λ changed.

    Attributes:
        x: position.
        label: words at its top, e.g. ``λ quality 0.5 → 2``.
        colour: CSS colour, the task's by convention.
    """

    x: float
    label: str
    colour: str


@dataclass(frozen=True)
class ChartData:
    """A whole chart.

    Attributes:
        traces: the series, drawn in this order.
        x_title: words under the x axis, with the unit.
        y_title: words beside the y axis, with the unit.
        y_log: logarithmic y axis; values ≤ 0 are left out.
        from_zero: the y axis begins at 0 (weights, counts).
        marks: vertical lines.
        ideal: words of the legend for the line y = x (``predicted = true``), empty for none.
        square: same scale on both axes.
        zero_line: emphasise x = 0 (residuals).
        empty: words shown while there is nothing to draw.
        x_range: fixed limits of x, e.g. (0, total steps), while nobody has zoomed.
        y_range: fixed limits of y while nobody has zoomed.
        below: words of the shaded half below a line at y = 0 (``conflict``), empty for none.
        view: a zoom is kept while this stays the same, e.g. the run's id; hidden series stay hidden always.
    """

    traces: tuple[Trace, ...] = ()
    x_title: str = ""
    y_title: str = ""
    y_log: bool = False
    from_zero: bool = False
    marks: tuple[Mark, ...] = ()
    ideal: str = ""
    square: bool = False
    zero_line: bool = False
    empty: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    below: str = ""
    view: str = ""

    def as_json(self) -> dict[str, Any]:
        """What travels to the browser: numbers of five significant digits, gaps as None."""
        return {
            "traces": [_trace_json(trace, self.y_log) for trace in self.traces],
            "xTitle": self.x_title,
            "yTitle": self.y_title,
            "yLog": self.y_log,
            "fromZero": self.from_zero,
            "marks": [{"x": rounded(m.x), "label": m.label, "colour": m.colour} for m in self.marks],
            "ideal": self.ideal,
            "idealRange": self._ideal_range(),
            "view": self.view,
            "square": self.square,
            "zeroLine": self.zero_line,
            "empty": self.empty,
            "xRange": [rounded(v) for v in self.x_range] if self.x_range else None,
            "yRange": [rounded(v) for v in self.y_range] if self.y_range else None,
            "below": self.below,
        }

    @cached_property
    def text(self) -> str:
        """What travels to the browser; as text, because Streamlit looks at lists with pandas."""
        return json.dumps(packed(self.as_json()), separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def summary(self) -> str:
        """The last value of each series in words, for those who do not see the chart."""
        return text_summary(self)

    def _ideal_range(self) -> list[float | int | None] | None:
        """The ends of the line y = x: the smallest and the largest of all values."""
        values = [v for trace in self.traces for v in (*trace.x, *trace.y) if math.isfinite(v)]
        return [rounded(min(values)), rounded(max(values))] if self.ideal and values else None


def rounded(value: float) -> float | int | None:
    """``value`` at five significant digits; whole numbers stay whole; None for NaN and infinity."""
    if not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1e15:
        return int(value)
    short = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def short(value: Any) -> str:
    """A value in a few characters: three significant digits for a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.3g}" if number else str(value)


def text_summary(chart: ChartData) -> str:
    """The last value of each series in words, for those who do not see the chart."""
    parts = []
    for trace in chart.traces:
        last = next((v for v in reversed([rounded(y) for y in trace.y]) if v is not None), None)
        if last is not None and trace.mode != "bars":
            parts.append(f"{trace.name}: {last}{' ' + trace.unit if trace.unit else ''}")
    return "; ".join(parts)


def _trace_json(trace: Trace, y_log: bool) -> dict[str, Any]:
    if len(trace.x) != len(trace.y):
        raise ValueError(f"trace {trace.name!r}: x and y must be equally long, got {len(trace.x)} and {len(trace.y)}")
    y = [rounded(v) for v in trace.y]
    return {
        "name": trace.name,
        "x": [rounded(v) for v in trace.x],
        "y": [None if y_log and v is not None and v <= 0 else v for v in y],
        "colour": trace.colour,
        "mode": trace.mode,
        "dash": trace.dash,
        "width": trace.width,
        "opacity": trace.opacity,
        "legend": trace.legend,
        "unit": trace.unit,
        "fill": trace.fill,
    }
