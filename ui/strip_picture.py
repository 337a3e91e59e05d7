"""Repetitions as dots on a line, their mean and standard deviation beside them, as one SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ui.network_shapes import text_width

WIDTH, ROW, TITLE, LEFT, RIGHT = 720.0, 26.0, 26.0, 12.0, 150.0
DOT = 5.0


@dataclass(frozen=True)
class Strip:
    """One row of dots.

    Attributes:
        title: what is measured; rows with the same title share an axis.
        name: what tells the rows of one title apart; may be empty.
        values: one a repetition, None where it has none.
        texts: the values as a person reads them.
        labels: of the repetitions.
        mean: of the values that are there.
        sd: their standard deviation, None for a single one.
        colour: of the dots.
    """

    title: str
    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    mean: float | None
    sd: float | None
    colour: str


def strip_picture(strips: Sequence[Strip]) -> str:
    """All rows below each other; hovering over a dot names the repetition and its value."""
    drawn: list[str] = []
    y = 4.0
    for title in dict.fromkeys(strip.title for strip in strips):
        rows = [strip for strip in strips if strip.title == title]
        low, high = _limits(rows)
        drawn.append(
            f'<text x="{LEFT}" y="{y + 15:.0f}" font-weight="650" fill="{rows[0].colour}">{escape(title)}</text>'
        )
        y += TITLE
        names = max((text_width(row.name, 12) for row in rows), default=0.0)
        start = LEFT + (names + 16 if names else 0)
        for row in rows:
            drawn.append(_row(row, y + ROW / 2, start, low, high))
            y += ROW
        y += 8
    words = "; ".join(f"{s.title} {s.name}: {', '.join(text for text in s.texts)}" for s in strips)
    look = f'fill="currentColor" style="width:100%;max-width:{WIDTH:.0f}px;min-width:320px"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {y:.0f}" role="img" font-size="13" '
        f"{look}><desc>{escape(words)}</desc>{''.join(drawn)}</svg>"
    )


def _limits(rows: Sequence[Strip]) -> tuple[float, float]:
    values = [value for row in rows for value in row.values if value is not None]
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    return low - room, high + room


def _row(row: Strip, y: float, start: float, low: float, high: float) -> str:
    end = WIDTH - RIGHT

    def place(value: float) -> float:
        return start + (min(max(value, low), high) - low) / (high - low) * (end - start)

    parts = [f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" opacity="0.18"/>']
    if row.name:
        parts.append(f'<text x="{LEFT}" y="{y + 4:.1f}" font-size="12" class="quiet">{escape(row.name)}</text>')
    if row.mean is not None and row.sd is not None:
        left, right = place(row.mean - row.sd), place(row.mean + row.sd)
        parts.append(
            f'<rect x="{left:.1f}" y="{y - 7:.1f}" width="{max(1.0, right - left):.1f}" height="14" rx="4" '
            f'fill="{row.colour}" opacity="0.18"/>'
        )
    if row.mean is not None:
        x = place(row.mean)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 9:.1f}" y2="{y + 9:.1f}" stroke="{row.colour}" '
            'stroke-width="2.5"/>'
        )
    for value, text, label in zip(row.values, row.texts, row.labels, strict=True):
        if value is not None:
            parts.append(
                f'<circle cx="{place(value):.1f}" cy="{y:.1f}" r="{DOT}" fill="{row.colour}" fill-opacity="0.55" '
                f'stroke="{row.colour}"><title>{escape(label)}: {escape(text)}</title></circle>'
            )
    parts.append(_summary(row, y, end))
    return "".join(parts)


def _summary(row: Strip, y: float, end: float) -> str:
    """Mean ± sd at the row's right end, in the metric's own notation."""
    if row.mean is None:
        return ""
    percent = any(text.endswith("%") for text in row.texts)
    shown = [f"{value:.1%}" if percent else f"{value:.3g}" for value in (row.mean, row.sd) if value is not None]
    return f'<text x="{end + 12:.1f}" y="{y + 4:.1f}" font-size="12">{escape(" ± ".join(shown))}</text>'
