"""Experts and gates: what ``mmoe``, ``cgc`` and ``ple`` have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mtl_core.architectures.base import Given, ends, fed, read_by, whole
from mtl_core.encoders import Stage, Trunk
from mtl_core.generation.base import Generation
from mtl_core.layout import SHARED, Layout, Part
from mtl_core.mixing import Gate, Mixture
from mtl_core.tasks import Task


@dataclass(frozen=True)
class ExpertPlan:
    """A trunk cut into levels, each of several experts that gates mix.

    An expert is a copy of the level's stages. A task's gate mixes its own experts and the shared ones; between levels
    a shared gate mixes all of them, for the shared experts of the next level. Every stage that something behind its
    level reads is mixed, by one gate a level.

    Attributes:
        trunk: what is copied.
        tasks: tasks of the network.
        generation: how tasks that make pictures do it.
        own: experts of each task, a level.
        shared: experts of no single task, a level.
        levels: at most as many as the trunk has stages.
    """

    trunk: Trunk
    tasks: Sequence[Task]
    generation: Generation | None
    own: int
    shared: int
    levels: int = 1

    @cached_property
    def cut(self) -> tuple[tuple[Stage, ...], ...]:
        """The stages of each level, as equal in number as can be, the larger first."""
        stages = self.trunk.stages
        count = min(self.levels, len(stages))
        ends_ = [-(-len(stages) * (level + 1) // count) for level in range(count)]
        return tuple(stages[a:b] for a, b in zip([0, *ends_], ends_, strict=False))

    def layout(self) -> Layout:
        """All parts: a level's experts, its gates and mixtures; then the next level's; at last the heads."""
        owners = [task.name for task in self.tasks]
        parts: list[Part] = []
        for level in range(len(self.cut)):
            for owner in [*owners, None]:
                parts += self._experts(level, owner)
            for owner in owners:
                parts += self._mixed(level, owner)
            parts += self._mixed(level, None)
        for task in self.tasks:
            parts += ends(task, self.trunk, self.generation, _mixed_name)
        return whole(parts, self.tasks)

    def _count(self, owner: str | None) -> int:
        return self.shared if owner is None else self.own

    def _experts(self, level: int, owner: str | None) -> Iterator[Part]:
        for expert in range(self._count(owner)):
            given = self._within(level, expert)
            for stage in self.cut[level]:
                yield Part(_place(expert, stage.name), owner, stage.block, fed(stage.inputs, given, owner))

    def _within(self, level: int, expert: int) -> Given:
        """What stands for a stage within an expert: its own copy, or of an earlier level the mix."""
        here = {stage.name for stage in self.cut[level]}

        def given(stage: str, owner: str | None) -> str:
            return _named(owner, _place(expert, stage)) if stage in here else _mixed_name(stage, owner)

        return given

    def _mixed(self, level: int, owner: str | None) -> Iterator[Part]:
        """An owner's gate at a level, and the mix of each stage that it needs behind the level."""
        chosen = [stage for stage in self.cut[level] if stage.name in self._needed(level, owner)]
        if not chosen:
            return
        sources = [task.name for task in self.tasks] if owner is None else [owner]
        experts = [(source, i) for source in [*sources, None] for i in range(self._count(source))]
        feeds = self._entries(level)
        gate = Gate(tuple(self.trunk.shape(name) for name in feeds), len(experts))
        yield Part(f"gate{level}", owner, gate, fed(feeds, _mixed_name, owner), role="mixer")
        for stage in chosen:
            block = Mixture(stage.block.output(), len(experts))
            mixed = [_named(source, _place(i, stage.name)) for source, i in experts]
            yield Part(f"mixed_{stage.name}", owner, block, (_named(owner, f"gate{level}"), *mixed), role="mixer")

    def _needed(self, level: int, owner: str | None) -> set[str]:
        """Stages that an owner's way reads behind a level: those of later levels, and a task's head."""
        later = {name for stages in self.cut[level + 1 :] for stage in stages for name in stage.inputs}
        heads = [read_by(task, self.trunk, self.generation) for task in self.tasks if task.name == owner]
        return later.union(*heads)

    def _entries(self, level: int) -> list[str]:
        """The inputs, or stages of earlier levels, that a level reads; its gates read the same."""
        here = {stage.name for stage in self.cut[level]}
        names = [name for stage in self.cut[level] for name in stage.inputs if name not in here]
        return list(dict.fromkeys(names))


def _place(expert: int, stage: str) -> str:
    return f"expert{expert}_{stage}"


def _named(owner: str | None, place: str) -> str:
    return f"{owner or SHARED}/{place}"


def _mixed_name(stage: str, owner: str | None) -> str:
    return _named(owner, f"mixed_{stage}")
