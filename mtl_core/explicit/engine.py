"""Explicit: losses, outputs and gradients of a run's network by :class:`mtl_core.explicit.graph.DenseGraph`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtl_core.batches import Batch
from mtl_core.explicit.graph import Apart, DenseGraph, Pass, is_dense
from mtl_core.explicit.losses import KINDS, Goal, aims, loss_and_slope
from mtl_core.explicit.measuring import Measured, SideBySide
from mtl_core.explicit.memory import Layer, Room, room_of
from mtl_core.layout import Layout
from mtl_core.network import Network
from mtl_core.tasks import Task

KEPT = 2
"""Batches, at most, of which a forward pass is kept: all training rows, and those of validation."""


@dataclass
class Seen:
    """A batch with what was worked out for it since the parameters last moved."""

    batch: Batch
    run: Pass
    measured: tuple[Tensor, list[Tensor]] | None = None


@dataclass
class Aim:
    """A batch with its targets as the losses want them, by group and goal."""

    batch: Batch
    targets: list[list[Tensor]]


def fits(layout: Layout, tasks: Sequence[Task]) -> bool:
    """Whether a network can be trained by formulas: dense layers and linear heads, numbers and classes."""
    return is_dense(layout) and all(task.kind in KINDS for task in tasks)


class Explicit:
    """What a step needs of a dense network, without a tape.

    The forward pass of a batch is kept until the parameters move: an evaluation on all training rows and the next
    full-batch step share one.

    Args:
        network: see :func:`fits`; whoever changes the numbers of its parameters says so by :meth:`moved`.
        tasks: K; every row of a batch has a target for each.
        scalings: mean and standard deviation of the target, per task.
        class_weights: per task, None for most.
        layers: per part the numbers of R networks of this layout, (R, out, in) and (R, out), in the place of its own:
            then outputs, losses and gradients have that axis in front.
    """

    def __init__(
        self,
        network: Network,
        tasks: Sequence[Task],
        scalings: Mapping[str, tuple[float, float]],
        class_weights: Mapping[str, Tensor | None],
        layers: Mapping[str, Layer] | None = None,
    ) -> None:
        self.network, self.tasks = network, tuple(tasks)
        self._scalings, self._class_weights = scalings, class_weights
        order = sorted(tasks, key=lambda task: KINDS.index(task.kind))
        self.graph = DenseGraph(network.layout, [task.name for task in order])
        parts = network.layout.parts
        self.parameters = layers or {part.name: _layer(network.module(part)) for part in parts}
        self.layers = _without_tape(self.parameters)
        self.goals = [self._goals(group.tasks, group.width) for group in self.graph.groups]
        places = {task.name: place for place, task in enumerate(tasks)}
        grouped = [places[task] for group in self.graph.groups for task in group.tasks]
        columns = [[places[t] for t in group.tasks for _ in range(group.width)] for group in self.graph.groups]
        whole = list(range(len(tasks)))
        device = next(iter(self.layers.values()))[0].device
        self._columns = [None if found == whole else torch.tensor(found).to(device) for found in columns]
        self._back = None if grouped == sorted(grouped) else torch.tensor(grouped).argsort().to(device)
        self._aims: list[Aim] = []
        self._seen: list[Seen] = []
        self._beside: SideBySide | None = None
        self._heads: list[Layer | None] | None = None
        self._room: Room | None = None
        self._given: Mapping[Tensor, Tensor] | None = None

    def moved(self) -> None:
        """The parameters have other numbers now: nothing that was worked out holds."""
        self._seen.clear()

    def memory_order(self) -> list[Tensor]:
        """The parameters in the order in which they should lie in memory."""
        return [self.parameters[name][place] for name, place in self.graph.memory_order()]

    def laid_elsewhere(self, room: Mapping[Tensor, Tensor] | None = None) -> None:
        """The parameters are other places in memory now.

        Args:
            room: per parameter where its gradient shall be written, all in one; left out: into a new tensor each time.
        """
        self.moved()
        self.layers = _without_tape(self.parameters)
        self._heads, self._room, self._given = self.graph.heads(self.layers), None, room
        if room is not None:
            layers = {name: (room[weight], room[bias]) for name, (weight, bias) in self.parameters.items()}
            self._room = room_of(layers, [group.names for group in self.graph.groups])

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """(B, 1) or (B, C) per task: logits, or numbers in the scaled unit."""
        found: dict[str, Tensor] = {}
        for group, output in zip(self.graph.groups, self._passed(batch).run.outputs, strict=True):
            for place, task in enumerate(group.tasks):
                found[task] = output.narrow(-1, place * group.width, group.width)
        return {task.name: found[task.name] for task in self.tasks}

    def losses(self, batch: Batch) -> Tensor:
        """(K,) as :func:`mtl_core.losses.task_loss` has them."""
        return self._measured(batch)[0]

    def measure(self, batches: Sequence[Batch]) -> Callable[[], list[Measured]]:
        """Of each batch loss and live metrics per task, as :func:`mtl_core.evaluation.evaluate` has them of a split.

        They are those of the parameters as they are now, whenever they are read by calling what is returned.
        """
        return self._side_by_side(batches).measure([self._passed(batch).run.outputs for batch in batches])

    def spreads(self, batches: Sequence[Batch]) -> list[tuple[float, float]]:
        """Of each batch :func:`mtl_core.metrics.spreads` of all its targets."""
        return self._side_by_side(batches).spreads

    def _side_by_side(self, batches: Sequence[Batch]) -> SideBySide:
        if self._beside is None or [*map(id, self._beside.batches)] != [*map(id, batches)]:
            targets = [self._aimed(batch).targets for batch in batches]
            self._beside = SideBySide(batches, self.goals, targets, self._scalings, self._class_weights)
        return self._beside

    def _passed(self, batch: Batch) -> Seen:
        for seen in self._seen:
            if seen.batch is batch:
                return seen
        (table,) = batch.inputs.values()
        self._seen = [*self._seen[1 - KEPT :], Seen(batch, self.graph.forward(self.layers, table, self._heads))]
        return self._seen[-1]

    def _measured(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        """The losses (K,), and per group of heads the slopes of each task's loss by its outputs."""
        seen = self._passed(batch)
        if seen.measured is None:
            losses, slopes = self._measure(seen)
            seen.measured = losses if self._back is None else losses[..., self._back], slopes
        return seen.measured

    def _measure(self, seen: Seen) -> tuple[Tensor, list[Tensor]]:
        """Losses by group and goal, and per group the slopes of each task's loss by its outputs."""
        losses, slopes = [], []
        for goals, output, wanted in zip(self.goals, seen.run.outputs, self._aimed(seen.batch).targets, strict=True):
            found = []
            for goal, target in zip(goals, wanted, strict=True):
                here = output if len(goals) == 1 else output[..., goal.columns]
                found.append(loss_and_slope(goal.kind, here, target, self._class_weights[goal.tasks[0]]))
            losses += [loss for loss, _ in found]
            slopes.append(found[0][1] if len(found) == 1 else _side_by_side([slope for _, slope in found]))
        return losses[0] if len(losses) == 1 else torch.cat(losses, dim=-1), slopes

    def _aimed(self, batch: Batch) -> Aim:
        """The targets as the losses want them; those of the last batches are kept."""
        for known in self._aims:
            if known.batch is batch:
                return known
        wanted = [
            [aims(g.kind, [batch.targets[t] for t in g.tasks], [self._scalings[t] for t in g.tasks]) for g in goals]
            for goals in self.goals
        ]
        self._aims = [*self._aims[1 - KEPT :], Aim(batch, wanted)]
        return self._aims[-1]

    def _goals(self, tasks: Sequence[str], width: int) -> list[Goal]:
        kinds = {task.name: task.kind for task in self.tasks}
        found: list[Goal] = []
        for place, task in enumerate(tasks):
            begin, end = place * width, (place + 1) * width
            before = found[-1] if found else None
            alone = kinds[task] == "multiclass" or self._class_weights[task] is not None
            if before and not alone and before.kind == kinds[task] and self._class_weights[before.tasks[0]] is None:
                found[-1] = Goal(before.kind, (*before.tasks, task), slice(before.columns.start, end))
            else:
                found.append(Goal(kinds[task], (task,), slice(begin, end)))
        return found

    def descended(self, batch: Batch, factors: Tensor, tasks: frozenset[str]) -> Mapping[str, Layer]:
        """By part the gradient of Σ_i c_i L_i; of all tasks those of the room, where there is one.

        Args:
            batch: the rows.
            factors: c of shape (K,), or (R, K).
            tasks: of which any c is not 0.
        """
        room = self._room if len(tasks) == len(self.tasks) else None
        found = self.graph.summed(self.layers, self._passed(batch).run, self._slopes(batch, factors), tasks, room)
        return found if room is None else room.layers

    def by_parameter(self, found: Mapping[str, Layer]) -> Mapping[Tensor, Tensor]:
        """Gradients by part as gradients by parameter; those of the room as the mapping that it was given as."""
        if self._room is not None and found is self._room.layers and self._given is not None:
            return self._given
        pairs = ((self.parameters[name], gradients) for name, gradients in found.items())
        return {parameter: gradient for both in pairs for parameter, gradient in zip(*both, strict=True)}

    def _slopes(self, batch: Batch, factors: Tensor) -> list[Tensor]:
        """Per group the slopes, each task's times its factor, (K,) or (R, K)."""
        slopes = self._measured(batch)[1]
        rows = factors if factors.dim() == 1 else factors[:, None]
        columns = zip(slopes, self._columns, strict=True)
        return [slope * (rows if index is None else rows[..., index]) for slope, index in columns]

    def apart(self, batch: Batch, factors: Tensor, tasks: frozenset[str]) -> Apart:
        """The gradients of c_i L_i, each by itself; of one network.

        Args:
            batch: the rows.
            factors: c of shape (K,).
            tasks: that count.
        """
        return self.graph.apart(self.layers, self._passed(batch).run, self._slopes(batch, factors), tasks)


def _side_by_side(columns: Sequence[Tensor]) -> Tensor:
    """(…, B, G) of parts of its columns; each column in one piece."""
    return torch.cat([part.transpose(-1, -2) for part in columns], dim=-2).transpose(-1, -2)


def _without_tape(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """The same numbers, of which torch records nothing: cheaper than to forbid it call by call."""
    return {name: (weight.detach(), bias.detach()) for name, (weight, bias) in layers.items()}


def _layer(module: nn.Module) -> Layer:
    linear = module[0] if isinstance(module, nn.Sequential) else module
    assert isinstance(linear, nn.Linear)
    return linear.weight, linear.bias
