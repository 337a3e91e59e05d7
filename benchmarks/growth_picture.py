"""Panels of points on log-log paper beside each other, as SVG that is readable on light and on dark ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mtl_core.export.svg import Axis

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 400, 300, 48, 14, 40
"""Of a panel, and what its frame leaves free."""
TITLE, HEADING, ROW = 20, 44, 16
INK = "#808890"
ACCENTS = ("#2f7de1", "#d9622b")
UNITS = ((1e6, "M"), (1e3, "k"), (1.0, ""))


Place = tuple[float, float]
Fit = tuple[Place, Place]


@dataclass(frozen=True)
class Line:
    """Points of one series.

    Attributes:
        name: of the series.
        words: what stands in the legend.
        points: (x, y), both above 0, in order of x.
        fits: ends of straight lines through them, the first one dashed.
    """

    name: str
    words: str
    points: Sequence[Place]
    fits: Sequence[Fit] = ()


@dataclass(frozen=True)
class Panel:
    """Some lines over the same x.

    Attributes:
        heading: what y is, with its unit.
        lines: at most two.
    """

    heading: str
    lines: Sequence[Line]


def picture(title: str, x_label: str, panels: Sequence[Panel]) -> str:
    """All panels as one ``<svg>`` for a file of its own, without a ground.

    Args:
        title: what it shows.
        x_label: what x counts, the same for all.
        panels: from left to right.
    """
    width = WIDTH * len(panels)
    words = "; ".join(f"{panel.heading}: {', '.join(line.words for line in panel.lines)}" for panel in panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(f"{title}. {words}")}" '
        f'viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="11" fill="{INK}">'
    )
    across = _axis([x for panel in panels for line in panel.lines for x, _ in line.points], LEFT, WIDTH - RIGHT)
    top = f'<text x="{LEFT}" y="{TITLE}" font-size="13" font-weight="600">{escape(title)}</text>'
    drawn = [
        f'<g transform="translate({place * WIDTH} 0)">{_panel(panel, across, x_label)}</g>'
        for place, panel in enumerate(panels)
    ]
    return "\n".join([head + top, *drawn, "</svg>"])


def _axis(values: Sequence[float], start: float, end: float) -> Axis:
    """A logarithmic axis with a little room at both ends, at least a decade long."""
    low, high = (min(values), max(values)) if values else (1.0, 10.0)
    room = max(1.15, math.sqrt(10 * low / high))
    return Axis(low / room, high * room, start, end, log=True)


def _panel(panel: Panel, across: Axis, x_label: str) -> str:
    top = HEADING + ROW * len(panel.lines) + 14
    ends = [y for line in panel.lines for fit in line.fits for _, y in fit]
    upright = _axis([y for line in panel.lines for _, y in line.points] + ends, HEIGHT - BOTTOM, top)
    parts = [f'<text x="{LEFT}" y="{HEADING}" font-weight="600">{escape(panel.heading)}</text>']
    parts += _frame(across, upright, x_label)
    for place, line in enumerate(panel.lines):
        parts += _line(line, ACCENTS[place], HEADING + ROW * (place + 1), across, upright)
    return "\n".join(parts)


def _frame(across: Axis, upright: Axis, x_label: str) -> list[str]:
    bottom, right, parts = HEIGHT - BOTTOM, WIDTH - RIGHT, []
    for value in upright.ticks():
        y = upright.at(value)
        parts.append(f'<path stroke="{INK}" stroke-opacity=".25" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>')
    for value in across.ticks():
        x = across.at(value)
        parts.append(f'<path stroke="{INK}" stroke-opacity=".25" d="M{x:.1f} {upright.end:.1f}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{short(value)}</text>')
    parts.append(f'<path stroke="{INK}" fill="none" d="M{LEFT} {upright.end:.1f}V{bottom}H{right}"/>')
    parts.append(f'<text x="{right}" y="{HEIGHT - 8}" text-anchor="end">{escape(x_label)}</text>')
    return parts


def _line(line: Line, colour: str, y: float, across: Axis, upright: Axis) -> list[str]:
    """Its row of the legend, the straight lines, and its points."""
    parts = [f'<circle cx="{LEFT + 4}" cy="{y - 4}" r="3.5" fill="{colour}"/>']
    parts.append(f'<text x="{LEFT + 14}" y="{y}">{escape(line.words)}</text>')
    for place, ((x1, y1), (x2, y2)) in enumerate(line.fits):
        ends = f"M{across.at(x1):.1f} {upright.at(y1):.1f}L{across.at(x2):.1f} {upright.at(y2):.1f}"
        look = "" if place else ' stroke-dasharray="5 3"'
        parts.append(f'<path stroke="{colour}" stroke-width="1.5"{look} d="{ends}"/>')
    for x, value in line.points:
        parts.append(f'<circle cx="{across.at(x):.1f}" cy="{upright.at(value):.1f}" r="3.5" fill="{colour}"/>')
    return parts


def short(value: float) -> str:
    """A tick's number, with k for thousands and M for millions."""
    size, sign = next(((size, sign) for size, sign in UNITS if value >= size), UNITS[-1])
    return f"{value / size:.3g}{sign}"
