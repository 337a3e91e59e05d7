"""Where the boxes of a network picture stand: a layout's parts on a grid of depth and lanes, in px."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mtl_core.blocks import Convolution, Map, MaskDecoder, Shape, States, Tokens, Vector
from mtl_core.layout import Layout, Part

Direction = Literal["right", "down"]

BOX_W, BOX_H = 68.0, 42.0
MARGIN = 14.0
TEXT = 12.0
SMALL = 10.5
LINE = 15.0
GAP: dict[Direction, float] = {"right": 44.0, "down": 34.0}
"""Room between two boxes along the flow."""


@dataclass(frozen=True)
class Box:
    """One drawn part.

    Attributes:
        name: of the part, or ``input:<modality>``.
        owner: task, or None.
        kind: word on its second line: ``input``, ``conv``, ``dense``, ``head`` or ``decoder``.
        size: its output's size, on its first line.
        x: centre.
        y: centre.
        stage: the column it belongs to.
        stacked: drawn as a stack of feature maps.
        words: of its second line, instead of its kind's.
        about: words where one points.
    """

    name: str
    owner: str | None
    kind: str
    size: str
    x: float
    y: float
    stage: str
    stacked: bool = False
    words: str = ""
    about: str = ""


@dataclass(frozen=True)
class Grid:
    """All boxes, and the frame around them.

    Attributes:
        direction: which way data flow.
        boxes: by part name, inputs included.
        width: of the whole picture.
        height: of the whole picture.
        label_at: per task, where the words after its head begin (``right``) or are centred (``down``).
        gap: room between two boxes along the flow.
    """

    direction: Direction
    boxes: Mapping[str, Box]
    width: float
    height: float
    label_at: Mapping[str, tuple[float, float]]
    gap: float


@dataclass(frozen=True)
class Label:
    """The words after a task's head.

    Attributes:
        title: the task's name, on one or more lines.
        weight: its λ.
        size: how many numbers it trains, on one or more lines.
    """

    title: tuple[str, ...]
    weight: str
    size: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, from top to bottom."""
        return (*self.title, self.weight, *self.size)

    def width(self) -> float:
        """Estimated width of the longest line in px."""
        small = max(text_width(line, SMALL) for line in (self.weight, *self.size))
        return max(small, *(text_width(line) for line in self.title))


STAGE_KINDS = {
    "sentence": "lstm",
    "last_word": "last_word",
    "told": "film",
    "looks": "attention",
    "found": "found",
    "grounded": "film",
    "fusion": "fusion",
}
"""What stands on the box of a stage that is neither a convolution nor dense."""


def text_width(text: str, size: float = TEXT) -> float:
    """Estimated width of a text in px, a little more than it will be; wide characters count as one em."""
    return sum(size * (1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6) for c in text)


def place(
    layout: Layout,
    labels: Mapping[str, Label],
    direction: Direction,
    foot: float,
    room: float = 0.0,
    *,
    gap: float | None = None,
    lanes: Mapping[str, float] | None = None,
) -> Grid:
    """Put every part on the grid.

    Args:
        layout: the network.
        labels: per task the words after its head.
        direction: which way data flow.
        foot: height kept free below the boxes (the shared trunk's caption).
        room: more of it between two lanes, for lines.
        gap: between two boxes along the flow; left out: what arrows need.
        lanes: of each part and input; left out: a task's own, and the middle for what is shared.
    """
    depths, lanes, gap = _depths(layout), lanes or _lanes(layout), gap or GAP[direction]
    last = max(depths.values(), default=0) + 1
    label_w = max((label.width() for label in labels.values()), default=0.0)
    label_h = LINE * max((len(label.lines) for label in labels.values()), default=0)
    beside = 26 if len(input_sizes(layout)) > 1 else 22 if any(layout.columns().values()) else 14  # lines need room
    pitch = BOX_H + max(30.0, label_h - BOX_H + 14) if direction == "right" else max(BOX_W + beside, label_w + 10)
    pitch += room
    step = (BOX_W if direction == "right" else BOX_H) + gap
    first = min(lanes.values())

    def at(depth: int, lane: float) -> tuple[float, float]:
        along, across = depth * step, (lane - first) * pitch
        if direction == "right":
            return MARGIN + BOX_W / 2 + along, MARGIN + pitch / 2 + across
        return MARGIN + pitch / 2 + across, MARGIN + BOX_H / 2 + along

    boxes = {}
    for name, size in input_sizes(layout).items():
        x, y = at(0, lanes[name])
        boxes[name] = Box(name, None, "input", size, x, y, "input", stacked=False)
    for part in layout.parts:
        x, y = at(last if part.role == "head" else depths[part.name], lanes[part.name])
        boxes[part.name] = box_of(part, x, y)
    end = at(last, max(lanes.values()))
    if direction == "right":
        width, height = end[0] + BOX_W / 2 + 12 + label_w + MARGIN, end[1] + pitch / 2 + foot + MARGIN
    else:
        width, height = end[0] + pitch / 2 + MARGIN, end[1] + BOX_H / 2 + 10 + label_h + foot + MARGIN
    return Grid(direction, boxes, width, height, label_places(layout, boxes, direction), gap)


def _depths(layout: Layout) -> dict[str, int]:
    """How many parts lie before each trunk part on its longest way from an input, itself included."""
    depths: dict[str, int] = {}
    for part in layout.parts:
        if part.role == "trunk":
            depths[part.name] = 1 + max(depths.get(name, 0) for name in part.inputs)
    return depths


def _lanes(layout: Layout) -> dict[str, float]:
    """The lane of each part and input: a task's own, the middle for what is shared, beside it for single inputs."""
    inputs = input_sizes(layout)
    reached: dict[str, frozenset[str]] = {name: frozenset({name}) for name in inputs}
    for part in layout.parts:
        reached[part.name] = frozenset().union(*(reached[name] for name in part.inputs))
    apart = {name: i - (len(inputs) - 1) / 2 for i, name in enumerate(inputs)}
    alone = {name: apart[next(iter(found))] for name, found in reached.items() if len(found) == 1}
    owned = any(part.owner is not None and part.role == "trunk" and part.name in alone for part in layout.parts)
    room = len(inputs) if owned else 1
    tasks = {task: i * room for i, task in enumerate(layout.outputs)}
    middle = (len(tasks) - 1) * room / 2
    lanes = {name: middle + shift for name, shift in apart.items()}
    for part in layout.parts:
        shift = alone.get(part.name, 0.0) if part.role == "trunk" else 0.0
        lanes[part.name] = tasks.get(part.owner or "", middle) + shift
    return lanes


def shape_text(shape: Shape) -> str:
    """``64`` or ``16×28²``."""
    return str(shape)


def input_sizes(layout: Layout) -> dict[str, str]:
    """The inputs in the order in which parts read them, with their sizes."""
    sizes: dict[str, str] = {}
    for part in layout.parts:
        for i, name in enumerate(part.inputs):
            if name.startswith("input:"):
                sizes.setdefault(name, shape_text(_input_shape(part, i)))
    return sizes


def _input_shape(part: Part, place: int) -> Shape:
    """The shape of one of a part's inputs; blocks of several inputs list their shapes."""
    shapes = getattr(part.block, "inputs", None) or getattr(part.block, "code", None)
    if isinstance(shapes, tuple):
        shapes = shapes[place]
    assert isinstance(shapes, Vector | Map | Tokens | States), f"{part.name} must say what it reads"
    return shapes


def box_of(part: Part, x: float, y: float) -> Box:
    """The box of a part at a place."""
    shape = part.block.output()
    if part.role == "head":
        kind = "decoder" if isinstance(part.block, MaskDecoder) else "head"
    else:
        kind = "conv" if isinstance(part.block, Convolution) else STAGE_KINDS.get(part.stage, "dense")
    return Box(part.name, part.owner, kind, shape_text(shape), x, y, part.stage, stacked=isinstance(shape, Map))


def label_places(layout: Layout, boxes: Mapping[str, Box], direction: Direction) -> dict[str, tuple[float, float]]:
    """Per task where the words after its head begin, or are centred."""
    places = {}
    for task, name in layout.outputs.items():
        box = boxes[name]
        right = direction == "right"
        places[task] = (box.x + BOX_W / 2 + 12, box.y) if right else (box.x, box.y + BOX_H / 2 + 10)
    return places
