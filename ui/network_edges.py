"""The arrows of a network picture: along its parts, around its boxes, as wide as λ into its heads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from mtl_core.layout import Part
from ui.colours import SHARED_COLOUR
from ui.network_lines import arrow, arrow_from, skip, tie, way
from ui.network_nodes import RADIUS, rerooted
from ui.network_plan import Plan
from ui.network_routes import skip_way

MIN_ARROW, MAX_ARROW = 1.6, 8.0


def edges(plan: Plan, lambdas: Mapping[str, float], colours: Mapping[str, str]) -> Iterator[str]:
    """Every plain arrow, and the skips."""
    largest = max([lambdas.get(task, 0.0) for task in plan.layout.outputs], default=0.0) or 1.0
    for start, target in plan.feeds:
        box = plan.grid.boxes[target]
        colour = colours.get(box.owner or "", SHARED_COLOUR)
        yield arrow_from(start, box, colour, MIN_ARROW, plan.grid.direction)
    for part in plan.layout.parts:
        if part.role == "trunk":
            for name in part.inputs:
                if not plan.ways.get((name, part.name)):
                    yield _arrow(plan, name, part, colours, MIN_ARROW)
            continue
        *skips, main = part.inputs
        yield from (_skip(plan, name, part, colours) for name in skips)
        weight = lambdas.get(part.owner or "", 0.0)
        width = MIN_ARROW + (MAX_ARROW - MIN_ARROW) * weight / largest if weight > 0 else 1.0
        yield _arrow(plan, main, part, colours, width, dashed=weight <= 0)


def _arrow(
    plan: Plan, source: str, part: Part, colours: Mapping[str, str], width: float, *, dashed: bool = False
) -> str:
    colour, target = colours.get(part.owner or "", SHARED_COLOUR), plan.grid.boxes[part.name]
    if root := plan.roots.get((source, part.name)):
        return arrow_from((root.u + RADIUS, root.v), target, colour, width, plan.grid.direction, dashed=dashed)
    return arrow(plan.grid.boxes[source], target, colour, width, plan.grid.direction, dashed=dashed)


def _skip(plan: Plan, source: str, part: Part, colours: Mapping[str, str]) -> str:
    beside = any(other.owner == part.owner and other.role == "trunk" for other in plan.layout.parts)
    points = skip_way(plan.grid, source, part.name, beside=beside)
    root = plan.roots.get((source, part.name))
    points = points if root is None else rerooted(points, root)
    return skip(points, colours.get(part.owner or "", SHARED_COLOUR), plan.grid.direction)


def bent(plan: Plan, colours: Mapping[str, str]) -> Iterator[str]:
    """The ways around boxes; drawn over the edges of stacked maps, into whose sides they run."""
    for part in plan.layout.parts:
        for name in part.inputs:
            if corners := plan.ways.get((name, part.name)):
                root = plan.roots.get((name, part.name))
                points = corners if root is None else rerooted(corners, root)
                yield way(points, colours.get(part.owner or "", SHARED_COLOUR), MIN_ARROW, plan.grid.direction)


def ties(plan: Plan, strength: float) -> Iterator[str]:
    """Links between neighbouring boxes of one stage that belong to different tasks; none where γ is 0."""
    by_stage: dict[str, list[Part]] = {}
    for part in plan.layout.parts if strength > 0 else ():
        if part.role == "trunk" and part.owner is not None:
            by_stage.setdefault(part.stage, []).append(part)
    boxes = plan.grid.boxes
    for parts in by_stage.values():
        for a, b in pairwise(parts):
            yield tie(boxes[a.name], boxes[b.name], strength, plan.grid.direction)
