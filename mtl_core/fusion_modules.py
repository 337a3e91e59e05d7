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

    def forward(self, words: Tensor) -> Tensor:
        lengths = (words > 0).sum(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(self.embedding(words), lengths, batch_first=True, enforce_sorted=False)
        states: Tensor = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=words.shape[1])[0]
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


class Grounding(nn.Module):
    """(map (B, C, S, S), words …) -> (B, width, S, S)."""

    def __init__(self, block: fusion.Grounding) -> None:
        super().__init__()
        self.words = nn.ModuleList(nn.Linear(fusion.flat_width(shape, 0), block.width) for shape in block.inputs[1:])
        self.rounds = nn.ModuleList(_Round(c, block.width) for c in (block.places.channels, block.width))

    def forward(self, places: Tensor, *others: Tensor) -> Tensor:
        heard, there = [], []
        for layer, other in zip(self.words, others, strict=True):
            words = other if other.dim() == 3 else other[:, None]
            heard.append(layer(words))
            there.append(spoken(words) if other.dim() == 3 else words.new_ones(words.shape[:2], dtype=torch.bool))
        words, mask = torch.cat(heard, dim=1), torch.cat(there, dim=1)
        for one in self.rounds:
            places = one(places, words, mask)
        return places


class _Round(nn.Module):
    """One round of a :class:`Grounding`."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(channels + 2, width)
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.film = nn.Linear(width, 2 * width)
        self.own = nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.beside = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())

    def forward(self, places: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        count, _, size, _ = places.shape
        asked = torch.cat((places, _coordinates(places)), dim=1).flatten(2).transpose(1, 2)
        q, k, v = _heads(self.query(asked)), _heads(self.key(words)), _heads(self.value(words))
        heard = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
        film = self.film(heard.transpose(1, 2).reshape(count, size * size, -1))
        scale, shift = film.transpose(1, 2).reshape(count, -1, size, size).chunk(2, dim=1)
        grounded: Tensor = self.beside(F.relu((1 + scale) * self.own(places) + shift))
        return grounded


def _heads(values: Tensor) -> Tensor:
    """(B, L, width) -> (B, heads, L, width / heads); one head where the width cannot be divided."""
    heads = fusion.HEADS if values.shape[2] % fusion.HEADS == 0 else 1
    return values.view(*values.shape[:2], heads, -1).transpose(1, 2)


def _coordinates(places: Tensor) -> Tensor:
    """(B, 2, S, S) the column and row of each place, −1..1."""
    line = torch.linspace(-1, 1, places.shape[2], device=places.device, dtype=places.dtype)
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"))
    return grid.expand(len(places), -1, -1, -1)


class Gathering(nn.Module):
    """inputs -> (B, width)."""

    def __init__(self, block: fusion.Gathering) -> None:
        super().__init__()
        joined = sum(s.channels if isinstance(s, Map) else fusion.flat_width(s, 0) for s in block.inputs)
        self.join = nn.Linear(joined, block.width)
        self.dropout = nn.Dropout(block.dropout)

    def forward(self, *values: Tensor) -> Tensor:
        vectors = [v.amax((2, 3)) if v.dim() == 4 else last_state(v) if v.dim() == 3 else v for v in values]
        code: Tensor = self.dropout(F.relu(self.join(torch.cat(vectors, dim=1))))
        return code
