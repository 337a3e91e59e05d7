"""The lines of a network picture: arrows, ways around boxes, skips and ties, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from ui.colours import SHARED_COLOUR
from ui.network_shapes import BOX_H, BOX_W, SMALL, Box, Direction

BEND = 0.57
"""How far a curve's handles reach, as a share of its length."""
ROUND = 8.0
"""Radius of a way's corners."""


def arrow(source: Box, target: Box, colour: str, width: float, direction: Direction, *, dashed: bool = False) -> str:
    """A curve from box to box, with a tip that grows less than the line's ``width``."""
    start = (source.x + BOX_W / 2, source.y) if direction == "right" else (source.y + BOX_H / 2, source.x)
    return arrow_from(start, target, colour, width, direction, dashed=dashed)


def arrow_from(
    begin: tuple[float, float], target: Box, colour: str, width: float, direction: Direction, *, dashed: bool = False
) -> str:
    """As :func:`arrow`, from a point (along the flow, across it)."""
    tip = 4.5 + 0.55 * width
    right = direction == "right"
    (start, v0), (u1, v1) = begin, (target.x, target.y) if right else (target.y, target.x)
    point = u1 - (BOX_W / 2 if right else BOX_H / 2) - 1
    bend = (point - start) * BEND
    curve = _path("MC", [(start, v0), (start + bend, v0), (point - tip - bend, v1), (point - tip + 1, v1)], right)
    back, side = point - tip, tip * 0.8
    head = _path("MLL", [(point, v1), (back, v1 - side), (back, v1 + side)], right)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path class="arrow" d="{curve}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"{dash}/>'
        f'<path d="{head}z" fill="{colour}"/>'
    )


def curve_points(u0: float, v0: float, u1: float, v1: float, count: int) -> list[tuple[float, float]]:
    """Points on an arrow's curve (a cubic Bézier), as (along the flow, across it)."""
    bend = (u1 - u0) * BEND
    handles = ((u0, v0), (u0 + bend, v0), (u1 - bend, v1), (u1, v1))
    points = []
    for i in range(count + 1):
        s = i / count
        weights = ((1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s), s**3)
        pairs = list(zip(weights, handles, strict=True))
        points.append((sum(w * u for w, (u, _) in pairs), sum(w * v for w, (_, v) in pairs)))
    return points


def way(points: Sequence[tuple[float, float]], colour: str, width: float, direction: Direction) -> str:
    """An arrow through these corners (along the flow, across it); it comes in from the side."""
    right, tip = direction == "right", 4.5 + 0.55 * width
    (_, before), (u, v) = points[-2:]
    back = v - math.copysign(tip, v - before)
    line = _rounded([*points[:-1], (u, back)], right)
    head = _path("MLL", [(u, v), (u - tip * 0.8, back), (u + tip * 0.8, back)], right)
    return (
        f'<path class="arrow" d="{line}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"/>'
        f'<path d="{head}z" fill="{colour}"/>'
    )


def skip(points: Sequence[tuple[float, float]], colour: str, direction: Direction) -> str:
    """A thin line from a feature map to a decoder, in the colour of the decoder's task."""
    line = _rounded(points, direction == "right")
    return f'<path class="skip" d="{line}" fill="none" stroke="{colour}" stroke-width="1.1" stroke-opacity="0.6"/>'


def _rounded(points: Sequence[tuple[float, float]], right: bool) -> str:
    """A line through corners, each rounded as far as its sides allow."""
    corners = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    commands, route = "M", [corners[0]]
    for (before, corner), (_, after) in pairwise(pairwise(corners)):
        reach = min(ROUND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        route += [_towards(corner, before, reach), corner, _towards(corner, after, reach)]
        commands += "LQ"
    return _path(f"{commands}L", [*route, corners[-1]], right)


def _towards(start: tuple[float, float], end: tuple[float, float], reach: float) -> tuple[float, float]:
    share = reach / math.dist(start, end)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


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
