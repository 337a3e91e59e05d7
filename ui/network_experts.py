"""The picture of a network of experts: each expert of a level one box, each gate one node, level after level.

Of what crosses a level unchanged only what a head reads is drawn; the rest would be a tangle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from mtl_core.blocks import Map
from mtl_core.layout import SHARED, Layout, Part
from mtl_core.mixing import Mixture
from ui.network_expert_rows import Geometry, expert_rows
from ui.network_nodes import RADIUS, Node, Strand
from ui.network_plan import Plan, expert_name, gate_text, number_of, owner_name, sum_text, two
from ui.network_shapes import BOX_W, SMALL, Box, Direction, Grid, Label, box_of, input_sizes, label_places, text_width
from ui.network_values import Mixed, expert_of, owner_of
from ui.words import t

MOST_EXPERTS = 14
"""Boxes of a level, at most; of more each owner's stand as one."""
SKIP = 12.0
"""From a lane's middle to what goes past its nodes to a head."""
TURN = 14.0
"""Before a column of experts, where the lines between them run straight."""


@dataclass(frozen=True)
class Experts:
    """The experts and gates in a layout.

    Attributes:
        layout: the network, its tasks folded where they are many.
        level_of: the level of each expert's part.
        stages: per level and expert its parts, in order.
        gates: per gate's name its level.
        mixtures: the gate of each mixture.
        counts: how many experts of each owner one box stands for, where they are too many; else empty.
    """

    layout: Layout
    level_of: dict[str, int] = field(default_factory=dict)
    stages: dict[tuple[int, str], list[Part]] = field(default_factory=dict)
    gates: dict[str, int] = field(default_factory=dict)
    mixtures: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, layout: Layout) -> Experts:
        """Read them off; a part that is not mixed belongs to the level of the part that reads it."""
        found = cls(layout)
        for part in reversed(layout.parts):
            if isinstance(part.block, Mixture):
                gate = part.inputs[0]
                level = int(re.sub(r".*/gate", "", gate))
                found.gates[gate], found.mixtures[part.name] = level, gate
                found.level_of.update(dict.fromkeys(part.inputs[1:], level))
            elif part.role == "trunk":
                for name in part.inputs:
                    if expert_of(name) != name:
                        found.level_of.setdefault(name, found.level_of[part.name])
        for part in layout.parts:
            if part.role == "trunk":
                found.stages.setdefault((found.level_of[part.name], expert_of(part.name)), []).append(part)
        return found

    def called(self, expert: str, names: Mapping[str, str]) -> str:
        """``Expert 2 (shared)``, or ``8 experts (shared)``."""
        owner = owner_of(expert)
        if self.counts.get(owner, 1) < 2:
            return expert_name(expert, names)
        task = owner_name(None if owner == SHARED else owner, names)
        return f"{t('network.experts', count=self.counts[owner])} ({task})"

    @cached_property
    def levels(self) -> int:
        """How many there are."""
        return 1 + max(self.gates.values())

    @cached_property
    def entered(self) -> dict[str, int]:
        """The first level at which an expert reads each input."""
        found: dict[str, int] = {}
        for (level, _), parts in self.stages.items():
            for name in [name for part in parts for name in part.inputs if name.startswith("input:")]:
                found[name] = min(level, found.get(name, level))
        return found


def expert_plan(
    layout: Layout,
    labels: Mapping[str, Label],
    names: Mapping[str, str],
    values: Mixed,
    direction: Direction,
    foot: float,
) -> Plan:
    """The boxes of inputs, experts and heads, the gates between them, and what leads to each."""
    experts, values = _few(Experts.of(layout), values)
    rows = expert_rows(list(layout.outputs), [expert for _, expert in experts.stages], experts.gates)
    heads = [part for part in layout.parts if part.role == "head"]
    skips = any(len({experts.mixtures[name] for name in head.inputs}) > 1 for head in heads)
    shape = Geometry(direction, rows, experts.levels, labels, foot, experts.entered, skips)
    boxes = dict(_boxes(experts, shape, names))
    shown = tuple(replace(part, inputs=(experts.mixtures[part.inputs[-1]],)) for part in heads)
    width, height = shape.frame()
    places = label_places(layout, boxes, direction)
    grid = Grid(direction, boxes, width, height, places, shape.gap)
    nodes = {node.name: node for node in _nodes(experts, shape, names, values)}
    roots = {(part.inputs[0], part.name): nodes[part.inputs[0]] for part in shown}
    strands = [*_weights(experts, shape, nodes, names, values), *_looks(experts, shape, nodes, names)]
    strands += _skips(experts, shape, nodes, heads)
    feeds = tuple(_feeds(experts, shape, nodes))
    return Plan(Layout(shown, layout.outputs), grid, {}, tuple(nodes.values()), tuple(strands), roots, feeds)


def _few(experts: Experts, values: Mixed) -> tuple[Experts, Mixed]:
    """Each owner's experts as one, where all of them are too many to be seen; its weight is their sum."""
    known = dict.fromkeys(expert for _, expert in experts.stages)
    if len(known) <= MOST_EXPERTS:
        return experts, values
    stages = {place: parts for place, parts in experts.stages.items() if place[1].endswith("/expert0")}
    gates: dict[str, dict[str, float]] = {}
    for gate, row in values.gates.items():
        for expert, weight in row.items():
            first = f"{owner_of(expert)}/expert0"
            kept = gates.setdefault(gate, {})
            kept[first] = kept.get(first, 0.0) + weight
    return replace(experts, stages=stages, counts=Counter(map(owner_of, known))), replace(values, gates=gates)


def _boxes(experts: Experts, shape: Geometry, names: Mapping[str, str]) -> Iterator[tuple[str, Box]]:
    for name, size in input_sizes(experts.layout).items():
        x, y = shape.at(shape.input_u(name), shape.input_v(name))
        yield name, Box(name, None, "input", size, x, y, "input")
    for (level, expert), parts in experts.stages.items():
        x, y = shape.at(shape.expert_u[level], shape.rows_v[expert])
        owner = parts[0].owner
        sizes = [str(part.block.output()) for part in parts]
        short = "·".join(sizes)
        words = short if text_width(short, SMALL) < BOX_W - 4 else t("network.stages", count=len(parts))
        about = f"{experts.called(expert, names)}: {', '.join(sizes)}"
        count = experts.counts.get(owner_of(expert), 1)
        number = t("network.expert", number=number_of(expert)) if count < 2 else t("network.experts", count=count)
        stacked = count > 1 or any(isinstance(part.block.output(), Map) for part in parts)
        key = f"{expert}:{level}"
        yield key, Box(key, owner, "expert", number, x, y, "expert", stacked, words, about)
    for part in experts.layout.parts:
        if part.role == "head":
            x, y = shape.at(shape.head_u, shape.rows_v[str(part.owner)])
            yield part.name, box_of(part, x, y)


def _owner(gate: str) -> str | None:
    owner = owner_of(gate)
    return None if owner == SHARED else owner


def _nodes(experts: Experts, shape: Geometry, names: Mapping[str, str], values: Mixed) -> Iterator[Node]:
    for gate, level in experts.gates.items():
        row = {experts.called(expert, names): value for expert, value in values.gates[gate].items()}
        about = gate_text(gate, sum_text(row, {}), names, experts.levels)
        yield Node(gate, _owner(gate), shape.gate_u[level], shape.rows_v[owner_of(gate)], 0.2, about)


def _weights(
    experts: Experts, shape: Geometry, nodes: Mapping[str, Node], names: Mapping[str, str], values: Mixed
) -> Iterator[Strand]:
    """From each expert to the gates that weigh it, the weak ones first."""
    found = []
    for gate, level in experts.gates.items():
        node = nodes[gate]
        for expert, weight in values.gates[gate].items():
            if (level, expert) not in experts.stages:
                continue
            said = {"value": two(weight), "task": owner_name(_owner(gate), names)}
            about = t("network.weight", expert=experts.called(expert, names), **said)
            start = (shape.expert_u[level] + shape.half, shape.rows_v[expert])
            found.append(Strand(start, (node.u - RADIUS, node.v), _owner(expert), weight, about))
    yield from sorted(found, key=lambda strand: strand.weight)


def _looks(experts: Experts, shape: Geometry, nodes: Mapping[str, Node], names: Mapping[str, str]) -> Iterator[Strand]:
    """What each gate looks at: the inputs, or what its owner's gate of the level before gave; past the experts."""
    for gate, level in experts.gates.items():
        node, about = nodes[gate], t("network.looks_at", task=owner_name(_owner(gate), names))
        turn = shape.expert_u[level] - shape.half - TURN
        starts = [
            (shape.input_u(name) + shape.half, shape.input_v(name))
            for name, first in experts.entered.items()
            if first == level
        ]
        before = nodes.get(f"{owner_of(gate)}/gate{level - 1}")
        starts += [] if before is None else [(before.u + RADIUS, before.v)]
        for start in starts:
            yield Strand(start, (node.u - RADIUS, node.v), _owner(gate), about=about, kind="look", turn=turn)


def _feeds(experts: Experts, shape: Geometry, nodes: Mapping[str, Node]) -> Iterator[tuple[tuple[float, float], str]]:
    """What each expert reads: inputs that enter at its level, and its owner's gate of the level before."""
    for (level, expert), parts in experts.stages.items():
        read = dict.fromkeys(name for part in parts for name in part.inputs)
        for name in read:
            if name.startswith("input:") and experts.entered[name] == level:
                yield (shape.input_u(name) + shape.half, shape.input_v(name)), f"{expert}:{level}"
        gates = dict.fromkeys(experts.mixtures[name] for name in read if name in experts.mixtures)
        for gate in [gate for gate in gates if experts.gates[gate] == level - 1]:
            yield (nodes[gate].u + RADIUS, nodes[gate].v), f"{expert}:{level}"


def _skips(experts: Experts, shape: Geometry, nodes: Mapping[str, Node], heads: list[Part]) -> Iterator[Strand]:
    """What a head reads of levels before the last one, past the nodes between."""
    for head in heads:
        last = experts.mixtures[head.inputs[-1]]
        for gate in dict.fromkeys(experts.mixtures[name] for name in head.inputs):
            if gate != last:
                node = nodes[gate]
                end = (shape.head_u - shape.half, node.v + SKIP)
                yield Strand((node.u, node.v + RADIUS), end, head.owner, kind="feed", turn=node.u + 3 * SKIP)
