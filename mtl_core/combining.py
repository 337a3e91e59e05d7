"""From the tasks' losses to one gradient: Jᵀw on what several tasks use, and what each task's own parts take."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtl_core.network import Network
from mtl_core.tasks import Task
from mtl_core.weightings.base import Moment, Weighting

Row = Sequence[Tensor | None]
"""The gradient of one loss: an entry a parameter, None where the loss does not depend on it."""
Cuts = dict[str, tuple[Tensor, Tensor]]
"""Per shared part what it gives, and the copy of it, a leaf, from which the network goes on."""


@dataclass(frozen=True)
class Combined:
    """What became of the losses of a step.

    Attributes:
        weights: (A,) w of the scaled losses.
        total: Σ_i w_i λ_i L_i, a scalar without a graph.
        rows: J, a row for each active task; None where no method and nobody asked for it.
        parts: what J is taken of: the shared parts in order, each with how many entries of a row are its own (its
            parameters; at the representation one, what it gives).
        seconds: what the rows cost beyond the step itself.
    """

    weights: Tensor
    total: Tensor
    rows: list[Row] | None
    parts: Mapping[str, int]
    seconds: float = 0.0


def combine(
    network: Network,
    weighting: Weighting,
    scaled: Sequence[Tensor],
    moment: Moment,
    penalty: Tensor,
    *,
    cuts: Cuts | None = None,
    measured: bool = False,
) -> Combined:
    """Put the gradient of a step into ``.grad``: Jᵀw + ∇penalty on shared parameters, a task's own on its own.

    Row i of J is the gradient of λ_i·L_i in the parameters that at least two tasks use. A weighting of losses
    scales a task's own parameters by w_i too; a weighting of gradients does not.

    Args:
        network: in training mode.
        weighting: the method.
        scaled: the A scaled losses λ_i·L_i, with their graph.
        moment: for the weighting.
        penalty: Σ γ Ω, a scalar; its gradient is added as it is.
        cuts: of a network cut at what is shared: weigh by the gradients there instead of at the parameters. It is
            emptied.
        measured: whether the rows are wanted even if the method does not need them.
    """
    met = network.met()
    shared = [parameter for parameters in met.values() for parameter in parameters]
    parts = {name: len(parameters) for name, parameters in met.items()}
    values = torch.stack([loss.detach() for loss in scaled])
    if cuts is not None and shared:
        combined = _at_representation(network, weighting, scaled, moment, cuts)
        _descend_too(penalty)
        return combined
    if not (weighting.needs_gramian and shared):
        began = time.perf_counter()
        rows = jacobian(scaled, shared, keep=True) if measured and shared else None
        seconds = time.perf_counter() - began
        weights = values.new_ones(len(scaled)) if weighting.needs_gramian else weighting.weights(values, None, moment)
        total = _summed(weighting, weights, scaled)
        torch.autograd.backward(total + penalty)
        return Combined(weights, total.detach(), rows, parts, seconds)
    rows = _rows_and_own(network, scaled, shared, moment.tasks)
    weights = weighting.weights(values, gramian([row[: len(shared)] for row in rows]), moment)
    for place, parameter in enumerate(shared):
        _add(parameter, [row[place] for row in rows], weights)
    _give_own(network, moment.tasks, [row[len(shared) :] for row in rows], weights if weighting.scales_heads else None)
    _descend_too(penalty)
    return Combined(weights, (weights * values).sum(), [row[: len(shared)] for row in rows], parts)


def jacobian(scaled: Sequence[Tensor], parameters: Sequence[Tensor], *, keep: bool = False) -> list[Row]:
    """The gradient of each loss in the parameters; the graph stays after the last one where ``keep``."""
    last = len(scaled) - 1
    return [
        torch.autograd.grad(loss, parameters, retain_graph=keep or i < last, allow_unused=True)
        for i, loss in enumerate(scaled)
    ]


def gramian(rows: Sequence[Row]) -> Tensor:
    """G = J Jᵀ (A, A), float64 on the CPU: products within a parameter in its own precision, their sum in float64."""
    total: Tensor | None = None
    for column in zip(*rows, strict=True):
        there = [i for i, gradient in enumerate(column) if gradient is not None]
        if not there:
            continue
        flat = torch.stack([gradient.flatten() for gradient in column if gradient is not None]).float()
        total = flat.new_zeros(len(rows), len(rows), dtype=torch.float64) if total is None else total
        index = torch.tensor(there, device=flat.device)
        total[index[:, None], index] += (flat @ flat.T).double()
    return torch.zeros(len(rows), len(rows), dtype=torch.float64) if total is None else total.cpu()


def _descend_too(penalty: Tensor) -> None:
    if penalty.requires_grad:
        penalty.backward()  # type: ignore[no-untyped-call]


def _summed(weighting: Weighting, weights: Tensor, scaled: Sequence[Tensor]) -> Tensor:
    """Σ_i w_i λ_i L_i; a task whose weight came out as exactly 0 is left out: its own parts shall have no gradient."""
    if not weighting.vanishes or bool((weights != 0).all()):
        return (weights * torch.stack(list(scaled))).sum()
    kept = weights.nonzero().squeeze(1)
    return (weights[kept] * torch.stack([scaled[i] for i in kept.tolist()])).sum()


def _rows_and_own(
    network: Network, scaled: Sequence[Tensor], shared: Sequence[Tensor], tasks: Sequence[Task]
) -> list[Row]:
    """Per loss its gradient in the shared parameters and, behind them, in those of its task: one pass each."""
    last = len(scaled) - 1
    return [
        torch.autograd.grad(loss, [*shared, *network.kept(task.name)], retain_graph=i < last, allow_unused=True)
        for i, (loss, task) in enumerate(zip(scaled, tasks, strict=True))
    ]


def _give_own(network: Network, tasks: Sequence[Task], own: Sequence[Row], weights: Tensor | None) -> None:
    """Each task's own parameters take its own gradient, times its weight where there are weights."""
    for i, task in enumerate(tasks):
        for parameter, gradient in zip(network.kept(task.name), own[i], strict=True):
            if gradient is not None:
                _put(parameter, gradient if weights is None else weights[i] * gradient)


def _add(parameter: nn.Parameter, column: Sequence[Tensor | None], weights: Tensor) -> None:
    """Σ_i w_i g_i for one parameter; nothing where no loss depends on it."""
    terms = [weight * gradient for weight, gradient in zip(weights, column, strict=True) if gradient is not None]
    if terms:
        _put(parameter, torch.stack(terms).sum(0) if len(terms) > 2 else sum(terms[1:], terms[0]))


def _put(parameter: Tensor, gradient: Tensor) -> None:
    parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def _at_representation(
    network: Network,
    weighting: Weighting,
    scaled: Sequence[Tensor],
    moment: Moment,
    cuts: Cuts,
) -> Combined:
    """G of the gradients at what the shared parts give; then one backward pass through them, of Σ_i w_i ∂λ_i L_i/∂z.

    What the tasks apply on ways of their own, beyond that, takes Σ_i w_i ∇λ_i L_i by the same weights.
    """
    leaves, lent = [leaf for _, leaf in cuts.values()], network.lent()
    cut, before = len(leaves), len(leaves) + len(lent)
    rows = _rows_and_own(network, scaled, [*leaves, *lent], moment.tasks)
    values = torch.stack([loss.detach() for loss in scaled])
    weights = weighting.weights(values, gramian([row[:cut] for row in rows]), moment)
    read = [place for place in range(cut) if any(row[place] is not None for row in rows)]
    parts = {name: 1 for place, name in enumerate(cuts) if place in read}
    ends, slopes = _ends(cuts, rows, weights)
    leaves.clear()
    cuts.clear()  # what is on the way back is given up as it is passed: its memory is used again while it is in a cache
    torch.autograd.backward(ends, slopes)  # type: ignore[no-untyped-call]
    for place, parameter in enumerate(lent, cut):
        _add(parameter, [row[place] for row in rows], weights)
    _give_own(network, moment.tasks, [row[before:] for row in rows], None)
    return Combined(weights, (weights * values).sum(), [[row[place] for place in read] for row in rows], parts)


def _ends(cuts: Cuts, rows: Sequence[Row], weights: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """What the shared parts gave, where a loss depends on it and a gradient goes on; and Σ_i w_i ∂λ_i L_i/∂z there."""
    ends, slopes = [], []
    for place, (end, _) in enumerate(cuts.values()):
        terms = [w * row[place] for w, row in zip(weights, rows, strict=True) if row[place] is not None]
        if terms and end.requires_grad:
            ends.append(end)
            slopes.append(sum(terms[1:], terms[0]))
    return ends, slopes
