"""The torch modules of the blocks in :mod:`mtl_core.mixing`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_core import mixing
from mtl_core.blocks import Map, Shape, States, Tokens
from mtl_core.fusion_modules import last_state


class Stitch(nn.Module):
    """K tensors (B, …) of one shape -> (B, …)."""

    def __init__(self, block: mixing.Stitch) -> None:
        super().__init__()
        width = (mixing.units(block.inputs),) if block.per_unit else ()
        alpha = torch.full((block.columns, *width), (1 - block.diagonal) / max(1, block.columns - 1))
        alpha[block.own] = block.diagonal
        self.alpha = nn.Parameter(alpha)

    def forward(self, *columns: Tensor) -> Tensor:
        return stitched(self.alpha[None], columns)[0]


def stitched(alpha: Tensor, columns: Sequence[Tensor]) -> Tensor:
    """α (T, K) or, with one for each unit, (T, K, units); K tensors (B, …) -> T of them, (T, B, …)."""
    maps = columns[0].dim() == 4
    values = torch.stack([column.movedim(1, -1) if maps else column for column in columns])
    if alpha.dim() == 2:
        mixed = (alpha @ values.flatten(1)).view(len(alpha), *values.shape[1:])
    else:
        mixed = torch.stack([(weights.view(len(columns), *_ones(values), -1) * values).sum(0) for weights in alpha])
    return mixed.movedim(-1, 2) if maps else mixed


def _ones(values: Tensor) -> list[int]:
    return [1] * (values.dim() - 2)


def weighed(weights: Sequence[Tensor], values: Sequence[Tensor]) -> Tensor:
    """Σ_i w_i x_i; each w_i is broadcast to x_i."""
    total = weights[0] * values[0]
    for weight, value in zip(weights[1:], values[1:], strict=True):
        total = total + weight * value
    return total


class Gate(nn.Module):
    """inputs -> (B, experts), which sum to 1."""

    def __init__(self, block: mixing.Gate) -> None:
        super().__init__()
        self.looks = nn.ModuleList(_look(shape) for shape in block.inputs)
        self.choose = nn.Linear(block.width, block.experts)

    def forward(self, *values: Tensor) -> Tensor:
        seen = [look(value) for look, value in zip(self.looks, values, strict=True)]
        weights: Tensor = self.choose(seen[0] if len(seen) == 1 else torch.cat(seen, dim=1)).softmax(1)
        return weights


def _look(shape: Shape) -> nn.Module:
    """(B, …) -> (B, gate_width(shape))."""
    if isinstance(shape, Map):
        return nn.Sequential(nn.AvgPool2d(mixing.gate_window(shape)), nn.Flatten())
    if isinstance(shape, Tokens):
        return MeanWord(shape.vocabulary)
    return LastWord() if isinstance(shape, States) else nn.Identity()


class MeanWord(nn.Module):
    """(B, L) word numbers -> (B, 16), the mean vector of the words; 0 of an empty sentence."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, mixing.GATE_EMBEDDING, padding_idx=0)

    def forward(self, words: Tensor) -> Tensor:
        count = (words > 0).sum(1, keepdim=True).clamp(min=1)
        mean: Tensor = self.embedding(words).sum(1) / count
        return mean


class LastWord(nn.Module):
    """(B, L, width) -> (B, width), the state after the last word."""

    def forward(self, states: Tensor) -> Tensor:
        return last_state(states)


class Mixture(nn.Module):
    """gate (B, E), E tensors (B, …) -> (B, …)."""

    def forward(self, gate: Tensor, *experts: Tensor) -> Tensor:
        shape = (-1, *[1] * (experts[0].dim() - 1))
        return weighed([weight.view(shape) for weight in gate.unbind(1)], experts)


class Mask(nn.Module):
    """u and, unless the stage is the first, f(â), both (B, C, S, S) -> (B, C, S, S) in (0, 1)."""

    def __init__(self, block: mixing.Mask) -> None:
        super().__init__()
        channels, norm = block.inputs[0].channels, block.batch_norm
        first = _convolve(len(block.inputs) * channels, channels, 1, norm)
        self.score = nn.Sequential(*first, nn.ReLU(), *_convolve(channels, channels, 1, norm))

    def forward(self, features: Tensor, *before: Tensor) -> Tensor:
        mask: Tensor = F.sigmoid(self.score(torch.cat((features, *before), dim=1)))
        return mask


class Passed(nn.Sequential):
    """â (B, C', S', S') -> (B, C, S, S)."""

    def __init__(self, block: mixing.Passed) -> None:
        pool = [nn.MaxPool2d(2)] if block.pool else []
        layers = _convolve(block.inputs.channels, block.next.channels, 3, block.batch_norm)
        super().__init__(*layers, nn.ReLU(), *pool)


def _convolve(inputs: int, outputs: int, kernel: int, batch_norm: bool) -> list[nn.Module]:
    convolve = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not batch_norm)
    return [convolve, nn.BatchNorm2d(outputs)] if batch_norm else [convolve]


class Attended(nn.Module):
    """mask, map (B, C, S, S) -> their product."""

    def forward(self, mask: Tensor, features: Tensor) -> Tensor:
        return mask * features
