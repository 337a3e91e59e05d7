"""What a chart shows, as plain data: the step before any drawing, without Streamlit or Plotly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ui.packing import Points, kept, packed, points, rounded

__all__ = ["ChartData", "Dash", "Mark", "Mode", "Trace", "rounded", "short", "text_summary"]

Mode = Literal["lines", "markers", "lines+markers", "bars"]
Dash = Literal["solid", "dash", "dot"]


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

    @cached_property
    def head(self) -> dict[str, Any]:
        """Everything but the points."""
        return {
            "styles": [_style(trace) for trace in self.traces],
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
    def points(self) -> tuple[Points, ...]:
        """x and y of each trace as drawn: NaN for what is no finite number, or cannot stand on a logarithmic axis.

        Raises:
            ValueError: if a trace's x and y differ in length.
        """
        return tuple(points(trace.name, trace.x, trace.y, above_zero=self.y_log) for trace in self.traces)

    @cached_property
    def token(self) -> str:
        """A name of what is shown: charts that look alike have the same."""
        found = hashlib.blake2s(json.dumps(self.head).encode(), digest_size=8)
        for both in self.points:
            found.update(both.tobytes())
        return found.hexdigest()

    @cached_property
    def text(self) -> str:
        """What travels to a browser that knows nothing of it; as text, because Streamlit looks at lists with pandas."""
        return _as_text({"head": self.head, "tails": [packed(both) for both in self.points]})

    def since(self, known: ChartData) -> str:
        """What travels to a browser that has drawn ``known`` under this key: points after those that are the same.

        Made once for all browsers that are at the same point.
        """
        if known.token not in self._since:
            names, before = ([trace.name for trace in chart.traces] for chart in (self, known))
            same = [kept(*pair) for pair in zip(known.points, self.points, strict=True)] if names == before else None
            tails = [packed(both, keep) for both, keep in zip(self.points, same or [0] * len(self.points), strict=True)]
            head = {} if same is not None and self.head == known.head else {"head": self.head}
            self._since[known.token] = _as_text(head | {"tails": tails})
        return self._since[known.token]

    @cached_property
    def _since(self) -> dict[str, str]:
        """Of :meth:`since`, by what is known."""
        return {}

    @cached_property
    def summary(self) -> str:
        """The last value of each series in words, for those who do not see the chart."""
        return text_summary(self)

    def _ideal_range(self) -> list[float | int | None] | None:
        """The ends of the line y = x: the smallest and the largest of all values."""
        if not self.ideal or not self.traces:
            return None
        values = np.concatenate([np.asarray(v, dtype=np.float64) for trace in self.traces for v in (trace.x, trace.y)])
        values = values[np.isfinite(values)]
        return [rounded(float(values.min())), rounded(float(values.max()))] if len(values) else None


def short(value: Any) -> str:
    """A value in a few characters: three significant digits for a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.3g}" if number else str(value)


def text_summary(chart: ChartData) -> str:
    """The last value of each series in words, for those who do not see the chart."""
    parts = []
    for trace in chart.traces:
        last = next((found for value in reversed(trace.y) if (found := rounded(value)) is not None), None)
        if last is not None and trace.mode != "bars":
            parts.append(f"{trace.name}: {last}{' ' + trace.unit if trace.unit else ''}")
    return "; ".join(parts)


def _as_text(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _style(trace: Trace) -> dict[str, Any]:
    names = ("name", "colour", "mode", "dash", "width", "opacity", "legend", "unit", "fill")
    return {name: getattr(trace, name) for name in names}
