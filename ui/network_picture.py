"""A network drawn as SVG from its layout: grey for what is shared, one colour a task, arrows as wide as λ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2s
from html import escape
from itertools import pairwise

from mtl_core.layout import Layout, Part
from ui.colours import SHARED_COLOUR
from ui.lines import MOST_BESIDE
from ui.markup import show_markup
from ui.network_lines import arrow, skip, tie, way
from ui.network_many import BETWEEN, COLOUR, stack_name, stacked
from ui.network_routes import Ways, around, skip_way
from ui.network_shapes import BOX_H, BOX_W, LINE, MARGIN, SMALL, TEXT, Box, Direction, Grid, Label, place, text_width
from ui.words import t

MIN_ARROW, MAX_ARROW = 1.6, 8.0
FOOT = 26.0
ROOMS = (0.0, 16.0, 32.0, 64.0)
"""Px more between two lanes, tried one after another."""
WIDE, NARROW = 16, 11
"""Letters in a line of a task's name."""
SMALLEST, LEAST_LARGE = 0.78, 0.86
"""How far the picture may be made smaller: its text stays legible, and a narrow place scrolls instead."""


def show_network(
    layout: Layout,
    lambdas: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    strengths: float = 0.0,
    task_names: Mapping[str, str] | None = None,
    key: str = "network",
    large: bool = False,
) -> None:
    """Show the picture, from left to right where there is room, else from top to bottom.

    Args: as :func:`network_picture`; ``key`` keeps the node the same one, so that a change does not flicker;
        ``large``: as large as its place allows and never smaller than drawn.
    """
    wide = network_picture(layout, lambdas, colours, strengths=strengths, task_names=task_names)
    tall = network_picture(layout, lambdas, colours, strengths=strengths, task_names=task_names, direction="down")
    enough = round((LEAST_LARGE if large else SMALLEST) * _width(wide))
    style = f"<style>@container (min-width:{enough}px){{.tall{{display:none}}.wide{{display:block}}}}</style>"
    look = "large " if large else ""
    show_markup(f'{style}<div class="{look}wide">{wide}</div><div class="{look}tall">{tall}</div>', key=key)


def network_picture(
    layout: Layout,
    lambdas: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    strengths: float = 0.0,
    task_names: Mapping[str, str] | None = None,
    direction: Direction = "right",
) -> str:
    """The network as one SVG text; its text colour is CSS ``currentColor``.

    Args:
        layout: ``spec.layout()``.
        lambdas: λ of each task; width of the arrow into its head, dashed and thin where it is 0.
        colours: of each task, from :func:`ui.colours.task_colours`.
        strengths: γ, drawn as dotted ties between matching parts of different tasks; 0 for none.
        task_names: display names; the task's own name where one is missing.
        direction: which way data flow.
    """
    words = _description(layout, lambdas, task_names or {}, strengths)
    layout, stack = stacked(layout)
    names = {task: (task_names or {}).get(task, task) for task in layout.outputs}
    labels = {
        task: _label(names[task], f"λ {lambdas.get(task, 0.0):.3g}", _parameters(layout, task), direction)
        for task in layout.outputs
    }
    if stack is not None:
        own = t("network.parameters", count=_count(stack.parameters))
        labels[BETWEEN] = _label(stack_name(stack), stack.lambda_text(lambdas), own, direction)
        lambdas, colours = {**lambdas, BETWEEN: stack.mean_lambda(lambdas)}, {**colours, BETWEEN: COLOUR}
    shown = tuple(part for part in layout.parts if part.role != "generator")  # which is counted, not drawn
    layout = replace(layout, parts=shown)
    grid, ways = _laid_out(layout, labels, direction)
    drawn = [
        _shared_panel(layout, grid),
        *(tie(a, b, strengths, direction) for a, b in _tied(layout, grid) if strengths > 0),
        *_edges(layout, grid, ways, lambdas, colours),
        *(_draw_box(box, colours, grid.direction) for box in grid.boxes.values()),
        *_bent(layout, ways, colours, direction),
        *(_draw_label(task, labels[task], grid, colours) for task in layout.outputs),
    ]
    mark = blake2s(f"{direction}{words}".encode(), digest_size=4).hexdigest()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="network" viewBox="0 0 {grid.width:.0f} {grid.height:.0f}" '
        f'role="img" aria-labelledby="t{mark} d{mark}" style="--whole:{grid.width:.0f}px;--least:'
        f'{SMALLEST * grid.width:.0f}px" font-size="{TEXT}"><title id="t{mark}">{escape(t("network.title"))}</title>'
        f'<desc id="d{mark}">{escape(words)}</desc>{"".join(drawn)}</svg>'
    )


def _laid_out(layout: Layout, labels: Mapping[str, Label], direction: Direction) -> tuple[Grid, Ways]:
    """The boxes on their grid, with as much room between the lanes as the lines around them need."""
    foot = FOOT if layout.shared_parts() else 6.0
    for room in ROOMS:
        grid = place(layout, labels, direction, foot, room)
        ways = around(layout, grid)
        if all(ways.values()):
            break
    return grid, ways


def _edges(
    layout: Layout, grid: Grid, ways: Ways, lambdas: Mapping[str, float], colours: Mapping[str, str]
) -> list[str]:
    largest = max([lambdas.get(task, 0.0) for task in layout.outputs], default=0.0) or 1.0
    edges: list[str] = []
    for part in layout.parts:
        colour = colours.get(part.owner or "", SHARED_COLOUR)
        target = grid.boxes[part.name]
        if part.role == "trunk":
            plain = [grid.boxes[name] for name in part.inputs if not ways.get((name, part.name))]
            edges += [arrow(source, target, colour, MIN_ARROW, grid.direction) for source in plain]
            continue
        *skips, main = part.inputs
        beside = any(other.owner == part.owner and other.role == "trunk" for other in layout.parts)
        edges += [skip(skip_way(grid, name, part.name, beside=beside), colour, grid.direction) for name in skips]
        weight = lambdas.get(part.owner or "", 0.0)
        width = MIN_ARROW + (MAX_ARROW - MIN_ARROW) * weight / largest if weight > 0 else 1.0
        edges.append(arrow(grid.boxes[main], target, colour, width, grid.direction, dashed=weight <= 0))
    return edges


def _bent(layout: Layout, ways: Ways, colours: Mapping[str, str], direction: Direction) -> Iterator[str]:
    """The ways around boxes; drawn over the edges of stacked maps, into whose sides they run."""
    for part in layout.parts:
        for name in part.inputs:
            if corners := ways.get((name, part.name)):
                yield way(corners, colours.get(part.owner or "", SHARED_COLOUR), MIN_ARROW, direction)


def _draw_box(box: Box, colours: Mapping[str, str], direction: Direction) -> str:
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
    kind = t(f"network.{box.kind}")
    return (
        f'{behind}<rect class="sheet" x="{x}" y="{y}" {size}{line}/>'
        f'<rect x="{x}" y="{y}" {size} fill="{colour}" fill-opacity="{0.1 if box.kind == "input" else 0.16}"/>'
        f'<text x="{box.x}" y="{box.y - 2}" text-anchor="middle" font-weight="600">{escape(box.size)}</text>'
        f'<text x="{box.x}" y="{box.y + 12.5}" text-anchor="middle" font-size="{SMALL}" class="quiet">'
        f"{escape(kind)}</text>"
    )


def _draw_label(task: str, label: Label, grid: Grid, colours: Mapping[str, str]) -> str:
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


def _shared_panel(layout: Layout, grid: Grid) -> str:
    """A soft ground under what all tasks share, and at the picture's foot its number of parameters."""
    shared = [grid.boxes[part.name] for part in layout.shared_parts()]
    if not shared:
        return ""
    left, right = min(b.x for b in shared) - BOX_W / 2 - 12, max(b.x for b in shared) + BOX_W / 2 + 14
    top, bottom = min(b.y for b in shared) - BOX_H / 2 - 14, max(b.y for b in shared) + BOX_H / 2 + 14
    caption = f"{t('network.shared')} · {_parameters(layout, None)}"
    y = grid.height - MARGIN
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="14" '
        f'fill="{SHARED_COLOUR}" fill-opacity="0.1"/>'
        f'<rect x="{MARGIN}" y="{y - 9:.1f}" width="10" height="10" rx="3" fill="{SHARED_COLOUR}" fill-opacity="0.55"/>'
        f'<text x="{MARGIN + 16}" y="{y:.1f}" font-size="{SMALL}" class="quiet">{escape(caption)}</text>'
    )


def _tied(layout: Layout, grid: Grid) -> list[tuple[Box, Box]]:
    """Neighbouring boxes of one stage that belong to different tasks."""
    by_stage: dict[str, list[Part]] = {}
    for part in layout.parts:
        if part.role == "trunk" and part.owner is not None:
            by_stage.setdefault(part.stage, []).append(part)
    return [(grid.boxes[a.name], grid.boxes[b.name]) for parts in by_stage.values() for a, b in pairwise(parts)]


def _description(layout: Layout, lambdas: Mapping[str, float], names: Mapping[str, str], strength: float) -> str:
    shared = layout.shared_parts()
    first = t("network.describe_shared", count=len(shared)) if shared else t("network.nothing_shared")
    parts = [f"{first} ({_parameters(layout, None)})"] if shared else [first]
    if len(layout.outputs) > MOST_BESIDE:
        values = [lambdas.get(task, 0.0) for task in layout.outputs]
        span = f"{min(values):.3g} – {max(values):.3g}"
        own = _count(sum(part.block.parameters() for part in layout.parts if part.owner is not None))
        parts.append(t("network.describe_many", count=len(values), value=span, parameters=own))
    else:
        for task in layout.outputs:
            value, own = f"{lambdas.get(task, 0.0):.3g}", _parameters(layout, task)
            parts.append(t("network.describe_task", task=names.get(task, task), value=value, parameters=own))
    if strength > 0:
        parts.append(t("network.tied", value=f"{strength:.3g}"))
    return ". ".join(parts) + "."


def _parameters(layout: Layout, owner: str | None) -> str:
    """How many numbers an owner trains, in words; None: what all tasks share."""
    return t("network.parameters", count=_count(sum(p.block.parameters() for p in layout.parts if p.owner == owner)))


def _count(number: int) -> str:
    """Thousands apart by a thin space; a million and more in M."""
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number:,}".replace(",", "\u2009")


def _label(name: str, weight: str, size: str, direction: Direction) -> Label:
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


def _width(svg: str) -> float:
    start = svg.index('viewBox="0 0 ') + len('viewBox="0 0 ')
    return float(svg[start : svg.index(" ", start)])
