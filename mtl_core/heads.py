"""Heads: what turns a trunk's features into a task's output, by kind of task."""

from __future__ import annotations

from mtl_core.blocks import Block, Linear, Map, MaskDecoder, Vector
from mtl_core.encoders import Trunk
from mtl_core.generation.base import Generation
from mtl_core.tasks import Task


def build_head(task: Task, trunk: Trunk, generation: Generation | None = None) -> tuple[Block, tuple[str, ...]]:
    """The head's block and the stages that it reads.

    Regression and binary: one number from the global code; multiclass: one logit a class
    from it; segmentation: a decoder from the feature maps and the code; generation: what its method says.

    Raises:
        TypeError: for a segmentation or generation task on inputs that have no feature maps.
    """
    code = trunk.shape(trunk.code)
    if not isinstance(code, Vector):
        raise TypeError(f"the global code must be a vector, got {code}")
    if task.kind == "generation":
        method, picture = _method(task, trunk, generation)
        return method.head(trunk, picture)
    if task.kind != "segmentation":
        return Linear(code, task.outputs), (trunk.code,)
    shapes = [trunk.shape(name) for name in trunk.maps]
    skips = tuple(shape for shape in shapes if isinstance(shape, Map))
    if not skips:
        raise TypeError(f"task {task.name!r} gives masks, which needs an image input")
    return MaskDecoder(skips, code, task.outputs, patch=trunk.patch), (*trunk.maps, trunk.code)


def build_generator(task: Task, trunk: Trunk, generation: Generation | None = None) -> Block | None:
    """What makes a generation task's pictures apart from the trunk; None for other tasks, or where its head does."""
    if task.kind != "generation":
        return None
    method, picture = _method(task, trunk, generation)
    return method.generator(picture)


def _method(task: Task, trunk: Trunk, generation: Generation | None) -> tuple[Generation, Map]:
    """The method, and what it shall make."""
    picture = trunk.inputs.get(f"input:{task.modality}")
    if not isinstance(picture, Map) or generation is None:
        raise TypeError(f"task {task.name!r} makes pictures, which needs the input {task.modality!r} and a method")
    return generation, picture
