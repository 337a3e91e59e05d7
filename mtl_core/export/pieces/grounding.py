"""A map that is asked about other inputs; counterpart of :mod:`mtl_core.grounding_modules`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_core.export.pieces.layers import last_state, spoken


def said(value: Tensor) -> Tensor:
    """(B, L, width) states -> (B, 2 width), the last beside the mean; a vector as it is."""
    if value.dim() == 2:
        return value
    count = spoken(value).sum(1, keepdim=True).clamp(min=1)
    return torch.cat((last_state(value), value.sum(1) / count), dim=1)


def coordinates(size: int) -> Tensor:
    """(2, size, size) the column and the row of each place in −1..1."""
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"))


def positions(size: int) -> Tensor:
    """(10, size, size) the coordinates, and sin and cos of π/2 and π times them."""
    at = coordinates(size)
    waves = [wave(at * math.pi * k) for k in (0.5, 1.0) for wave in (torch.sin, torch.cos)]
    return torch.cat((at, *waves))


def beside(places: Tensor, constant: Tensor) -> Tensor:
    """(B, C, S, S) with (c, S, S) laid beside every sample's channels."""
    return torch.cat((places, constant.to(places.dtype).expand(len(places), -1, -1, -1)), dim=1)


class Modulation(nn.Module):
    """ReLU(BN(V ReLU((1 + γ_c) ⊙ BN(W x) + β_c))), γ_c and β_c linear in BN(c) (FiLM, Perez et al. 2018)."""

    def __init__(self, channels: int, told: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.film = nn.Sequential(nn.BatchNorm1d(told), nn.Linear(told, 2 * width))
        self.leave = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())

    def forward(self, places: Tensor, told: Tensor) -> Tensor:
        """A map and what is told (B, told) -> a map."""
        scale, shift = self.film(told)[:, :, None, None].chunk(2, dim=1)
        modulated: Tensor = self.leave(F.relu((1 + scale) * self.enter(places) + shift))
        return modulated


class Telling(nn.Module):
    """Every place of a map is told what the other inputs say."""

    positions: Tensor

    def __init__(self, size: int, channels: int, told: int, width: int) -> None:
        super().__init__()
        self.register_buffer("positions", positions(size), persistent=False)
        self.modulation = Modulation(channels, told, width)

    def forward(self, places: Tensor, *others: Tensor) -> Tensor:
        """A map, then the others -> a map."""
        told: Tensor = self.modulation(beside(places, self.positions), torch.cat([said(v) for v in others], dim=1))
        return told


class Search(nn.Module):
    """Where each head looks for what is spoken of: attention over the places and one null place."""

    def __init__(self, words: Sequence[int], channels: int, heads: int, width: int) -> None:
        super().__init__()
        self.choice = nn.ModuleList(nn.Linear(each, heads) for each in words)
        self.query = nn.ModuleList(nn.Linear(each, width) for each in words)
        self.key = nn.Conv2d(channels, width, 1)
        self.null = nn.Parameter(torch.zeros(heads))

    def forward(self, places: Tensor, *others: Tensor) -> Tensor:
        """A map, then the others -> (B, heads, S, S)."""
        fit = 0.5 * self.asked(others) @ self.key(places).flatten(2)
        null = self.null[None, :, None].expand(len(fit), -1, 1)
        attention = torch.cat((fit, null.to(fit.dtype)), dim=2).softmax(2)[:, :, :-1]
        return attention.reshape(*fit.shape[:2], *places.shape[2:])

    def asked(self, others: Sequence[Tensor]) -> Tensor:
        """(B, heads, width) the query of each head, of all inputs' words."""
        choices, queries = [], []
        for choice, query, value in zip(self.choice, self.query, others, strict=True):
            words = value if value.dim() == 3 else value[:, None]
            there = spoken(words) | (torch.arange(words.shape[1], device=words.device) == 0)
            choices.append(choice(words).masked_fill(~there[..., None], -torch.inf))
            queries.append(query(words))
        chosen = torch.cat(choices, dim=1).softmax(1)
        return chosen.transpose(1, 2) @ torch.cat(queries, dim=1)


class Finding(nn.Module):
    """What every head has found: its place, and what is there."""

    coordinates: Tensor

    def __init__(self, size: int, channels: int, each: int) -> None:
        super().__init__()
        self.register_buffer("coordinates", coordinates(size), persistent=False)
        self.value = nn.Conv2d(channels, each, 1)

    def forward(self, places: Tensor, looks: Tensor) -> Tensor:
        """A map and where the heads look -> places, then what is there."""
        attention = looks.flatten(2)
        where = attention @ self.coordinates.to(attention.dtype).flatten(1).t()
        what = attention @ self.value(places).flatten(2).transpose(1, 2)
        return torch.cat((where.flatten(1), what.flatten(1)), dim=1)


class Grounding(nn.Module):
    """Every place is told once more, now with its way to what every head has found."""

    positions: Tensor

    def __init__(self, size: int, heads: int, channels: int, told: int, width: int) -> None:
        super().__init__()
        self.heads = heads
        self.register_buffer("positions", positions(size), persistent=False)
        self.modulation = Modulation(channels, told, width)

    def forward(self, places: Tensor, looks: Tensor, found: Tensor, *others: Tensor) -> Tensor:
        """A map, where the heads look, what they found, then the others -> a map."""
        where, what = found[:, : 2 * self.heads].view(-1, self.heads, 2), found[:, 2 * self.heads :]
        way = 3.0 * (self.positions[:2].to(places.dtype) - where[..., None, None]).flatten(1, 2)
        told = torch.cat([what, *(said(value) for value in others)], dim=1)
        grounded: Tensor = self.modulation(torch.cat((beside(places, self.positions), 2.0 * looks, way), dim=1), told)
        return grounded


class Gathering(nn.Module):
    """The strongest answer of each map's places, beside the other inputs; then one linear layer and ReLU."""

    def __init__(self, joined: int, width: int, dropout: float) -> None:
        super().__init__()
        self.join = nn.Linear(joined, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, *values: Tensor) -> Tensor:
        """inputs -> (B, width)."""
        parts = [value.amax((2, 3)) if value.dim() == 4 else said(value) for value in values]
        code: Tensor = self.dropout(F.relu(self.join(torch.cat(parts, dim=1))))
        return code
