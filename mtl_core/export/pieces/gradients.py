"""From K gradients on shared parameters to one; counterpart of :mod:`mtl_core.combining`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def jacobian(
    scaled: Sequence[Tensor], shared: Sequence[Tensor], own: Sequence[Sequence[Tensor]]
) -> list[tuple[Tensor | None, ...]]:
    """Per loss its gradient in the shared parameters and, behind them, in those of its task."""
    last = len(scaled) - 1
    return [
        torch.autograd.grad(loss, [*shared, *own[i]], retain_graph=i < last, allow_unused=True)
        for i, loss in enumerate(scaled)
    ]


def gramian_of(rows: Sequence[Sequence[Tensor | None]], count: int) -> Tensor:
    """G = J Jᵀ of the first ``count`` entries, float64 on the CPU; a gradient too short to be known counts as 0."""
    total = torch.zeros(len(rows), len(rows), dtype=torch.float64)
    for column in zip(*(row[:count] for row in rows), strict=True):
        there = [i for i, gradient in enumerate(column) if gradient is not None]
        if there:
            flat = torch.stack([gradient.flatten() for gradient in column if gradient is not None]).float()
            index = torch.tensor(there)
            total[index[:, None], index] += (flat @ flat.T).double().cpu()
    short = total.diagonal() < 1e-19**2
    return total.masked_fill(short[:, None] | short, 0) if bool(short.any()) else total


def spread(
    rows: Sequence[Sequence[Tensor | None]],
    weights: Tensor,
    shared: Sequence[Tensor],
    own: Sequence[Sequence[Tensor]],
    scale_own: bool = False,
) -> None:
    """Put into ``.grad``: Jᵀw on shared parameters, each task's own gradient on its own (times w where wanted)."""
    for place, parameter in enumerate(shared):
        put(parameter, weighed([row[place] for row in rows], weights))
    for weight, row, parameters in zip(weights, rows, own, strict=True):
        for gradient, parameter in zip(row[len(shared) :], parameters, strict=True):
            put(parameter, weight * gradient if scale_own and gradient is not None else gradient)


def spread_at_cuts(
    rows: Sequence[Sequence[Tensor | None]],
    weights: Tensor,
    cuts: Mapping[str, tuple[Tensor, Tensor]],
    lent: Sequence[Tensor],
    own: Sequence[Sequence[Tensor]],
) -> None:
    """The same from the gradients at what the shared parts give: one backward pass through them.

    Args:
        rows: gradients at the cuts, then of what is lent, then of what is each task's own.
        weights: of the losses.
        cuts: of each shared part what it gives, and the leaf from which the tasks' own parts go on.
        lent: parameters that the tasks apply on ways of their own.
        own: each task's own parameters.
    """
    ends, slopes = [], []
    for place, (end, _) in enumerate(cuts.values()):
        slope = added([row[place] for row in rows], weights)
        if slope is not None and end.requires_grad:
            ends.append(end)
            slopes.append(slope)
    torch.autograd.backward(ends, slopes)  # type: ignore[no-untyped-call]
    spread([row[len(cuts) :] for row in rows], weights, lent, own)


def weighed(column: Sequence[Tensor | None], weights: Tensor) -> Tensor | None:
    """Σ_i w_i g_i for one parameter; None where no loss depends on it."""
    terms = [weight * gradient for weight, gradient in zip(weights, column, strict=True) if gradient is not None]
    return torch.stack(terms).sum(0) if len(terms) > 2 else added(column, weights)


def added(column: Sequence[Tensor | None], weights: Tensor) -> Tensor | None:
    """Σ_i w_i g_i, one after the other."""
    terms = [weight * gradient for weight, gradient in zip(weights, column, strict=True) if gradient is not None]
    return sum(terms[1:], terms[0]) if terms else None


def put(parameter: Tensor, gradient: Tensor | None) -> None:
    """Add to a parameter's gradient."""
    if gradient is not None:
        parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def summed(weights: Tensor, scaled: Sequence[Tensor]) -> Tensor:
    """Σ w L; a task whose weight is exactly 0 is left out, so that its own parameters have no gradient."""
    kept = weights.nonzero().squeeze(1)
    return (weights[kept] * torch.stack([scaled[i] for i in kept.tolist()])).sum()
