"""A thinned series as a chart's trace: train solid, validation dashed, what belongs to no task dotted."""

from __future__ import annotations

from ui.chart_data import Dash, Trace
from ui.series import Line, Series

LOOKS: dict[Dash, tuple[float, float]] = {"solid": (1.6, 0.75), "dash": (2.6, 1.0), "dot": (1.5, 0.9)}
"""Width in px and opacity by pattern."""


def line(series: Line | Series | None, name: str, colour: str, *, dash: Dash = "solid") -> list[Trace]:
    """The trace of a series; none where it has no point."""
    if series is None or series.last is None:
        return []
    x, y = series.xy()
    width, opacity = LOOKS[dash]
    return [Trace(name, x, y, colour, dash=dash, width=width, opacity=opacity)]
