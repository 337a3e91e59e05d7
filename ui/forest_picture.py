"""Differences with their intervals around zero, as one SVG: right of the line sharing is better, left of it worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mtl_core.numerals import typeset
from ui.network_shapes import text_width

WIDTH, ROW, TITLE, LEFT, RIGHT = 560.0, 26.0, 26.0, 8.0, 120.0
DOT = 4.0


@dataclass(frozen=True)
class Branch:
    """One row.

    Attributes:
        title: what is compared; rows with the same title share an axis.
        name: what tells the rows of one title apart.
        values: one difference a pair, None where it is missing.
        labels: of the pairs.
        mean: of the differences.
        low, high: ends of the interval; None where there is none.
        text: the mean and its interval as a person reads them.
        colour: of the row.
        clear: whether the verdict is sure, which the interval alone does not say where several are held against each
            other; a row that is not is drawn hollow.
    """

    title: str
    name: str
    values: tuple[float | None, ...]
    labels: tuple[str, ...]
    mean: float | None
    low: float | None
    high: float | None
    text: str
    colour: str
    clear: bool


def forest_picture(branches: Sequence[Branch], worse: str, better: str) -> str:
    """All rows below each other.

    Args:
        branches: in the order in which they are drawn.
        worse, better: words for the two sides of zero.
    """
    drawn: list[str] = []
    y = 4.0
    names = max((text_width(row.name, 12) for row in branches), default=0.0)
    start, end = LEFT + (names + 16 if names else 0), WIDTH - RIGHT
    for title in dict.fromkeys(row.title for row in branches):
        rows = [row for row in branches if row.title == title]
        reach = _reach(rows)
        zero = (start + end) / 2
        drawn.append(
            f'<text x="{LEFT}" y="{y + 15:.0f}" font-weight="650" fill="{rows[0].colour}">{escape(title)}</text>'
        )
        y += TITLE
        bottom = y + ROW * len(rows)
        drawn.append(
            f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{y:.1f}" y2="{bottom:.1f}" stroke="currentColor" '
            'opacity="0.5" stroke-dasharray="3 3"/>'
        )
        for row in rows:
            drawn.append(_row(row, y + ROW / 2, (zero, (end - start) / 2 / reach)))
            y += ROW
        y += 8
    middle = (start + end) / 2
    for words, x, anchor in ((f"← {worse}", middle - 10, "end"), (f"{better} →", middle + 10, "start")):
        text = f'<text x="{x:.1f}" y="{y + 8:.1f}" text-anchor="{anchor}" font-size="12" class="quiet">'
        drawn.append(f"{text}{escape(words)}</text>")
    y += 16
    told = "; ".join(f"{row.title} {row.name}: {row.text}" for row in branches)
    look = f'fill="currentColor" style="width:100%;max-width:{1.2 * WIDTH:.0f}px;min-width:320px"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {y:.0f}" role="img" font-size="13" '
        f"{look}><desc>{escape(told)}</desc>{''.join(drawn)}</svg>"
    )


def _reach(rows: Sequence[Branch]) -> float:
    """How far from zero the furthest thing of these rows lies, and a little more."""
    there = [value for row in rows for value in (*row.values, row.low, row.high) if value is not None]
    return max((abs(value) for value in there), default=1.0) * 1.06 or 1.0


def _row(row: Branch, y: float, scale: tuple[float, float]) -> str:
    zero, stretch = scale

    def place(value: float) -> float:
        return zero + value * stretch

    parts = [f'<text x="{LEFT}" y="{y + 4:.1f}" font-size="12" class="quiet">{escape(row.name)}</text>']
    for value, label in zip(row.values, row.labels, strict=True):
        if value is not None:
            parts.append(
                f'<circle cx="{place(value):.1f}" cy="{y:.1f}" r="{DOT}" fill="{row.colour}" fill-opacity="0.22">'
                f"<title>{escape(label)}: {typeset(value, '+.3g')}</title></circle>"
            )
    if row.low is not None and row.high is not None:
        parts.append(
            f'<line x1="{place(row.low):.1f}" x2="{place(row.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{row.colour}" stroke-width="2.5" stroke-linecap="round"/>'
        )
    if row.mean is not None:
        fill = row.colour if row.clear else "var(--st-background-color, #fff)"
        parts.append(
            f'<rect x="{place(row.mean) - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" rx="2" fill="{fill}" '
            f'stroke="{row.colour}" stroke-width="2"/>'
        )
    parts.append(f'<text x="{WIDTH - RIGHT + 12:.1f}" y="{y + 4:.1f}" font-size="12">{escape(row.text)}</text>')
    return "".join(parts)
