"""Heads: what turns a trunk's features into a task's output, by kind of task."""

from __future__ import annotations

from mtl_core.blocks import Block, Linear, Map, MaskDecoder, Vector
from mtl_core.encoders import Trunk
from mtl_core.tasks import Task


def build_head(task: Task, trunk: Trunk) -> tuple[Block, tuple[str, ...]]:
    """The head's block and the stages that it reads.

    Regression and binary: one number from the global code; multiclass: one logit a class
    from it; segmentation: a decoder from the feature maps and the code.

    Raises:
        TypeError: for a segmentation task on inputs that have no feature maps.
    """
    code = trunk.shape(trunk.code)
    if not isinstance(code, Vector):
        raise TypeError(f"the global code must be a vector, got {code}")
    if task.kind != "segmentation":
        return Linear(code, task.outputs), (trunk.code,)
    shapes = [trunk.shape(name) for name in trunk.maps]
    skips = tuple(shape for shape in shapes if isinstance(shape, Map))
    if not skips:
        raise TypeError(f"task {task.name!r} gives masks, which needs an image input")
    return MaskDecoder(skips, code, task.outputs), (*trunk.maps, trunk.code)
