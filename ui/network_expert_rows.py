"""Where experts, gates and heads stand: rows across the flow, columns along it, in px."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mtl_core.layout import SHARED
from ui.network_shapes import BOX_H, BOX_W, LINE, MARGIN, Direction, Label
from ui.network_values import owner_of

LANE, NARROW_LANE = 34.0, 10.0
"""Across the flow, of the row of a gate and its head; the second where only a thin line runs beside boxes."""
BETWEEN_BOXES: Mapping[Direction, float] = {"right": 16.0, "down": 8.0}
TO_GATE: Mapping[Direction, float] = {"right": 84.0, "down": 66.0}
FROM_GATE: Mapping[Direction, float] = {"right": 56.0, "down": 44.0}
GAP: Mapping[Direction, float] = {"right": 60.0, "down": 46.0}


@dataclass(frozen=True)
class Rows:
    """What stands across the flow, from its first row to its last.

    Attributes:
        order: experts (``<owner>/expert<i>``) and lanes (the owner's name alone).
        lanes: those of them that are lanes.
    """

    order: tuple[str, ...]
    lanes: frozenset[str]

    @property
    def before(self) -> int:
        """Experts before the first task's lane."""
        return self._counts[0]

    @property
    def between(self) -> int:
        """Experts between neighbouring tasks' lanes, at least."""
        return min(self._counts[1:], default=len(self.order))

    @cached_property
    def _counts(self) -> list[int]:
        counts = [0]
        for name in self.order:
            if name not in self.lanes:
                counts[-1] += 1
            elif name != SHARED:
                counts.append(0)
        return counts[:-1]


def expert_rows(tasks: list[str], experts: Iterable[str], gates: Iterable[str]) -> Rows:
    """Lanes between own and shared experts, half of the tasks on each side of these; among them where none is own."""
    by_owner: dict[str, list[str]] = {}
    for expert in dict.fromkeys(experts):
        by_owner.setdefault(owner_of(expert), []).append(expert)
    shared, passed = by_owner.pop(SHARED, []), [SHARED] if any(owner_of(gate) == SHARED for gate in gates) else []
    half = -(-len(shared) // 2)
    middle = [*shared[:half], *passed, *shared[half:]]
    first = -(-len(tasks) // 2)
    order: list[str] = []
    for place, task in enumerate(tasks):
        own = by_owner.get(task, [])
        if place == first and by_owner:
            order += middle
        order += [*own, task] if place < first else [task, *own]
    order = order if by_owner else _among(tasks, middle)
    return Rows(tuple(order), frozenset([*tasks, *passed]))


def _among(tasks: list[str], experts: list[str]) -> list[str]:
    """The tasks' lanes spread evenly among the experts."""
    order: list[str] = []
    for place, task in enumerate(tasks):
        here = round((place + 0.5) * len(experts) / len(tasks))
        order += [*experts[len(order) - place : here], task]
    return [*order, *experts[len(order) - len(tasks) :]]


@dataclass(frozen=True)
class Geometry:
    """Places in px.

    Attributes:
        direction: which way data flow.
        rows: across the flow.
        levels: of experts.
        labels: per task the words after its head.
        foot: height kept free below.
        inputs: the level at which each input enters.
        skips: whether a head reads what goes past a level.
    """

    direction: Direction
    rows: Rows
    levels: int
    labels: Mapping[str, Label]
    foot: float
    inputs: Mapping[str, int]
    skips: bool

    @property
    def half(self) -> float:
        """Of a box along the flow."""
        return (BOX_W if self.direction == "right" else BOX_H) / 2

    @property
    def gap(self) -> float:
        """Between inputs and experts."""
        return GAP[self.direction]

    @cached_property
    def _box(self) -> float:
        """A box's row across the flow."""
        return (BOX_H if self.direction == "right" else BOX_W) + BETWEEN_BOXES[self.direction]

    @property
    def _lane(self) -> float:
        """A lane's row across the flow, at least."""
        return LANE if self.skips or self.direction == "right" else NARROW_LANE

    @cached_property
    def _label(self) -> tuple[float, float]:
        """Width and height of the largest label."""
        lines = max((len(label.lines) for label in self.labels.values()), default=0)
        return max((label.width() for label in self.labels.values()), default=0.0), LINE * lines

    @cached_property
    def _pitch(self) -> float:
        """Between two heads, at least."""
        width, height = self._label
        return max(self._box, height + 14) if self.direction == "right" else max(self._box, width + 10)

    @cached_property
    def rows_v(self) -> dict[str, float]:
        """Place across the flow of each row's middle."""
        lane = max(self._lane, self._pitch - self.rows.between * self._box)
        sizes = {name: lane if name in self.rows.lanes and name != SHARED else self._box for name in self.rows.order}
        sizes |= {SHARED: self._lane} if SHARED in sizes else {}
        v = MARGIN + max(0.0, (self._pitch - lane) / 2 - self.rows.before * self._box)
        v += self._box if any(self.inputs.values()) else 0.0
        places = {}
        for name, size in sizes.items():
            places[name] = v + size / 2
            v += size
        return places

    @cached_property
    def expert_u(self) -> list[float]:
        """Place along the flow of each level's experts."""
        step = 4 * self.half / 2 + TO_GATE[self.direction] + FROM_GATE[self.direction]
        return [MARGIN + 3 * self.half + self.gap + level * step for level in range(self.levels)]

    @cached_property
    def gate_u(self) -> list[float]:
        """Of each level's gates."""
        return [u + self.half + TO_GATE[self.direction] for u in self.expert_u]

    @cached_property
    def head_u(self) -> float:
        """Of the heads."""
        return self.gate_u[-1] + FROM_GATE[self.direction] + self.half

    def input_u(self, name: str) -> float:
        """Of an input: before the level at which it enters."""
        level = self.inputs[name]
        return self.gate_u[level - 1] - self.half if level else MARGIN + self.half

    def input_v(self, name: str) -> float:
        """Across: around the middle; above all rows where it enters later."""
        level, places = self.inputs[name], list(self.rows_v.values())
        if level:
            return min(places) - self._box
        beside = [other for other, first in self.inputs.items() if not first]
        return (min(places) + max(places)) / 2 + (beside.index(name) - (len(beside) - 1) / 2) * self._box * 1.2

    def at(self, u: float, v: float) -> tuple[float, float]:
        """x and y."""
        return (u, v) if self.direction == "right" else (v, u)

    def frame(self) -> tuple[float, float]:
        """Width and height of the picture."""
        width, height = self._label
        last = self.rows.order[-1]
        end = self.rows_v[last] + (self._pitch if last in self.rows.lanes else self._box) / 2
        lanes = [self.rows_v[name] for name in self.rows.lanes]
        end = max(end, max(lanes) + self._pitch / 2)
        if self.direction == "right":
            return self.head_u + self.half + 12 + width + MARGIN, end + self.foot + MARGIN
        return end + MARGIN, self.head_u + self.half + 10 + height + self.foot + MARGIN
