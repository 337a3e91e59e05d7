"""Terms that tie the tasks' parameters; counterpart of :mod:`mtl_core.regularizers`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Columns = Sequence[Sequence[Tensor]]
"""Per task its parameters in order; entry p of one task has the shape of entry p of every other."""


def l2_distance(columns: Columns) -> Tensor:
    """Σ_{i<j} ‖θ_i − θ_j‖² = K Σ_i ‖θ_i − θ̄‖²."""
    terms = []
    for matching in zip(*columns, strict=True):
        together = torch.stack(matching)
        terms.append((together - together.mean(0)).square().sum())
    return len(columns) * torch.stack(terms).sum()


def graph(columns: Columns, adjacency: Sequence[Sequence[float]]) -> Tensor:
    """Σ_{(i,j)∈E} a_ij ‖θ_i − θ_j‖² = tr(Θᵀ L Θ)."""
    rows = stacked(columns)
    rows = rows - rows.detach().mean(0)
    weights = rows.new_tensor(adjacency)
    return ((weights.sum(1).diag() - weights) @ rows * rows).sum()


def hierarchical_prior(columns: Columns, a: float, b: float) -> Tensor:
    """−log Π_i N(θ_i | μ, σ²) − log inverse-gamma(σ² | a, b), μ and σ² at their maximum for these θ."""
    rows = stacked(columns)
    centre = rows.detach()
    mean = centre.mean(0)
    variance = ((centre - mean).square().sum() + 2 * b) / (rows.numel() + 2 * a + 2)
    squares = (rows - mean).square().sum()
    fixed = 0.5 * rows.numel() * math.log(2 * math.pi) - a * math.log(b) + math.lgamma(a)
    return (0.5 * squares + b) / variance + (0.5 * rows.numel() + a + 1) * variance.log() + fixed


def nuclear_norm(columns: Columns) -> Tensor:
    """‖W‖_*, the sum of the singular values; its gradient is U Vᵀ over those above 0."""

    def inverse(values: Tensor) -> Tensor:
        kept = values > 1e-6 * values.max()
        return torch.where(kept, 1 / torch.where(kept, values, 1.0), 0.0)

    rows = stacked(columns)
    return (map_singular_values(rows, inverse) * rows).sum()


def shrink_singular_values(columns: Columns, rate: float) -> None:
    """The proximal step of the nuclear norm: W ← U max(Σ − rate, 0) Vᵀ, in place."""
    with torch.no_grad():
        rows = map_singular_values(stacked(columns), lambda values: (1 - rate / values).clamp(min=0))
        for column, row in zip(columns, rows, strict=True):
            values = row.split([parameter.numel() for parameter in column])  # type: ignore[no-untyped-call]
            for parameter, value in zip(column, values, strict=True):
                parameter.copy_(value.view(parameter.shape))


def stacked(columns: Columns) -> Tensor:
    """Θ = Wᵀ of shape (K, d): a row for each task, its parameters flattened in order."""
    matching = zip(*columns, strict=True)
    return torch.cat([torch.stack(tuple(parameters)).flatten(1) for parameters in matching], dim=1)


def map_singular_values(rows: Tensor, factor: Callable[[Tensor], Tensor]) -> Tensor:
    """U diag(σ·f(σ)) Vᵀ for Θ = U diag(σ) Vᵀ, without gradients, through the Gramian of the smaller side."""
    exact = rows.detach().double()
    wide = exact.shape[0] <= exact.shape[1]
    squares, vectors = torch.linalg.eigh(exact @ exact.T if wide else exact.T @ exact)
    change = (vectors * factor(squares.clamp(min=0).sqrt())) @ vectors.T
    mapped: Tensor = change @ exact if wide else exact @ change
    return mapped.to(rows)
