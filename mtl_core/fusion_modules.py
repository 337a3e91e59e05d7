"""The torch modules of the blocks in :mod:`mtl_core.fusion`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl_core import fusion
from mtl_core.blocks import Map, Shape


class SentenceReader(nn.Module):
    """(B, L) word numbers -> states (B, L, width), zeros behind the last word; an empty sentence is one padding."""

    def __init__(self, block: fusion.Sentence) -> None:
        super().__init__()
        self.embedding = nn.Embedding(block.inputs.vocabulary, block.embedding, padding_idx=0)
        dropout = block.dropout if block.layers > 1 else 0.0
        self.lstm = nn.LSTM(block.embedding, block.width, block.layers, batch_first=True, dropout=dropout)
        self.norm = nn.LayerNorm(block.width) if block.norm else None

    def forward(self, words: Tensor) -> Tensor:
        count = (words > 0).sum(1).clamp(min=1)
        lengths = count.cpu()
        packed = pack_padded_sequence(self.embedding(words), lengths, batch_first=True, enforce_sorted=False)
        states: Tensor = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=words.shape[1])[0]
        if self.norm is not None:
            there = torch.arange(words.shape[1], device=words.device) < count[:, None]
            states = self.norm(states) * there[..., None]
        return states


class LastState(nn.Module):
    """(B, L, width) -> (B, width)."""

    def forward(self, states: Tensor) -> Tensor:
        return last_state(states)


def spoken(states: Tensor) -> Tensor:
    """(B, L) whether there is a word: an LSTM's state is never all zero, and padding is."""
    return states.ne(0).any(2)


def last_state(states: Tensor) -> Tensor:
    """(B, width) the state after the last word."""
    last = spoken(states).sum(1).clamp(min=1) - 1
    return states[torch.arange(len(states), device=states.device), last]


class _AsVectors(nn.Module):
    """Each input as (B, width_m): a map pooled, flattened and brought to ``width``, a sentence by its last state."""

    def __init__(self, shapes: tuple[Shape, ...], width: int) -> None:
        super().__init__()
        self.maps = nn.ModuleDict(
            {
                str(i): nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(_pooled(shape), width), nn.ReLU())
                for i, shape in enumerate(shapes)
                if isinstance(shape, Map)
            }
        )

    def forward(self, *values: Tensor) -> list[Tensor]:
        return [
            self.maps[str(i)](value) if str(i) in self.maps else last_state(value) if value.dim() == 3 else value
            for i, value in enumerate(values)
        ]


def _pooled(shape: Map) -> int:
    return shape.channels * (shape.size // 2) ** 2


class Concatenation(nn.Module):
    """inputs -> (B, width)."""

    def __init__(self, block: fusion.Concatenation) -> None:
        super().__init__()
        self.vectors = _AsVectors(block.inputs, block.width)
        joined = sum(fusion.flat_width(shape, block.width) for shape in block.inputs)
        self.join = nn.Linear(joined, block.width)
        self.dropout = nn.Dropout(block.dropout)

    def forward(self, *values: Tensor) -> Tensor:
        code: Tensor = self.dropout(F.relu(self.join(torch.cat(self.vectors(*values), dim=1))))
        return code


class GatedSum(nn.Module):
    """inputs -> (B, width)."""

    def __init__(self, block: fusion.GatedSum) -> None:
        super().__init__()
        self.vectors = _AsVectors(block.inputs, block.width)
        widths = [fusion.flat_width(shape, block.width) for shape in block.inputs]
        self.own = nn.ModuleList(nn.Linear(width, block.width) for width in widths)
        self.gates = nn.ModuleList(nn.Linear(sum(widths), block.width) for _ in widths)
        self.dropout = nn.Dropout(block.dropout)

    def forward(self, *values: Tensor) -> Tensor:
        vectors = self.vectors(*values)
        joined = torch.cat(vectors, dim=1)
        terms = [
            gate(joined).sigmoid() * own(vector).tanh()
            for gate, own, vector in zip(self.gates, self.own, vectors, strict=True)
        ]
        code: Tensor = self.dropout(torch.stack(terms).sum(0))
        return code
