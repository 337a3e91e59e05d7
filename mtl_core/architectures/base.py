"""Architecture: which stages of the trunk are shared, as typed fields and one layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.encoders import InputSpec, Trunk, build_trunk
from mtl_core.errors import Problem
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
    patch: Annotated[
        int, Field(ge=1, le=8, description="Side of the patches of pixels that enter as channels (images only)")
    ] = 1
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
    least_tasks: ClassVar[int] = 1
    mixes_stages: ClassVar[bool] = False
    """Whether it mixes what layers give: linear models of a table have none."""
    needs_maps: ClassVar[bool] = False
    """Whether it works on the maps of convolutions."""

    def shared_stages(self, stages: int) -> int:
        """Number of stages, from the input on, that all tasks share, of ``stages`` in the trunk."""
        raise TypeError(f"{type(self).__name__} must say how many stages are shared")

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        """All parts of the network for these inputs and tasks; ``generation`` is how tasks that make pictures do it."""
        trunk = build_trunk(inputs, self)
        shared = self.shared_stages(len(trunk.stages))
        common = {stage.name for stage in trunk.stages[:shared]}

        def given(stage: str, task: str | None) -> str:
            return f"{SHARED if stage in common or task is None else task}/{stage}"

        parts = [Part(s.name, None, s.block, fed(s.inputs, given, None)) for s in trunk.stages[:shared]]
        for task in tasks:
            for stage in trunk.stages[shared:]:
                parts.append(Part(stage.name, task.name, stage.block, fed(stage.inputs, given, task.name)))
            parts += ends(task, trunk, generation, given)
        return whole(parts, tasks)

    def problems(self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task]) -> Iterator[Problem]:
        """Why it cannot work with these inputs and tasks; nothing where it can."""
        maps = any(isinstance(source.shape, Map) for source in inputs.values())
        if len(tasks) < self.least_tasks:
            rule = f"needs at least {self.least_tasks} tasks; with one task use separate"
            yield Problem("architecture.name", rule, self.name)
        if self.needs_maps and not maps:
            rule = "attends to the maps of convolutions, so it needs an image among the inputs"
            yield Problem("architecture.name", rule, self.name)
        elif self.mixes_stages and not build_trunk(inputs, self).stages:
            rule = f"{self.name} mixes what hidden layers give, so it needs at least one"
            yield Problem("architecture.hidden", rule, self.hidden)


Given = Callable[[str, str | None], str]
"""Name of the part that stands for a stage on the way of a task (None: of what is shared)."""


def fed(stages: Sequence[str], given: Given, task: str | None) -> tuple[str, ...]:
    """Names of the parts, or inputs, that stand for these stages on a task's way."""
    return tuple(stage if stage.startswith("input:") else given(stage, task) for stage in stages)


def ends(task: Task, trunk: Trunk, generation: Generation | None, given: Given) -> list[Part]:
    """A task's head and, where it makes pictures apart from the trunk, its generator."""
    block, reads = build_head(task, trunk, generation)
    parts = [Part("head", task.name, block, fed(reads, given, task.name), role="head")]
    apart = build_generator(task, trunk, generation)
    return parts if apart is None else [*parts, Part("generator", task.name, apart, (), role="generator")]


def read_by(task: Task, trunk: Trunk, generation: Generation | None) -> frozenset[str]:
    """The stages that a task's head reads."""
    return frozenset(build_head(task, trunk, generation)[1])


def whole(parts: Sequence[Part], tasks: Sequence[Task]) -> Layout:
    """The layout of all parts, with the heads as outputs."""
    return Layout(tuple(parts), {task.name: f"{task.name}/head" for task in tasks})
