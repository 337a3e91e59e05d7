"""The small round nodes at which a network mixes, and the strands that lead to them, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

from ui.colours import SHARED_COLOUR
from ui.network_lines import BEND, ROUND
from ui.network_shapes import SMALL, Direction

RADIUS = 7.5
THIN, THICK = 0.9, 6.0
"""px of a strand of weight 0, and how much weight 1 adds."""
FAINT = 0.16
Point = tuple[float, float]
"""(along the flow, across it)."""


@dataclass(frozen=True)
class Node:
    """Where columns, experts or a mask meet.

    Attributes:
        name: of the part that mixes.
        owner: the task that goes on from it, or None.
        u: centre along the flow.
        v: centre across it.
        fill: opacity of its disc, 0 to 1.
        about: words where one points.
        number: printed beside it; empty for none.
    """

    name: str
    owner: str | None
    u: float
    v: float
    fill: float
    about: str
    number: str = ""


@dataclass(frozen=True)
class Strand:
    """A line to a node, as wide and firm as its weight.

    Attributes:
        start: where it begins.
        end: where it ends.
        owner: whose colour it has; None: grey.
        weight: its absolute value counts; negative ones are dashed.
        about: words where one points.
        kind: ``weight``; ``feed`` is plain and thin, ``look`` what a gate looks at, dotted.
        turn: where along the flow its bend ends and it runs straight; None: at its end.
    """

    start: Point
    end: Point
    owner: str | None
    weight: float = 0.0
    about: str = ""
    kind: Literal["weight", "feed", "look"] = "weight"
    turn: float | None = None


def draw_strand(strand: Strand, colours: Mapping[str, str], direction: Direction) -> str:
    """The line, under a broader unseen one that is easier to point at."""
    colour = colours.get(strand.owner or "", SHARED_COLOUR)
    size = min(1.0, abs(strand.weight))
    looks = {
        "weight": f'stroke-width="{THIN + THICK * size:.2f}" stroke-opacity="{FAINT + (1 - FAINT) * size**0.7:.2f}"',
        "feed": 'stroke-width="1.6" stroke-opacity="0.8"',
        "look": 'stroke-width="1.3" stroke-opacity="0.6" stroke-dasharray="0.1 4.2" stroke-linecap="round"',
    }
    look = looks[strand.kind] + (' stroke-dasharray="5 4"' if strand.weight < 0 else "")
    path = _curve(strand, direction == "right")
    line = f'<path class="strand" d="{path}" fill="none" stroke="{colour}" {look}/>'
    if not strand.about:
        return line
    wide = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="10" stroke-opacity="0"/>'
    return f"<g><title>{escape(strand.about)}</title>{line}{wide}</g>"


def draw_node(node: Node, colours: Mapping[str, str], direction: Direction) -> str:
    """The disc, and its number."""
    colour = colours.get(node.owner or "", SHARED_COLOUR)
    x, y = (node.u, node.v) if direction == "right" else (node.v, node.u)
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}"'
    look = f'fill="{colour}" fill-opacity="{node.fill:.2f}" stroke="{colour}" stroke-width="1.6"'
    number = ""
    if node.number:
        right = direction == "right"
        place = (x + 3, y - RADIUS - 4) if right else (x + RADIUS + 2, y + 13)
        number = (
            f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" font-size="{SMALL}" class="quiet">'
            f"{escape(node.number)}</text>"
        )
    return (
        f'<g class="node"><title>{escape(node.about)}</title><circle class="sheet" {at}/>'
        f"<circle {at} {look}/></g>{number}"
    )


def rerooted(points: list[Point], node: Node) -> list[Point]:
    """A way that begins at a node instead of at the box before it: nothing stands between the two.

    Args:
        points: corners of a way along level and upright lines, the long run along the flow before its last ones.
        node: in the gap behind the box from which the way began.
    """
    runs = [i for i in range(1, len(points)) if points[i][1] == points[i - 1][1] and points[i][0] > node.u]
    run = runs[-1] if runs else 1
    v = points[run][1]
    if abs(v - node.v) < RADIUS + ROUND:
        return [(node.u + RADIUS, node.v), *points[run:]]
    side = 1 if v > node.v else -1
    return [(node.u, node.v + side * RADIUS), (node.u, v), *points[run:]]


def _curve(strand: Strand, right: bool) -> str:
    (u0, v0), (u1, v1) = strand.start, strand.end
    turn = u1 if strand.turn is None else strand.turn
    bend = (turn - u0) * BEND
    points = [(u0, v0), (u0 + bend, v0), (turn - bend, v1), (turn, v1), (u1, v1)]
    texts = [f"{u:.1f} {v:.1f}" if right else f"{v:.1f} {u:.1f}" for u, v in points]
    straight = "" if turn == u1 else f"L{texts[4]}"
    return f"M{texts[0]}C{' '.join(texts[1:4])}{straight}"
