"""Stitches, gates, mixtures and masks; counterpart of :mod:`mtl_core.mixing_modules`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mtl_core.export.pieces.layers import convolve, last_state


class Stitch(nn.Module):
    """α of one task: how much it takes of each column (Misra et al. 2016), for each unit where ``units`` is given."""

    def __init__(self, columns: int, own: int, diagonal: float, units: int | None = None) -> None:
        super().__init__()
        width = () if units is None else (units,)
        alpha = torch.full((columns, *width), (1 - diagonal) / max(1, columns - 1))
        alpha[own] = diagonal
        self.alpha = nn.Parameter(alpha)


def stitched(stitches: Sequence[Stitch], columns: Sequence[Tensor]) -> Tensor:
    """x̃_t = Σ_s α_ts x_s for each stitch t: (stitches, B, …) of columns (B, …)."""
    alpha = torch.stack([stitch.alpha for stitch in stitches])
    maps = columns[0].dim() == 4
    values = torch.stack([column.movedim(1, -1) if maps else column for column in columns])
    if alpha.dim() == 2:
        mixed = (alpha @ values.flatten(1)).view(len(alpha), *values.shape[1:])
    else:
        ones = [1] * (values.dim() - 2)
        mixed = torch.stack([(weights.view(len(columns), *ones, -1) * values).sum(0) for weights in alpha])
    return mixed.movedim(-1, 2) if maps else mixed


class Gate(nn.Module):
    """w = softmax(W x + b) over the experts (Ma et al. 2018), x what it looks at, side by side."""

    def __init__(self, looks: Sequence[nn.Module], width: int, experts: int) -> None:
        super().__init__()
        self.looks = nn.ModuleList(looks)
        self.choose = nn.Linear(width, experts)

    def forward(self, *values: Tensor) -> Tensor:
        """inputs -> (B, experts), which sum to 1."""
        seen = [look(value) for look, value in zip(self.looks, values, strict=True)]
        weights: Tensor = self.choose(seen[0] if len(seen) == 1 else torch.cat(seen, dim=1)).softmax(1)
        return weights


class MeanWord(nn.Module):
    """(B, L) word numbers -> (B, 16), the mean vector of the words."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=0)

    def forward(self, words: Tensor) -> Tensor:
        """0 of an empty sentence."""
        count = (words > 0).sum(1, keepdim=True).clamp(min=1)
        mean: Tensor = self.embedding(words).sum(1) / count
        return mean


class LastWord(nn.Module):
    """(B, L, width) -> (B, width), the state after the last word."""

    def forward(self, states: Tensor) -> Tensor:
        """The state after the last word."""
        return last_state(states)


def mixture(gate: Tensor, *experts: Tensor) -> Tensor:
    """f(x) = Σ_e w_e f_e(x), w of a gate (B, experts)."""
    shape = (-1, *[1] * (experts[0].dim() - 1))
    weights = [weight.view(shape) for weight in gate.unbind(1)]
    total = weights[0] * experts[0]
    for weight, value in zip(weights[1:], experts[1:], strict=True):
        total = total + weight * value
    return total


class Mask(nn.Module):
    """a = σ(BN(H ReLU(BN(G [u, f(â)])))): a task's attention on a map (Liu et al. 2019)."""

    def __init__(self, maps: int, channels: int, norm: bool) -> None:
        super().__init__()
        first, second = convolve(maps * channels, channels, 1, norm), convolve(channels, channels, 1, norm)
        self.score = nn.Sequential(*first, nn.ReLU(), *second)

    def forward(self, *maps: Tensor) -> Tensor:
        """maps (B, C, S, S) -> (B, C, S, S) in (0, 1)."""
        return torch.sigmoid(self.score(torch.cat(maps, dim=1)))
