"""Curves as SVG: axes, ticks, lines, marks; no library, no script, readable in light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mtl_core.numerals import typeset

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, BOTTOM = 56, 12, 34
FIRST_ROW, ROW, LETTER = 22, 14, 6.2
"""Of the names of the lines: where their first row stands, and how high a row and how wide a letter is."""
LONGEST = 24
MOST_POINTS = 400
WIDE_RANGE = 20.0
"""Largest value over smallest from which on an axis is logarithmic."""
COLOURS = ("#2f7de1", "#d9622b", "#0f9d78", "#b05cc4", "#a8820a", "#d6487e", "#1c93b0", "#8b6f5c")
DASHES = ("", "6 3", "2 3", "8 3 2 3")
STYLE = (
    "svg.chart{font:11px system-ui,sans-serif;color:#1f2328;background:none}"
    "svg.chart text{fill:currentColor}svg.chart .axis{stroke:currentColor;opacity:.45}"
    "svg.chart .grid{stroke:currentColor;opacity:.13}svg.chart .mark{stroke:currentColor;opacity:.5}"
    "@media (prefers-color-scheme:dark){svg.chart{color:#e6edf3}}"
)


@dataclass(frozen=True)
class Series:
    """A line: its name, and its points in order of x; a y of None is a gap."""

    name: str
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True)
class Axis:
    """From numbers to pixels.

    Attributes:
        low, high: the numbers at its ends.
        start, end: the pixels there.
        log: whether it is logarithmic.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a number."""
        low, high, value = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round numbers along it, about five."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            few = self.high / self.low < 200
            found = [digit * 10.0**power for power in powers for digit in ((1, 2, 5) if few else (1,))]
            return [value for value in found if self.low <= value <= self.high]
        raw = (self.high - self.low) / 5
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [i * step for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def chart(
    title: str, series: Sequence[Series], *, x_label: str, marks: Sequence[float] = (), alone: bool = False
) -> str:
    """Lines over one another, as an ``<svg>``; empty where no line has two points.

    Args:
        title: what it shows, also for who cannot see it.
        series: the lines.
        x_label: what x counts.
        marks: x of vertical dashed lines, where something was changed.
        alone: for a file of its own: with its style and namespace.
    """
    kept = [Series(line.name, thinned(line.points)) for line in series]
    drawn = [line for line in kept if len(finite(line.points)) > 1]
    if not drawn:
        return ""
    points = [point for line in drawn for point in finite(line.points)]
    across = Axis(*_limits([x for x, _ in points], False), LEFT, WIDTH - RIGHT)
    values = [y for _, y in points]
    log = min(values) > 0 and max(values) / min(values) > WIDE_RANGE
    names = _legend([line.name for line in drawn])
    upright = Axis(*_limits(values, log), HEIGHT - BOTTOM, max(y for _, y, _ in names) + 12, log)
    inner = [*_frame(across, upright, x_label), *_marks(across, upright, marks), *_lines(across, upright, drawn, names)]
    scale = " (logarithmic)" if log else ""
    label, shown = escape(title + scale, quote=True), escape(_cut(title, 60) + scale)
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    head = f'<svg class="chart" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}"{space}>'
    top = (f"<style>{STYLE}</style>" if alone else "") + f'<text x="{LEFT}" y="13" font-weight="600">{shown}</text>'
    return f"{head}{top}{''.join(inner)}</svg>"


def finite(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """The points that have a finite y."""
    return [(x, y) for x, y in points if y is not None and math.isfinite(y)]


def thinned(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
    """At most 400 of the points: of each stretch the smallest and the largest, and the last one."""
    if len(points) <= MOST_POINTS:
        return list(points)
    width = -(-len(points) // (MOST_POINTS // 2 - 1))
    kept: list[tuple[float, float | None]] = []
    for start in range(0, len(points), width):
        part = finite(points[start : start + width])
        if part:
            ends = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
            kept += sorted(ends)
    return kept if kept and kept[-1] == points[-1] else [*kept, points[-1]]


def number(value: float) -> str:
    """A tick's or a table's number, four digits."""
    return typeset(value)


def _limits(values: Sequence[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if log:
        return low / 1.15, high * 1.15
    if low == high:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room
    return low, high


def _frame(across: Axis, upright: Axis, x_label: str) -> list[str]:
    bottom, parts = HEIGHT - BOTTOM, []
    for value in upright.ticks():
        y = upright.at(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{number(value)}</text>')
    for value in across.ticks():
        x = across.at(value)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{number(value)}</text>')
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {upright.end:.1f}V{bottom}H{WIDTH - RIGHT}"/>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>')
    return parts


def _marks(across: Axis, upright: Axis, marks: Sequence[float]) -> list[str]:
    inside = sorted({x for x in marks if across.low <= x <= across.high})
    places = [across.at(x) for x in inside]
    ends = f'y1="{upright.end:.1f}" y2="{HEIGHT - BOTTOM}" stroke-dasharray="3 3"'
    return [f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" {ends}/>' for x in places]


def _legend(names: Sequence[str]) -> list[tuple[float, float, str]]:
    """Where each name begins, in rows, and how it is written."""
    x, y = float(LEFT), float(FIRST_ROW)
    found: list[tuple[float, float, str]] = []
    for name in names:
        short = _cut(name, LONGEST)
        width = 34 + LETTER * len(short)
        if found and x + width > WIDTH:
            x, y = float(LEFT), y + ROW
        found.append((x, y, short))
        x += width
    return found


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _lines(
    across: Axis, upright: Axis, series: Sequence[Series], names: Sequence[tuple[float, float, str]]
) -> list[str]:
    parts = []
    for place, (line, (x, y, name)) in enumerate(zip(series, names, strict=True)):
        colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
        look = f'stroke="{colour}" stroke-width="1.6"' + (f' stroke-dasharray="{dash}"' if dash else "")
        way = " ".join(f"{across.at(a):.1f},{upright.at(b):.1f}" for a, b in finite(line.points))
        parts.append(f'<polyline fill="none" {look} points="{way}"/>')
        parts.append(f'<line x1="{x:.0f}" x2="{x + 18:.0f}" y1="{y:.0f}" y2="{y:.0f}" {look}/>')
        parts.append(f'<text x="{x + 22:.0f}" y="{y + 4:.0f}">{escape(name)}</text>')
    return parts
