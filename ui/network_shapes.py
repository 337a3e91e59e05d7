"""Where the boxes of a network picture stand: a layout's parts on a grid of depth and lanes, in px."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mtl_core.blocks import Convolution, Map, MaskDecoder, Shape
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
    """

    name: str
    owner: str | None
    kind: str
    size: str
    x: float
    y: float
    stage: str
    stacked: bool = False


@dataclass(frozen=True)
class Grid:
    """All boxes, and the frame around them.

    Attributes:
        direction: which way data flow.
        boxes: by part name, inputs included.
        width: of the whole picture.
        height: of the whole picture.
        label_at: per task, where the words after its head begin (``right``) or are centred (``down``).
    """

    direction: Direction
    boxes: Mapping[str, Box]
    width: float
    height: float
    label_at: Mapping[str, tuple[float, float]]


def text_width(text: str, size: float = TEXT) -> float:
    """Estimated width of a text in px, a little more than it will be; wide characters count as one em."""
    return sum(size * (1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6) for c in text)


def place(layout: Layout, labels: Mapping[str, tuple[str, ...]], direction: Direction, foot: float) -> Grid:
    """Put every part on the grid.

    Args:
        layout: the network.
        labels: per task the lines of words after its head.
        direction: which way data flow.
        foot: height kept free below the boxes (the shared trunk's caption).
    """
    stages = list(dict.fromkeys(part.stage for part in layout.parts if part.role == "trunk"))
    lanes = {task: i for i, task in enumerate(layout.outputs)}
    label_w = max((text_width(line) for lines in labels.values() for line in lines), default=0.0)
    label_h = LINE * max((len(lines) for lines in labels.values()), default=0)
    pitch = BOX_H + max(30.0, label_h - BOX_H + 14) if direction == "right" else max(BOX_W + 26, label_w + 14)
    step = (BOX_W if direction == "right" else BOX_H) + GAP[direction]
    middle = (len(lanes) - 1) / 2

    def at(depth: int, lane: float) -> tuple[float, float]:
        along, across = depth * step, lane * pitch
        if direction == "right":
            return MARGIN + BOX_W / 2 + along, MARGIN + pitch / 2 + across
        return MARGIN + pitch / 2 + across, MARGIN + BOX_H / 2 + along

    boxes = _input_boxes(layout, at, middle)
    for part in layout.parts:
        depth = len(stages) + 1 if part.role == "head" else stages.index(part.stage) + 1
        x, y = at(depth, lanes.get(part.owner or "", middle))
        boxes[part.name] = _box(part, x, y)
    end = at(len(stages) + 1, len(lanes) - 1)
    if direction == "right":
        width, height = end[0] + BOX_W / 2 + 12 + label_w + MARGIN, end[1] + pitch / 2 + foot + MARGIN
    else:
        width, height = end[0] + pitch / 2 + MARGIN, end[1] + BOX_H / 2 + 10 + label_h + foot + MARGIN
    return Grid(direction, boxes, width, height, _label_places(layout, boxes, direction))


def shape_text(shape: Shape) -> str:
    """``64`` or ``16×28²``."""
    return str(shape)


def _input_boxes(layout: Layout, at: Callable[[int, float], tuple[float, float]], middle: float) -> dict[str, Box]:
    shapes: dict[str, str] = {}
    for part in layout.parts:
        for name in part.inputs:
            if name.startswith("input:") and hasattr(part.block, "inputs"):
                shapes.setdefault(name, shape_text(part.block.inputs))
    boxes: dict[str, Box] = {}
    for i, (name, size) in enumerate(shapes.items()):
        x, y = at(0, middle + i - (len(shapes) - 1) / 2)
        boxes[name] = Box(name, None, "input", size, x, y, "input", stacked=False)
    return boxes


def _box(part: Part, x: float, y: float) -> Box:
    shape = part.block.output()
    if part.role == "head":
        kind = "decoder" if isinstance(part.block, MaskDecoder) else "head"
    else:
        kind = "conv" if isinstance(part.block, Convolution) else "dense"
    return Box(part.name, part.owner, kind, shape_text(shape), x, y, part.stage, stacked=isinstance(shape, Map))


def _label_places(layout: Layout, boxes: Mapping[str, Box], direction: Direction) -> dict[str, tuple[float, float]]:
    places = {}
    for task, name in layout.outputs.items():
        box = boxes[name]
        right = direction == "right"
        places[task] = (box.x + BOX_W / 2 + 12, box.y) if right else (box.x, box.y + BOX_H / 2 + 10)
    return places
