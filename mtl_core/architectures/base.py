"""Architecture: which stages of the trunk are shared, as typed fields and one layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.encoders import InputSpec, Trunk, build_trunk
from mtl_core.generation.base import Generation
from mtl_core.heads import build_generator, build_head
from mtl_core.layout import SHARED, Layout, Part
from mtl_core.model import Named
from mtl_core.tasks import Task

Width = Annotated[int, Field(ge=1, le=4096)]


class Architecture(Named):
    """How tasks share a network: ``inputs -> {task: output}``.

    A sharing architecture says for each stage of the trunk and each task who owns it;
    methods that mix columns override :meth:`layout`.
    """

    hidden: Annotated[
        list[Width], Field(max_length=8, description="Widths of the hidden layers; none: linear models of a table")
    ] = [64, 64]
    channels: Annotated[
        list[Width], Field(min_length=1, max_length=6, description="Channels of the convolutions (images only)")
    ] = [16, 32, 64]
    dropout: Annotated[float, Field(ge=0, lt=1, description="Share of units dropped in training")] = 0.0
    batch_norm: Annotated[
        bool | None, Field(description="Batch norm after each layer; left out: on for images, off for tables")
    ] = None

    embedding: Annotated[Width, Field(description="Numbers a word becomes (text only)")] = 100
    recurrent: Annotated[Width, Field(description="Width of the LSTM over the words (text only)")] = 64
    recurrent_layers: Annotated[int, Field(ge=1, le=4, description="Layers of the LSTM (text only)")] = 2
    fusion: Annotated[
        Literal["concat", "gated_sum", "cross_attention"], Field(description="How several inputs become one code")
    ] = "concat"
    fusion_width: Annotated[Width, Field(description="Width of the code of several inputs")] = 128

    default_regularizer: ClassVar[str | None] = None
    """Regularizer that this architecture has unless the spec lists others."""

    def shared_stages(self, stages: int) -> int:
        """Number of stages, from the input on, that all tasks share, of ``stages`` in the trunk."""
        raise TypeError(f"{type(self).__name__} must say how many stages are shared")

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        """All parts of the network for these inputs and tasks; ``generation`` is how tasks that make pictures do it."""
        trunk = build_trunk(inputs, self)
        shared = self.shared_stages(len(trunk.stages))
        parts = [Part(s.name, None, s.block, _named(s.inputs, trunk, shared, None)) for s in trunk.stages[:shared]]
        for task in tasks:
            for stage in trunk.stages[shared:]:
                parts.append(Part(stage.name, task.name, stage.block, _named(stage.inputs, trunk, shared, task.name)))
            block, reads = build_head(task, trunk, generation)
            parts.append(Part("head", task.name, block, _named(reads, trunk, shared, task.name), role="head"))
            apart = build_generator(task, trunk, generation)
            if apart is not None:
                parts.append(Part("generator", task.name, apart, (), role="generator"))
        return Layout(tuple(parts), {task.name: f"{task.name}/head" for task in tasks})


def _named(stages: Sequence[str], trunk: Trunk, shared: int, task: str | None) -> tuple[str, ...]:
    """Names of the parts that stand for these stages on a task's path."""
    common = {stage.name for stage in trunk.stages[:shared]}
    return tuple(
        s if s.startswith("input:") else f"{SHARED if s in common or task is None else task}/{s}" for s in stages
    )
