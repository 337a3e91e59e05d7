"""The tasks' gradients as arrows, with the combined direction between them: the data step and the SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ui.colours import BEST_COLOUR, WORST_COLOUR
from ui.network_shapes import text_width
from ui.words import t

WIDTH, HEIGHT, LONGEST = 440.0, 278.0, 196.0
"""px of the picture, and of the longest arrow in it."""
FAN_HEIGHT, FAN_LONGEST = 360.0, 142.0
MOST_NAMED = 14
"""Letters of a task's name beside its arrow."""
QUIET = 'stroke="currentColor" stroke-opacity="0.16"'
Vector = tuple[float, float]


@dataclass(frozen=True)
class Arrows:
    """Gradients and their combination in the plane; the y axis points up.

    Attributes:
        tasks: their names.
        tips: of λ_i g_i, in their true lengths.
        parts: of w_i λ_i g_i, which add up to ``combined`` where the plane holds all of them.
        combined: of d = Jᵀw.
        falls: per task the cosine of its gradient with d: its loss falls along −d where it is positive.
        angle: degrees between two gradients; None where there are more: the plane does not hold them all, and each
            one's angle to d alone is true.
    """

    tasks: tuple[str, ...]
    tips: tuple[Vector, ...]
    parts: tuple[Vector, ...]
    combined: Vector
    falls: tuple[float, ...]
    angle: float | None

    @property
    def flat(self) -> bool:
        """Whether the plane holds all gradients."""
        return self.angle is not None

    @property
    def sides(self) -> Vector:
        """The directions of two gradients, left and right of straight up."""
        half = math.radians(self.angle or 0.0) / 2
        return math.pi / 2 + half, math.pi / 2 - half


def arrows_of(values: Mapping[str, Any]) -> Arrows | None:
    """The arrows of one measurement; None where a number is missing or there are fewer than two tasks."""
    tasks, norms, weights, cosine = (values[name] for name in ("tasks", "norms", "weights", "cosine"))
    known = all(v is not None for v in (*norms, *weights, *(entry for row in cosine for entry in row)))
    if len(tasks) < 2 or not known:
        return None
    gram = [[a * b * cosine[i][j] for j, b in enumerate(norms)] for i, a in enumerate(norms)]
    along = [sum(w * entry for w, entry in zip(weights, row, strict=True)) for row in gram]
    length = math.sqrt(max(0.0, sum(w * value for w, value in zip(weights, along, strict=True))))
    falls = [_clipped(value / (length * n)) if length * n > 0 else 0.0 for value, n in zip(along, norms, strict=True)]
    between = math.acos(_clipped(cosine[0][1])) if len(tasks) == 2 else None
    at = _fanned(falls) if between is None else [(math.pi + between) / 2, (math.pi - between) / 2]
    tips = [_at(angle, n) for angle, n in zip(at, norms, strict=True)]
    parts = [(w * x, w * y) for w, (x, y) in zip(weights, tips, strict=True)]
    summed = (sum(x for x, _ in parts), sum(y for _, y in parts))
    combined = (0.0, length) if between is None else summed
    degrees = None if between is None else math.degrees(between)
    return Arrows(tuple(tasks), tuple(tips), tuple(parts), combined, tuple(falls), degrees)


def arrows_picture(found: Arrows, colours: Mapping[str, str], trail: Sequence[Arrows] = ()) -> str:
    """The picture as SVG for :func:`ui.markup.show_markup`.

    Args:
        found: the newest arrows.
        colours: per task.
        trail: those before, oldest first: their tips stay as dots that fade.
    """
    frame = _Frame.of(found)
    drawn = [_ground(found, frame), *(_ghosts(trail, found, frame, colours))]
    if found.flat:
        drawn += [_parallelogram(found, frame), _corner(found, frame)]
    for task, tip in zip(found.tasks, found.tips, strict=True):
        drawn.append(_arrow(frame.at(tip), frame.origin, colours[task], 4.0))
    drawn.append(_arrow(frame.at(found.combined), frame.origin, "currentColor", 5.5))
    drawn += _labels(found, frame, colours)
    style = f"width:100%;max-width:{WIDTH + 60:.0f}px;display:block;margin:0 auto"
    look = f'fill="currentColor" font-size="13" style="{style}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {frame.height:.0f}" role="img" {look}>'
        f"<desc>{escape(in_words(found))}</desc>{''.join(drawn)}</svg>"
    )


def in_words(found: Arrows) -> str:
    """What the picture shows, for those who do not see it: the angle, and what becomes of each loss."""
    told = [t("gradients.falls" if fall > 0 else "gradients.rises", task=task) for task, fall in _each(found)]
    first = t("gradients.fan") if found.angle is None else t("gradients.angle", value=f"{found.angle:.0f}")
    return "; ".join([first, *told])


def _each(found: Arrows) -> list[tuple[str, float]]:
    return list(zip(found.tasks, found.falls, strict=True))


@dataclass(frozen=True)
class _Frame:
    """Where the arrows begin, in px, and how long 1 is."""

    origin: Vector
    scale: float
    height: float
    longest: float

    @classmethod
    def of(cls, found: Arrows) -> _Frame:
        """So large that the longest arrow has its length."""
        longest = LONGEST if found.flat else FAN_LONGEST
        reach = max(math.hypot(*tip) for tip in (*found.tips, found.combined)) or 1.0
        below = max(0.0, -min(y for _, y in (*found.tips, found.combined))) if found.flat else 0.0
        scale = min(longest / reach, 30 / below if below else math.inf)
        height = HEIGHT if found.flat else FAN_HEIGHT
        return cls((WIDTH / 2, HEIGHT - 46 if found.flat else FAN_HEIGHT / 2 + 6), scale, height, longest)

    def at(self, tip: Vector) -> Vector:
        """A place in the picture."""
        return self.origin[0] + self.scale * tip[0], self.origin[1] - self.scale * tip[1]


def _ground(found: Arrows, frame: _Frame) -> str:
    """Faint circles, and the wedge of all directions along which every loss falls (of a fan: each that is in it)."""
    if found.flat:
        first, second = found.sides
        low, high = first - math.pi / 2, second + math.pi / 2
    else:
        low, high = 0.0, math.pi
    (x, y), rim = frame.origin, frame.longest + 14
    wedge = f'<path d="{_slice(frame.origin, rim, low, high)}" fill="{BEST_COLOUR}" fill-opacity="0.13"/>'
    rings = "".join(_ring(frame.origin, share * frame.longest, found.flat) for share in (0.5, 1.0))
    base = f'<line x1="{x - rim:.1f}" x2="{x + rim:.1f}" y1="{y:.1f}" y2="{y:.1f}" {QUIET}/>'
    return f"<g>{wedge if high > low else ''}{rings}{base}</g>"


def _ring(origin: Vector, radius: float, half: bool) -> str:
    if half:
        return f'<path d="{_arc(origin, radius, 0, math.pi)}" fill="none" {QUIET}/>'
    return f'<circle cx="{origin[0]:.1f}" cy="{origin[1]:.1f}" r="{radius:.1f}" fill="none" {QUIET}/>'


def _ghosts(trail: Sequence[Arrows], found: Arrows, frame: _Frame, colours: Mapping[str, str]) -> list[str]:
    """The tips of the measurements before, smaller and fainter the older they are."""
    drawn = []
    for age, old in enumerate(reversed(trail), start=1):
        if old.tasks != found.tasks:
            break
        strength = 0.5 * (1 - age / (len(trail) + 1))
        looks = [*(colours[task] for task in old.tasks), "currentColor"]
        for tip, colour in zip((*old.tips, old.combined), looks, strict=True):
            x, y = frame.at(_held(tip, (frame.longest + 40) / frame.scale))
            drawn.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1.4 + 2.4 * strength:.1f}" fill="{colour}" '
                f'fill-opacity="{strength:.2f}"/>'
            )
    return drawn


def _parallelogram(found: Arrows, frame: _Frame) -> str:
    """How w_1 g_1 and w_2 g_2 add up to d."""
    end, corners = frame.at(found.combined), [frame.at(part) for part in found.parts]
    way = "".join(f"M{x:.1f} {y:.1f}L{end[0]:.1f} {end[1]:.1f}" for x, y in corners)
    start = "".join(f"M{frame.origin[0]:.1f} {frame.origin[1]:.1f}L{x:.1f} {y:.1f}" for x, y in corners)
    look = 'fill="none" stroke="currentColor" stroke-opacity="0.4" stroke-width="1.3" stroke-dasharray="3 4"'
    return f'<path d="{way}{start}" {look}/>'


def _corner(found: Arrows, frame: _Frame) -> str:
    """The angle between two gradients, at their foot."""
    first, second = found.sides
    angle = found.angle or 0.0
    colour = WORST_COLOUR if angle > 90 else BEST_COLOUR
    x, y = frame.origin
    value = t("gradients.angle", value=f"{angle:.0f}")
    return (
        f'<path d="{_arc(frame.origin, 26, second, first)}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        f'<text x="{x:.1f}" y="{y + 24:.1f}" text-anchor="middle" font-weight="600" fill="{colour}">'
        f"{escape(value)}</text>"
    )


def _arrow(tip: Vector, foot: Vector, colour: str, width: float) -> str:
    """A line with a head; a dot where it is too short to have a direction."""
    length = math.dist(tip, foot)
    if length < 5:
        return f'<circle cx="{tip[0]:.1f}" cy="{tip[1]:.1f}" r="{width:.1f}" fill="{colour}"/>'
    head = min(3.4 * width, length)
    ux, uy = (tip[0] - foot[0]) / length, (tip[1] - foot[1]) / length
    bx, by = tip[0] - head * ux, tip[1] - head * uy
    side = 0.42 * head
    points = ((tip[0], tip[1]), (bx - side * uy, by + side * ux), (bx + side * uy, by - side * ux))
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<line x1="{foot[0]:.1f}" y1="{foot[1]:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="{colour}" '
        f'stroke-width="{width}" stroke-linecap="round"/><polygon points="{corners}" fill="{colour}"/>'
    )


def _labels(found: Arrows, frame: _Frame, colours: Mapping[str, str]) -> list[str]:
    """A name at each tip, on its side of the picture, moved apart where two would lie over each other."""
    wanted = [(task, frame.at(tip), colours[task]) for task, tip in zip(found.tasks, found.tips, strict=True)]
    wanted.append(("d = Jᵀw", frame.at(found.combined), "currentColor"))
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for text, (x, y), colour in wanted:
        name = text if len(text) <= MOST_NAMED else f"{text[: MOST_NAMED - 1]}…"
        left = x < frame.origin[0] - 4
        width = text_width(name, 13)
        middle = colour == "currentColor" or abs(x - frame.origin[0]) <= 4
        begin = x - width / 2 if middle else x - 12 - width if left else x + 12
        begin = min(max(begin, 4.0), WIDTH - width - 4)
        base = _free(y - 12 if middle else y + 4, begin, width, taken)
        taken.append((begin, begin + width, base))
        drawn.append(
            f'<text x="{begin:.1f}" y="{base:.1f}" font-weight="600" fill="{colour}" paint-order="stroke" '
            f'style="stroke:var(--st-background-color,#fff);stroke-width:4px;stroke-linejoin:round">{escape(name)}</text>'
        )
    return drawn


def _free(base: float, begin: float, width: float, taken: Sequence[tuple[float, float, float]]) -> float:
    """The next base line, from this one upwards, on which the text lies over no other."""
    base = min(max(base, 14.0), FAN_HEIGHT - 6)
    for low, high, line in sorted(taken, key=lambda place: -place[2]):
        if begin < high + 4 and begin + width > low - 4 and abs(base - line) < 16:
            base = line - 16 if line > 30 else line + 16
    return base


def _fanned(falls: Sequence[float]) -> list[float]:
    """Angles at which d points up and each gradient stands at its own angle to d, left and right in turn."""
    order = sorted(range(len(falls)), key=lambda i: -falls[i])
    side = {place: 1 if turn % 2 == 0 else -1 for turn, place in enumerate(order)}
    return [math.pi / 2 + side[i] * math.acos(fall) for i, fall in enumerate(falls)]


def _held(tip: Vector, longest: float) -> Vector:
    length = math.hypot(*tip)
    return tip if length <= longest else (tip[0] * longest / length, tip[1] * longest / length)


def _at(angle: float, length: float) -> Vector:
    return length * math.cos(angle), length * math.sin(angle)


def _clipped(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _slice(origin: Vector, radius: float, low: float, high: float) -> str:
    return f"{_arc(origin, radius, low, high)}L{origin[0]:.1f} {origin[1]:.1f}Z"


def _arc(origin: Vector, radius: float, low: float, high: float) -> str:
    """A circle's arc from one angle to a larger one, at most half a circle."""
    ends = [(origin[0] + radius * math.cos(a), origin[1] - radius * math.sin(a)) for a in (low, high)]
    return f"M{ends[0][0]:.1f} {ends[0][1]:.1f}A{radius:.1f} {radius:.1f} 0 0 0 {ends[1][0]:.1f} {ends[1][1]:.1f}"
