"""The boxes of a network picture, the words after its heads, and the ground under what is shared, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mtl_core.layout import Layout
from ui.colours import SHARED_COLOUR
from ui.network_many import BETWEEN
from ui.network_shapes import BOX_H, BOX_W, LINE, MARGIN, SMALL, TEXT, Box, Direction, Grid, Label, text_width
from ui.words import t

WIDE, NARROW = 16, 11
"""Letters in a line of a task's name."""


def draw_box(box: Box, colours: Mapping[str, str], direction: Direction) -> str:
    """A part as a box: its size, and what it is."""
    colour = colours.get(box.owner or "", SHARED_COLOUR)
    x, y = box.x - BOX_W / 2, box.y - BOX_H / 2
    size = f'width="{BOX_W}" height="{BOX_H}" rx="9"'
    up = 1 if direction == "right" else -1  # away from where arrows come in
    behind = "".join(
        f'<rect class="sheet" x="{x + shift}" y="{y - shift * up}" {size} stroke="{colour}" '
        f'stroke-opacity="{max(0.3, 0.75 - 0.1 * shift)}"/>'
        for shift in ((7.5, 5, 2.5) if box.owner == BETWEEN else (5, 2.5) if box.stacked else ())
    )
    line = "" if box.kind == "input" else f' stroke="{colour}" stroke-width="1.4"'
    kind = box.words or t(f"network.{box.kind}")
    drawn = (
        f'{behind}<rect class="sheet" x="{x}" y="{y}" {size}{line}/>'
        f'<rect x="{x}" y="{y}" {size} fill="{colour}" fill-opacity="{0.1 if box.kind == "input" else 0.16}"/>'
        f'<text x="{box.x}" y="{box.y - 2}" text-anchor="middle" font-weight="600">{escape(box.size)}</text>'
        f'<text x="{box.x}" y="{box.y + 12.5}" text-anchor="middle" font-size="{SMALL}" class="quiet">'
        f"{escape(kind)}</text>"
    )
    return f"<g><title>{escape(box.about)}</title>{drawn}</g>" if box.about else drawn


def draw_label(task: str, label: Label, grid: Grid, colours: Mapping[str, str]) -> str:
    """A task's name, λ and size after its head."""
    x, y = grid.label_at[task]
    right = grid.direction == "right"
    first = y - LINE * (len(label.lines) - 1) / 2 + 4 if right else y + 10
    anchor = "start" if right else "middle"
    spans = []
    for i, line in enumerate(label.lines):
        title = i < len(label.title)
        look = f'font-weight="650" fill="{colours.get(task, SHARED_COLOUR)}"' if title else f'font-size="{SMALL}"'
        quiet = ' class="quiet"' if i > len(label.title) else ""
        spans.append(
            f'<text x="{x:.1f}" y="{first + LINE * i:.1f}" text-anchor="{anchor}" {look}{quiet}>{escape(line)}</text>'
        )
    return "".join(spans)


def shared_panel(grid: Grid, size: str) -> str:
    """A soft ground under what all tasks share, and at the picture's foot its number of parameters."""
    shared = [box for box in grid.boxes.values() if box.owner is None and box.kind != "input"]
    if not shared:
        return ""
    left, right = min(b.x for b in shared) - BOX_W / 2 - 12, max(b.x for b in shared) + BOX_W / 2 + 14
    top, bottom = min(b.y for b in shared) - BOX_H / 2 - 14, max(b.y for b in shared) + BOX_H / 2 + 14
    caption = f"{t('network.shared')} · {size}"
    y = grid.height - MARGIN
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="14" '
        f'fill="{SHARED_COLOUR}" fill-opacity="0.1"/>'
        f'<rect x="{MARGIN}" y="{y - 9:.1f}" width="10" height="10" rx="3" fill="{SHARED_COLOUR}" fill-opacity="0.55"/>'
        f'<text x="{MARGIN + 16}" y="{y:.1f}" font-size="{SMALL}" class="quiet">{escape(caption)}</text>'
    )


def parameters_text(layout: Layout, owner: str | None) -> str:
    """How many numbers an owner trains, in words; None: what all tasks share."""
    return t(
        "network.parameters", count=count_text(sum(p.block.parameters() for p in layout.parts if p.owner == owner))
    )


def count_text(number: int) -> str:
    """Thousands apart by a thin space; a million and more in M."""
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number:,}".replace(",", "\u2009")


def label_of(name: str, weight: str, size: str, direction: Direction) -> Label:
    """The words after a head; from top to bottom they stand side by side, so that each is kept narrow."""
    narrow = direction == "down"
    words = tuple(size.split(" ")) if narrow and text_width(size, SMALL) > BOX_W else (size,)
    return Label(_wrapped(name, NARROW if narrow else WIDE), weight, words)


def _wrapped(name: str, limit: int) -> tuple[str, ...]:
    """A long name on several lines, broken at spaces and underscores; never cut."""
    lines: list[str] = []
    for word in name.replace("_", "_ ").split():
        joined = f"{lines[-1]}{'' if lines and lines[-1].endswith('_') else ' '}{word}" if lines else word
        if lines and text_width(joined) <= limit * 0.6 * TEXT:
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(lines) or (name,)
