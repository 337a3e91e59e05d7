"""The tasks' matching parameters as one matrix, and functions of its singular values; with torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

NEGLIGIBLE = 1e-6
"""A singular value below this share of the largest one is rounding (parameters are float32)."""


def stacked(columns: Mapping[str, Sequence[Tensor]]) -> Tensor:
    """Θ = Wᵀ of shape (K, d): a row for each task, its parameters flattened in order."""
    matching = zip(*columns.values(), strict=True)
    return torch.cat([torch.stack(tuple(parameters)).flatten(1) for parameters in matching], dim=1)


def write_back(columns: Mapping[str, Sequence[Tensor]], rows: Tensor) -> None:
    """Put the rows (K, d) into the parameters, in place; the inverse of :func:`stacked`."""
    for column, row in zip(columns.values(), rows, strict=True):
        values = row.split([parameter.numel() for parameter in column])
        for parameter, value in zip(column, values, strict=True):
            parameter.copy_(value.view(parameter.shape))


def map_singular_values(rows: Tensor, factor: Callable[[Tensor], Tensor]) -> Tensor:
    """U diag(σ·f(σ)) Vᵀ for Θ = U diag(σ) Vᵀ (K, d), without gradients.

    Through the Gramian of the smaller side in float64: ΘΘᵀ = QΛQᵀ (K, K) gives Q f(√Λ) Qᵀ Θ, and ΘᵀΘ (d, d)
    gives Θ Q f(√Λ) Qᵀ. Time O(m²n + m³) for sides m ≤ n. NaN everywhere where Θ is not finite.

    Args:
        rows: Θ.
        factor: f, from the singular values (m,), smallest first, to what each is multiplied by.
    """
    exact = _exact(rows.detach())
    wide = exact.shape[0] <= exact.shape[1]
    gramian = exact @ exact.T if wide else exact.T @ exact
    if not bool(torch.isfinite(gramian).all()):
        return torch.full_like(rows, torch.nan)
    squares, vectors = torch.linalg.eigh(gramian)
    change = (vectors * factor(squares.clamp(min=0).sqrt())) @ vectors.T
    mapped: Tensor = change @ exact if wide else exact @ change
    return mapped.to(rows)


def inverse(values: Tensor) -> Tensor:
    """1/σ, and 0 for singular values that are rounding: f of the subgradient U Vᵀ."""
    kept = values > NEGLIGIBLE * values.max()
    return torch.where(kept, 1 / torch.where(kept, values, 1.0), 0.0)


def _exact(values: Tensor) -> Tensor:
    """Float64, on the CPU where the device has none (Apple's MPS)."""
    return (values.cpu() if values.device.type == "mps" else values).double()
