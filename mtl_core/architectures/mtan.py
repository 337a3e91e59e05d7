"""``mtan``: shared convolutions, and an attention mask per task on each of their maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar, Literal

from mtl_core.architectures.base import Architecture, Given, ends, fed, whole
from mtl_core.blocks import Convolution, Map
from mtl_core.encoders import InputSpec, Stage, Trunk, build_trunk
from mtl_core.generation.base import Generation
from mtl_core.layout import SHARED, Layout, Part
from mtl_core.mixing import Applied, Attended, Mask, Passed
from mtl_core.tasks import Task


class Mtan(Architecture):
    """Multi-task attention network: convolutions for all, â_tj = a_tj ⊙ p_j of each map for a task, a learned mask.

    a_tj = σ(BN(H_tj ReLU(BN(G_tj [u_j, f_j(â_t,j−1)])))), G and H 1×1 convolutions, f a 3×3 one with BN and ReLU,
    pooled to the next size, which all tasks share. The paper's blocks have several convolutions, u the first one's
    output and p the last one's; here a block has one, so both are its output. Behind the maps all stages are the
    task's own.
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
        parts += self._lent(trunk)
        for task in tasks:
            parts += self._masks(trunk, task.name)
            parts += _own(trunk, own, given, task.name)
            parts += ends(task, trunk, generation, given)
        return whole(parts, tasks)

    def _lent(self, trunk: Trunk) -> Iterator[Part]:
        """f of each map but the first, which all tasks apply."""
        for before, after in pairwise(_maps(trunk)):
            block = Passed(before[1], after[1], self.batch_norm is not False)
            yield Part(f"passed_{after[0]}", None, block, (), role="lent")

    def _masks(self, trunk: Trunk, task: str) -> Iterator[Part]:
        """A task's mask on each map of a convolution, and what the mask lets through."""
        lent = {part.stage: part for part in self._lent(trunk)}
        attended: Part | None = None
        for stage, shape in _maps(trunk):
            reads = [f"{SHARED}/{stage}"]
            if attended is not None:
                f = lent[f"passed_{stage}"]
                yield Part(f.stage, task, Applied(f.block), (attended.name,), role="mixer", lender=f.name)
                reads.append(f"{task}/{f.stage}")
            mask = Mask((shape,) * len(reads), self.batch_norm is not False)
            yield Part(f"mask_{stage}", task, mask, tuple(reads), role="mixer")
            what = (f"{task}/mask_{stage}", reads[0])
            attended = Part(f"attended_{stage}", task, Attended(shape), what, role="mixer")
            yield attended


def _maps(trunk: Trunk) -> list[tuple[str, Map]]:
    """The stages that convolve, each with the map that it gives."""
    found = [(stage.name, stage.block.output()) for stage in trunk.stages if _convolves(stage)]
    return [(name, shape) for name, shape in found if isinstance(shape, Map)]


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
