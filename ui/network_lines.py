"""The lines of a network picture: arrows, skips and ties, as SVG."""

from __future__ import annotations

import math

from ui.colours import SHARED_COLOUR
from ui.network_shapes import BOX_H, BOX_W, SMALL, Box, Direction


def arrow(source: Box, target: Box, colour: str, width: float, direction: Direction, *, dashed: bool = False) -> str:
    """A curve from box to box, with a tip that grows less than the line's ``width``."""
    tip = 4.5 + 0.55 * width
    right = direction == "right"
    u0, v0, u1, v1 = (source.x, source.y, target.x, target.y) if right else (source.y, source.x, target.y, target.x)
    half = BOX_W / 2 if right else BOX_H / 2
    start, point = u0 + half, u1 - half - 1
    bend = (point - start) * 0.57
    curve = _path("MC", [(start, v0), (start + bend, v0), (point - tip - bend, v1), (point - tip + 1, v1)], right)
    back, side = point - tip, tip * 0.8
    head = _path("MLL", [(point, v1), (back, v1 - side), (back, v1 + side)], right)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path class="arrow" d="{curve}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"{dash}/>'
        f'<path d="{head}z" fill="{colour}"/>'
    )


def skip(source: Box, target: Box, colour: str, direction: Direction, *, around: bool) -> str:
    """A thin line from a feature map to a decoder.

    Args:
        source: the feature map.
        target: the decoder.
        colour: of the decoder's task.
        direction: which way data flow.
        around: beside the decoder's lane, where other boxes stand in it, else along it.
    """
    right = direction == "right"
    half_along, half_across = (BOX_W / 2, BOX_H / 2) if right else (BOX_H / 2, BOX_W / 2)
    u0, v0, u1, v1 = (source.x, source.y, target.x, target.y) if right else (source.y, source.x, target.y, target.x)
    side = 1 if v1 >= v0 - 1 else -1
    run = v1 + side * (half_across + 11 if around else half_across - 9)
    turn, stop = run - side * 8, v1 + side * half_across
    points = [(u0, v0 + side * half_across), (u0, turn), (u0, run), (u0 + 8, run)]
    if around:
        path = _path("MLQLQ", [*points, (u1 - 8, run), (u1, run), (u1, stop)], right)
    else:
        path = _path("MLQL", [*points, (u1 - half_along, run)], right)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.1" stroke-opacity="0.6"/>'


def tie(a: Box, b: Box, strength: float, direction: Direction) -> str:
    """A dotted link with a γ between two boxes that a penalty draws together; firmer where γ is larger."""
    firm = min(1.0, max(0.45, 0.8 + 0.2 * math.log10(strength)))
    if direction == "right":
        x0, y0, x1, y1 = a.x, a.y + BOX_H / 2, b.x, b.y - BOX_H / 2
        x, y = a.x + 9, (y0 + y1) / 2 + 4
    else:
        x0, y0, x1, y1 = a.x + BOX_W / 2, a.y, b.x - BOX_W / 2, b.y
        x, y = (x0 + x1) / 2, a.y - 6
    return (
        f'<path class="tie" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{SHARED_COLOUR}" stroke-width="2.4" '
        f'stroke-linecap="round" stroke-dasharray="0.1 5.5" stroke-opacity="{firm:.2f}"/>'
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{SMALL}" class="quiet">γ</text>'
    )


def _path(commands: str, points: list[tuple[float, float]], right: bool) -> str:
    """SVG path data; each command takes as many points as it needs (M, L: 1, Q: 2, C: 3).

    Args:
        commands: one letter a command.
        points: (along the flow, across it).
        right: whether the flow is along x.
    """
    rest = iter([(u, v) if right else (v, u) for u, v in points])
    takes = {"M": 1, "L": 1, "Q": 2, "C": 3}
    return "".join(c + " ".join(f"{x:.1f} {y:.1f}" for x, y in [next(rest) for _ in range(takes[c])]) for c in commands)
