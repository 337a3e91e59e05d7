"""The torch modules of the blocks in :mod:`mtl_core.grounding`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_core import grounding
from mtl_core.blocks import Map
from mtl_core.fusion_modules import last_state, spoken

NEARNESS = 3.0
"""How much larger than the position itself a place's way to what was found is written."""
LOOKS = 2.0
"""How much larger than it is a head's attention to a place is written."""
SHARPNESS = 0.5
"""What the product of query and key is multiplied with: more than 1/√width, so that a head soon chooses one place."""


def said(value: Tensor) -> Tensor:
    """(B, L, width) states -> (B, 2 width), the last beside the mean; a vector as it is."""
    if value.dim() == 2:
        return value
    count = spoken(value).sum(1, keepdim=True).clamp(min=1)
    return torch.cat((last_state(value), value.sum(1) / count), dim=1)


def line(size: int) -> Tensor:
    """(size,) middles of ``size`` equal parts of −1..1."""
    return (torch.arange(size) + 0.5) / size * 2 - 1


def coordinates(size: int) -> Tensor:
    """(2, size, size) the column and the row of each place in −1..1."""
    return torch.stack(torch.meshgrid(line(size), line(size), indexing="xy"))


def positions(size: int) -> Tensor:
    """(10, size, size) the coordinates, and sin and cos of π/2 and π times them."""
    at = coordinates(size)
    waves = [wave(at * math.pi * k) for k in (0.5, 1.0) for wave in (torch.sin, torch.cos)]
    return torch.cat((at, *waves))


def beside(places: Tensor, constant: Tensor) -> Tensor:
    """(B, C, S, S) with (c, S, S) laid beside every sample's channels."""
    return torch.cat((places, constant.to(places.dtype).expand(len(places), -1, -1, -1)), dim=1)


class Modulation(nn.Module):
    """(map (B, C, S, S), c (B, told)) -> (B, width, S, S)."""

    def __init__(self, channels: int, told: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.film = nn.Sequential(nn.BatchNorm1d(told), nn.Linear(told, 2 * width))
        self.leave = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())

    def forward(self, places: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.film(told)[:, :, None, None].chunk(2, dim=1)
        modulated: Tensor = self.leave(F.relu((1 + scale) * self.enter(places) + shift))
        return modulated


class Telling(nn.Module):
    """(map (B, C, S, S), words or vectors …) -> (B, width, S, S)."""

    positions: Tensor

    def __init__(self, block: grounding.Telling) -> None:
        super().__init__()
        places = block.inputs[0]
        assert isinstance(places, Map)
        self.register_buffer("positions", positions(places.size), persistent=False)
        told = sum(grounding.said(shape) for shape in block.inputs[1:])
        self.modulation = Modulation(places.channels + grounding.POSITIONS, told, block.width)

    def forward(self, places: Tensor, *others: Tensor) -> Tensor:
        told: Tensor = self.modulation(beside(places, self.positions), torch.cat([said(v) for v in others], dim=1))
        return told


class Search(nn.Module):
    """(map (B, C, S, S), words or vectors …) -> (B, heads, S, S) where each head looks."""

    def __init__(self, block: grounding.Search) -> None:
        super().__init__()
        places, heads = block.inputs[0], block.output().channels
        assert isinstance(places, Map)
        self.choice = nn.ModuleList(nn.Linear(width, heads) for width in block.words)
        self.query = nn.ModuleList(nn.Linear(width, block.width) for width in block.words)
        self.key = nn.Conv2d(places.channels, block.width, 1)
        self.null = nn.Parameter(torch.zeros(heads))

    def forward(self, places: Tensor, *others: Tensor) -> Tensor:
        query = self._asked(others)
        fit = SHARPNESS * query @ self.key(places).flatten(2)
        null = self.null[None, :, None].expand(len(fit), -1, 1)
        attention = torch.cat((fit, null.to(fit.dtype)), dim=2).softmax(2)[:, :, :-1]
        return attention.reshape(*fit.shape[:2], *places.shape[2:])

    def _asked(self, others: tuple[Tensor, ...]) -> Tensor:
        """(B, heads, width) the query of each head, of all inputs' words; of the first word where none is said."""
        choices, queries = [], []
        for choice, query, value in zip(self.choice, self.query, others, strict=True):
            words = value if value.dim() == 3 else value[:, None]
            there = spoken(words) | (torch.arange(words.shape[1], device=words.device) == 0)
            choices.append(choice(words).masked_fill(~there[..., None], -torch.inf))
            queries.append(query(words))
        chosen = torch.cat(choices, dim=1).softmax(1)
        return chosen.transpose(1, 2) @ torch.cat(queries, dim=1)


class Finding(nn.Module):
    """(map (B, C, S, S), looks (B, heads, S, S)) -> (B, heads·(2 + each)): places found, then what is there."""

    coordinates: Tensor

    def __init__(self, block: grounding.Finding) -> None:
        super().__init__()
        places = block.inputs[0]
        self.register_buffer("coordinates", coordinates(places.size), persistent=False)
        self.value = nn.Conv2d(places.channels, block.each, 1)

    def forward(self, places: Tensor, looks: Tensor) -> Tensor:
        attention = looks.flatten(2)
        where = attention @ self.coordinates.to(attention.dtype).flatten(1).t()
        what = attention @ self.value(places).flatten(2).transpose(1, 2)
        return torch.cat((where.flatten(1), what.flatten(1)), dim=1)


class Grounding(nn.Module):
    """(map (B, C, S, S), looks (B, heads, S, S), found (B, …), words or vectors …) -> (B, width, S, S)."""

    positions: Tensor

    def __init__(self, block: grounding.Grounding) -> None:
        super().__init__()
        places = block.inputs[0]
        assert isinstance(places, Map)
        self.heads = block.heads
        self.register_buffer("positions", positions(places.size), persistent=False)
        self.modulation = Modulation(block.channels, block.told, block.width)

    def forward(self, places: Tensor, looks: Tensor, found: Tensor, *others: Tensor) -> Tensor:
        where, what = found[:, : 2 * self.heads].view(-1, self.heads, 2), found[:, 2 * self.heads :]
        way = NEARNESS * (self.positions[:2].to(places.dtype) - where[..., None, None]).flatten(1, 2)
        told = torch.cat([what, *(said(value) for value in others)], dim=1)
        known = torch.cat((beside(places, self.positions), LOOKS * looks, way), dim=1)
        grounded: Tensor = self.modulation(known, told)
        return grounded


class Gathering(nn.Module):
    """inputs -> (B, width)."""

    def __init__(self, block: grounding.Gathering) -> None:
        super().__init__()
        joined = sum(s.channels if isinstance(s, Map) else grounding.said(s) for s in block.inputs)
        self.join = nn.Linear(joined, block.width)
        self.dropout = nn.Dropout(block.dropout)

    def forward(self, *values: Tensor) -> Tensor:
        parts = [value.amax((2, 3)) if value.dim() == 4 else said(value) for value in values]
        code: Tensor = self.dropout(F.relu(self.join(torch.cat(parts, dim=1))))
        return code
