"""Pictures of networks whose columns mix: stitches between tasks' columns, masks on shared maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mtl_core.layout import SHARED, Layout, Part
from mtl_core.mixing import Attended, Mask, Stitch
from ui.network_nodes import RADIUS, Node, Strand
from ui.network_plan import Plan, owner_name, sum_text, two
from ui.network_routes import Ways, around
from ui.network_shapes import BOX_H, BOX_W, Direction, Grid, Label, input_sizes, place
from ui.network_values import Mixed, mixed_stage
from ui.words import t

GAPS: Mapping[Direction, float] = {"right": 92.0, "down": 66.0}
"""Room between two boxes along the flow, for a node and what leads to it."""
AT = 0.58
"""Where in the gap behind a box its node stands."""
ROOMS = (0.0, 16.0, 32.0, 64.0)
"""Px more between two lanes, tried one after another."""
MOST_NUMBERS = 3
"""Tasks, at most, whose numbers are printed beside their nodes."""


def column_plan(
    layout: Layout,
    labels: Mapping[str, Label],
    names: Mapping[str, str],
    values: Mixed,
    direction: Direction,
    foot: float,
) -> Plan:
    """The boxes of all columns, and a node behind a box where what it gives is stitched or masked."""
    plain = without_mixers(layout)
    masked = any(isinstance(part.block, Mask) for part in layout.parts)
    grid, ways = _laid_out(plain, labels, direction, foot, _beside(plain) if masked else None)
    lanes = {part.owner: across(grid, part.name) for part in layout.parts if part.role == "head"}
    nodes = {n.name: n for n in (_mask_nodes if masked else _stitch_nodes)(layout, grid, lanes, names, values)}
    if len(layout.outputs) > MOST_NUMBERS:
        nodes = {name: replace(node, number="") for name, node in nodes.items()}
    strands = tuple((_mask_strands if masked else _stitch_strands)(layout, grid, nodes, names, values))
    roots = {
        (origin(layout, name), part.name): nodes[name] for part in layout.parts for name in part.inputs if name in nodes
    }
    return Plan(plain, grid, ways, tuple(nodes.values()), strands, roots)


def without_mixers(layout: Layout) -> Layout:
    """The layout with each mixer replaced by the part behind which its node is drawn."""
    kept = [part for part in layout.parts if part.role != "mixer"]
    feeds = [tuple(origin(layout, name) for name in part.inputs) for part in kept]
    return Layout(tuple(replace(p, inputs=i) for p, i in zip(kept, feeds, strict=True)), layout.outputs)


def origin(layout: Layout, name: str) -> str:
    """The part behind which a mixer's node stands; any other name as it is."""
    part = next((part for part in layout.parts if part.name == name and part.role == "mixer"), None)
    if part is None:
        return name
    owner = part.owner if isinstance(part.block, Stitch) else None
    return f"{owner or SHARED}/{mixed_stage(part)}"


def _laid_out(
    plain: Layout,
    labels: Mapping[str, Label],
    direction: Direction,
    foot: float,
    lanes: Mapping[str, float] | None,
) -> tuple[Grid, Ways]:
    for room in ROOMS:
        grid = place(plain, labels, direction, foot, room, gap=GAPS[direction], lanes=lanes)
        ways = around(plain, grid)
        if all(ways.values()):
            break
    return grid, ways


def _beside(plain: Layout) -> dict[str, float]:
    """Lanes with all that is shared on one side of the tasks, images next to them."""
    inputs = list(input_sizes(plain))
    tasks = {task: float(i) for i, task in enumerate(plain.outputs)}
    lanes = {name: -1.0 - i for i, name in enumerate(inputs)}
    for part in plain.parts:
        lanes[part.name] = tasks[part.owner] if part.owner in tasks else min(lanes[name] for name in part.inputs)
    return lanes


def across(grid: Grid, name: str) -> float:
    """A box's place across the flow."""
    box = grid.boxes[name]
    return box.y if grid.direction == "right" else box.x


def behind(grid: Grid, name: str) -> float:
    """Where along the flow a box ends."""
    box = grid.boxes[name]
    return box.x + BOX_W / 2 if grid.direction == "right" else box.y + BOX_H / 2


def _stitch_nodes(
    layout: Layout, grid: Grid, lanes: Mapping[str | None, float], names: Mapping[str, str], values: Mixed
) -> Iterator[Node]:
    for part in layout.parts:
        if isinstance(part.block, Stitch) and part.owner is not None:
            row, box = values.stitches[part.name], origin(layout, part.name)
            task = owner_name(part.owner, names)
            about = t("network.stitch", task=task, stage=mixed_stage(part), sum=sum_text(row, names))
            number = two(row[part.owner])
            u = behind(grid, box) + AT * grid.gap
            yield Node(part.name, part.owner, u, across(grid, box), 0.2, about, number)


def _stitch_strands(
    layout: Layout, grid: Grid, nodes: Mapping[str, Node], names: Mapping[str, str], values: Mixed
) -> Iterator[Strand]:
    """From every column's box to every node behind that stage, the weak ones first."""
    found = []
    for name, node in nodes.items():
        stage = mixed_stage(next(part for part in layout.parts if part.name == name))
        task = owner_name(node.owner, names)
        for source, weight in values.stitches[name].items():
            box = f"{source}/{stage}"
            said = {"value": two(weight), "task": task, "source": owner_name(source, names), "stage": stage}
            start = (behind(grid, box), across(grid, box))
            found.append(Strand(start, (node.u - RADIUS, node.v), source, weight, t("network.alpha", **said)))
    yield from sorted(found, key=lambda strand: abs(strand.weight))


def _mask_nodes(
    layout: Layout, grid: Grid, lanes: Mapping[str | None, float], names: Mapping[str, str], values: Mixed
) -> Iterator[Node]:
    for part in layout.parts:
        if isinstance(part.block, Attended):
            mean = values.masks[part.inputs[0]]
            said = {"task": owner_name(part.owner, names), "stage": mixed_stage(part), "value": two(mean)}
            u = behind(grid, origin(layout, part.name)) + AT * grid.gap
            number = two(mean) if values.told else ""
            yield Node(part.name, part.owner, u, lanes[part.owner], mean, t("network.mask", **said), number)


def _mask_strands(
    layout: Layout, grid: Grid, nodes: Mapping[str, Node], names: Mapping[str, str], values: Mixed
) -> Iterator[Strand]:
    """From each shared map to its masks, and from mask to mask of a task."""
    by_name: dict[str, Part] = {part.name: part for part in layout.parts}
    for name, node in nodes.items():
        box = origin(layout, name)
        yield Strand((behind(grid, box), across(grid, box)), (node.u - RADIUS, node.v), None, kind="feed")
        for before in by_name[by_name[name].inputs[0]].inputs[1:]:
            if (start := nodes.get(by_name[before].inputs[0])) is not None:
                yield Strand((start.u + RADIUS, start.v), (node.u - RADIUS, node.v), node.owner, kind="feed")
