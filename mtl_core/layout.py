"""Layout: which parts a network has, who owns each, and what flows where; without torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from mtl_core.blocks import Block

SHARED = "shared"
"""Prefix of the parts that no single task owns."""


@dataclass(frozen=True)
class Part:
    """One piece of a network.

    Attributes:
        stage: its place in the column, e.g. ``conv0``, ``hidden1``, ``head``; parts of different tasks
            with the same stage match each other.
        owner: the task it belongs to, or None where all tasks use it.
        block: its sizes.
        inputs: names of the parts, or ``input:<modality>``, that feed it.
        role: ``trunk`` (can be shared or tied), ``mixer`` (mixes what others give: stitches, gates, masks), ``head``,
            ``lent`` (other parts apply it, and itself it gives nothing), or ``generator`` (makes pictures from noise,
            and has no part in the way from inputs to outputs).
        lender: the ``lent`` part that this one applies to its own inputs, instead of a module of its own.
    """

    stage: str
    owner: str | None
    block: Block
    inputs: tuple[str, ...]
    role: Literal["trunk", "mixer", "head", "lent", "generator"] = "trunk"
    lender: str | None = None

    @property
    def name(self) -> str:
        """Key of the part, e.g. ``shared/hidden0`` or ``quality/head``."""
        return f"{self.owner or SHARED}/{self.stage}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the parts and inputs without which it gives nothing."""
        return self.inputs if self.lender is None else (self.lender, *self.inputs)

    @property
    def apart(self) -> bool:
        """Whether it has no place of its own on the way from inputs to outputs."""
        return self.role in ("lent", "generator")


@dataclass(frozen=True)
class Layout:
    """A network as a graph of parts, in the order in which they are computed.

    Attributes:
        parts: every part; each one's inputs come before it.
        outputs: name of the part that gives each task's output.
    """

    parts: tuple[Part, ...]
    outputs: Mapping[str, str]

    def parameter_counts(self) -> dict[str, int | dict[str, int]]:
        """``{"shared": n, "per_task": {task: n}}``: trainable numbers by owner."""
        per_task = {task: sum(p.block.parameters() for p in self.parts if p.owner == task) for task in self.outputs}
        return {"shared": sum(p.block.parameters() for p in self.parts if p.owner is None), "per_task": per_task}

    def shared_parts(self) -> tuple[Part, ...]:
        """The parts that no single task owns."""
        return tuple(part for part in self.parts if part.owner is None)

    def users(self) -> dict[str, frozenset[str]]:
        """Per part the tasks whose output depends on it; of a generator the task that it serves."""
        found: dict[str, set[str]] = {part.name: set() for part in self.parts}
        for task, end in self.outputs.items():
            found[end].add(task)
        for part in reversed(self.parts):
            if part.role == "generator" and part.owner is not None:
                found[part.name].add(part.owner)
            for name in part.needs:
                if name in found:
                    found[name] |= found[part.name]
        return {name: frozenset(tasks) for name, tasks in found.items()}

    def leading_to(self, names: Collection[str]) -> frozenset[str]:
        """These parts, and all that they depend on."""
        found = set(names)
        for part in reversed(self.parts):
            if part.name in found:
                found.update(name for name in part.needs if not name.startswith("input:"))
        return frozenset(found)

    def keepers(self) -> dict[str, str | None]:
        """Per part the task that owns it, where no other uses it; None where several meet in it.

        A column of a cross-stitch network belongs to one task and serves all: it has no keeper.
        """
        users = self.users()
        return {part.name: part.owner if users[part.name] <= {part.owner} else None for part in self.parts}

    def met(self) -> tuple[Part, ...]:
        """The parts that at least two tasks use, heads apart: on their parameters the tasks' gradients meet."""
        users = self.users()
        return tuple(part for part in self.parts if len(users[part.name]) > 1)

    def columns(self) -> dict[str, tuple[Part, ...]]:
        """Each task's own trunk parts in order."""
        return {t: tuple(p for p in self.parts if p.owner == t and p.role == "trunk") for t in self.outputs}

    def tied(self, heads: bool) -> dict[str, tuple[Part, ...]]:
        """The parts whose parameters a regularizer ties together, matching across tasks; empty where nothing matches.

        They are the tasks' own trunk parts. Where tasks own none they are the heads, if all heads are of one size:
        in linear models (no trunk at all) for every regularizer, else where ``heads`` allows it.
        """
        columns = self.columns()
        if len(columns) < 2:
            return {}
        if all(columns.values()):
            return columns
        linear = not any(part.role == "trunk" for part in self.parts)
        found = {part.owner: (part,) for part in self.parts if part.role == "head" and part.owner in self.outputs}
        alike = len({parts[0].block for parts in found.values()}) == 1
        return {t: found[t] for t in self.outputs} if (heads or linear) and alike else {}
