"""DenseGraph: forward and backward passes of a layout of dense layers and linear heads, written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtl_core.blocks import Dense, Linear, Vector
from mtl_core.explicit import kernels
from mtl_core.explicit.memory import Layer, Room, joined
from mtl_core.layout import Layout


@dataclass(frozen=True)
class Hidden:
    """A dense layer: y = max(0, x Wᵀ + b).

    Attributes:
        name: of its part.
        feed: name of the part or input that it reads.
        keeper: the task that alone uses it, None where several do.
    """

    name: str
    feed: str
    keeper: str | None


@dataclass(frozen=True)
class Heads:
    """Linear heads that read one vector and are equally wide: one product of matrices for all of them.

    Attributes:
        feed: name of what they read.
        tasks: whose heads, in the order of their columns.
        names: of their parts.
        width: columns a head.
    """

    feed: str
    tasks: tuple[str, ...]
    names: tuple[str, ...]
    width: int

    def of(self, places: Sequence[int]) -> Heads:
        """The heads in these places."""
        tasks, names = (tuple(all_[place] for place in places) for all_ in (self.tasks, self.names))
        return Heads(self.feed, tasks, names, self.width)


@dataclass
class Pass:
    """What a forward pass leaves for the backward one.

    Attributes:
        values: what each hidden part gave, and the input, by name: (…, B, width).
        weights: per group of heads W (…, tasks · width, in).
        outputs: per group of heads (…, B, tasks · width).
    """

    values: dict[str, Tensor]
    weights: list[Tensor]
    outputs: list[Tensor]


@dataclass
class Apart:
    """Gradients of tasks held apart.

    Attributes:
        shared: per part that several tasks use the tasks that do, with (T, out, in) and (T, out): a row for each.
        own: of the parts that one task uses.
    """

    shared: dict[str, tuple[tuple[str, ...], Layer]]
    own: dict[str, Layer]


def is_dense(layout: Layout) -> bool:
    """Whether every part is a dense layer without norm and dropout, or a linear head: then each has one feed."""
    return all(
        (isinstance(part.block, Linear) and part.role == "head")
        or (
            isinstance(part.block, Dense)
            and isinstance(part.block.inputs, Vector)
            and not part.block.batch_norm
            and not part.block.dropout
        )
        for part in layout.parts
    )


class DenseGraph:
    """The passes of a dense layout; the numbers of the network come with each call.

    As every part reads one other, the layout is a tree, and each task has one way through it. Its backward pass is
    δ_x = (δ_y · [y > 0]) W, ∂W = δ_yᵀ x, ∂b = Σ_B δ_y (Rumelhart, Hinton & Williams 1986), for a sum of losses, or for
    several losses apart along one more axis.

    Args:
        layout: see :func:`is_dense`.
        order: the tasks; heads of a group stand in this order.
    """

    def __init__(self, layout: Layout, order: Sequence[str]) -> None:
        keepers = layout.keepers()
        heads = {part.owner: part for part in layout.parts if part.role == "head"}
        self.hidden = [Hidden(p.name, p.inputs[0], keepers[p.name]) for p in layout.parts if p.role != "head"]
        groups: dict[tuple[str, int], list[str]] = {}
        for task in order:
            block = heads[task].block
            assert isinstance(block, Linear)
            groups.setdefault((heads[task].inputs[0], block.width), []).append(task)
        self.groups = [
            Heads(feed, tuple(tasks), tuple(heads[task].name for task in tasks), width)
            for (feed, width), tasks in groups.items()
        ]
        self._parts = frozenset(hidden.name for hidden in self.hidden)
        (self.input,) = {name for part in layout.parts for name in part.inputs if name.startswith("input:")}

    def memory_order(self) -> list[tuple[str, int]]:
        """Parts, with 0 for the weight and 1 for the bias, in the order in which they should lie in memory.

        The weights of a group's heads lie one after another, and so do their biases: then they are read as one.
        """
        hidden = [(part.name, place) for part in self.hidden for place in (0, 1)]
        return hidden + [(name, place) for group in self.groups for place in (0, 1) for name in group.names]

    def heads(self, layers: Mapping[str, Layer]) -> list[Layer | None]:
        """Per group its heads as one layer; None where they do not lie one after another in memory."""
        return [joined([layers[name] for name in group.names]) for group in self.groups]

    def forward(self, layers: Mapping[str, Layer], table: Tensor, heads: Sequence[Layer | None] | None = None) -> Pass:
        """Every output.

        Args:
            layers: per part its numbers; with an axis of R networks in front, all of them.
            table: (B, D), or (R, B, D).
            heads: what :meth:`heads` gives; left out: they are put together.
        """
        values = {self.input: table}
        for hidden in self.hidden:
            values[hidden.name] = kernels.affine(values[hidden.feed], *layers[hidden.name]).relu_()
        weights, outputs = [], []
        for place, group in enumerate(self.groups):
            weight, bias = (heads and heads[place]) or kernels.together([layers[name] for name in group.names])
            weights.append(weight)
            outputs.append(kernels.affine_by_column(values[group.feed], weight, bias))
        return Pass(values, weights, outputs)

    def summed(
        self,
        layers: Mapping[str, Layer],
        run: Pass,
        slopes: Sequence[Tensor],
        tasks: frozenset[str],
        room: Room | None = None,
    ) -> dict[str, Layer]:
        """The gradient of a sum of losses, by part; parts that no loss depends on are left out.

        Args:
            layers: as in the forward pass.
            run: the forward pass.
            slopes: per group of heads the derivative of the sum by its outputs, (…, B, tasks · width).
            tasks: whose losses are in the sum.
            room: where the gradients are written, if they are those of all tasks; left out: into new tensors.
        """
        found: dict[str, Layer] = {}
        arrived: dict[str, Tensor] = {}
        for place, (group, weight, slope) in enumerate(self._chosen(run, slopes, tasks)):
            if room is None:
                found |= _of_heads(group, run.values[group.feed], slope)
            else:
                kernels.write(run.values[group.feed], slope, room.heads[place])
                found |= {name: room.layers[name] for name in group.names}
            if group.feed in self._parts:
                _arrive(arrived, group.feed, slope @ weight)
        for hidden in reversed(self.hidden):
            if hidden.name not in arrived:
                continue
            slope = kernels.by_relu(arrived.pop(hidden.name), run.values[hidden.name])
            x = run.values[hidden.feed]
            if room is None:
                found[hidden.name] = kernels.by_weight(x, slope), slope.sum(-2)
            else:
                found[hidden.name] = kernels.write(x, slope, room.layers[hidden.name])
            if hidden.feed in self._parts:
                _arrive(arrived, hidden.feed, slope @ layers[hidden.name][0])
        return found

    def apart(self, layers: Mapping[str, Layer], run: Pass, slopes: Sequence[Tensor], tasks: frozenset[str]) -> Apart:
        """The gradients of several losses, each by itself, of one network.

        Args:
            layers: as in the forward pass.
            run: the forward pass.
            slopes: per group of heads the derivative of each task's loss by its own outputs, (B, tasks · width).
            tasks: whose losses count.
        """
        found = Apart({}, {})
        arrived: dict[str, list[tuple[tuple[str, ...], Tensor]]] = {}
        for group, weight, slope in self._chosen(run, slopes, tasks):
            found.own |= _of_heads(group, run.values[group.feed], slope)
            if group.feed in self._parts:
                arrived.setdefault(group.feed, []).append((group.tasks, _one_by_one(group, weight, slope)))
        for hidden in reversed(self.hidden):
            if hidden.name not in arrived:
                continue
            given = arrived.pop(hidden.name)
            users = tuple(task for some, _ in given for task in some)
            slope = given[0][1] if len(given) == 1 else torch.cat([each for _, each in given])
            slope = kernels.by_relu(slope, run.values[hidden.name])
            layer = kernels.by_weight(run.values[hidden.feed], slope), slope.sum(-2)
            if hidden.keeper is None:
                found.shared[hidden.name] = users, layer
            else:
                found.own[hidden.name] = layer[0][0], layer[1][0]
            if hidden.feed in self._parts:
                arrived.setdefault(hidden.feed, []).append((users, slope @ layers[hidden.name][0]))
        return found

    def _chosen(
        self, run: Pass, slopes: Sequence[Tensor], tasks: frozenset[str]
    ) -> Iterator[tuple[Heads, Tensor, Tensor]]:
        """The groups of heads with W and slopes, of these tasks alone."""
        for group, weight, slope in zip(self.groups, run.weights, slopes, strict=True):
            if tasks.issuperset(group.tasks):
                yield group, weight, slope
                continue
            places = [place for place, task in enumerate(group.tasks) if task in tasks]
            if places:
                columns = [place * group.width + i for place in places for i in range(group.width)]
                yield group.of(places), weight[..., columns, :], slope[..., columns]


def _arrive(arrived: dict[str, Tensor], name: str, slope: Tensor) -> None:
    arrived[name] = arrived[name] + slope if name in arrived else slope


def _of_heads(group: Heads, x: Tensor, slope: Tensor) -> dict[str, Layer]:
    """∂W and ∂b of each head of a group."""
    by_weight, by_bias = kernels.by_weight(x, slope), slope.sum(-2)
    if len(group.names) == 1:
        return {group.names[0]: (by_weight, by_bias)}
    widths = [group.width] * len(group.names)
    weights, biases = by_weight.split_with_sizes(widths, dim=-2), by_bias.split_with_sizes(widths, dim=-1)
    return dict(zip(group.names, zip(weights, biases, strict=True), strict=True))


def _one_by_one(group: Heads, weight: Tensor, slope: Tensor) -> Tensor:
    """(T, B, in) what the loss of each task of a group sends back by its own head."""
    if group.width == 1:
        return slope.t()[:, :, None] * weight[:, None]
    rows = slope.view(len(slope), -1, group.width).transpose(0, 1)
    return rows @ weight.view(-1, group.width, weight.shape[-1])
