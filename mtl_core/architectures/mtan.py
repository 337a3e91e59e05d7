"""``mtan``: shared convolutions, and an attention mask per task on each of their maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from mtl_core.architectures.base import Architecture, Given, ends, fed, whole
from mtl_core.blocks import Convolution, Map
from mtl_core.encoders import InputSpec, Stage, Trunk, build_trunk
from mtl_core.generation.base import Generation
from mtl_core.layout import SHARED, Layout, Part
from mtl_core.mixing import Attended, Mask
from mtl_core.tasks import Task


class Mtan(Architecture):
    """Multi-task attention network: convolutions for all, â_tj = a_tj ⊙ p_j of each map for a task, a learned mask.

    a_tj = σ(BN(H_tj ReLU(BN(G_tj [u_j, f_tj(â_t,j−1)])))), G and H 1×1 convolutions, f a 3×3 one with BN and ReLU,
    pooled to the next size. The paper's blocks have several convolutions, u the first one's output and p the last
    one's; here a block has one, so both are its output. The paper shares f among tasks; here each task has its own, so
    that a mask depends on nothing that another task has attended to. Behind the maps all stages are the task's own.
    """

    name: Literal["mtan"] = "mtan"
    source: ClassVar[str] = "Liu et al. 2019, End-to-end multi-task learning with attention, eq. 1-2"
    needs_maps: ClassVar[bool] = True

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        trunk = build_trunk(inputs, self)
        own, attended = _behind_maps(trunk), {stage.name for stage in trunk.stages if _convolves(stage)}

        def given(stage: str, task: str | None) -> str:
            if stage in attended and task is not None:
                return f"{task}/attended_{stage}"
            return f"{task if stage in own else SHARED}/{stage}"

        common = [stage for stage in trunk.stages if stage.name not in own]
        parts = [Part(stage.name, None, stage.block, fed(stage.inputs, given, None)) for stage in common]
        for task in tasks:
            parts += self._masks(trunk, task.name)
            parts += _own(trunk, own, given, task.name)
            parts += ends(task, trunk, generation, given)
        return whole(parts, tasks)

    def _masks(self, trunk: Trunk, task: str) -> Iterator[Part]:
        """A task's mask on each map of a convolution, and what the mask lets through."""
        before: list[tuple[str, Map]] = []
        for stage in trunk.stages:
            shape, source = stage.block.output(), f"{SHARED}/{stage.name}"
            if not _convolves(stage) or not isinstance(shape, Map):
                continue
            block = Mask((shape, *[look for _, look in before]), self.batch_norm is not False)
            mask = Part(f"mask_{stage.name}", task, block, (source, *[name for name, _ in before]), role="mixer")
            attended = Part(f"attended_{stage.name}", task, Attended(shape), (mask.name, source), role="mixer")
            yield from (mask, attended)
            before = [(attended.name, shape)]


def _behind_maps(trunk: Trunk) -> frozenset[str]:
    """Names of the stages, convolutions apart, that depend on one."""
    seen: set[str] = set()
    for stage in trunk.stages:
        if _convolves(stage) or seen.intersection(stage.inputs):
            seen.add(stage.name)
    return frozenset(stage.name for stage in trunk.stages if stage.name in seen and not _convolves(stage))


def _convolves(stage: Stage) -> bool:
    return isinstance(stage.block, Convolution)


def _own(trunk: Trunk, own: frozenset[str], given: Given, task: str) -> list[Part]:
    """A task's own stages."""
    chosen = [stage for stage in trunk.stages if stage.name in own]
    return [Part(stage.name, task, stage.block, fed(stage.inputs, given, task)) for stage in chosen]
