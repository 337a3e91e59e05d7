"""A picture that is asked about: blocks of the fusion ``cross_attention``, without torch.

The modules are in :mod:`mtl_core.grounding_modules`. Four stages stand between the encoders and
the code, each a block here: every place of the map is *told* what the other inputs say; heads *search* the places for
what is spoken of beside the thing that is meant, and say what they *found* where; every place, which now knows where it
lies from that, is told once more, and so *grounded*.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from mtl_core.blocks import Block, Map, Shape, States, Vector

if TYPE_CHECKING:
    from torch import nn

HEADS = 8
"""Heads of a search, at most. With 4 of them it is luck when one of them begins to look for the other thing."""
POSITIONS = 10
"""Numbers that say where a place lies: its column and row in −1..1, and sin and cos of π/2 and π times each."""


def heads(width: int) -> int:
    """Heads of a search of ``width``: the most, up to ``HEADS``, among which it can be divided."""
    return gcd(width, HEADS)


def said(shape: Shape) -> int:
    """Numbers that an input brings as a whole: of a sentence its last state beside the mean of all."""
    if isinstance(shape, States):
        return 2 * shape.width
    if isinstance(shape, Vector):
        return shape.width
    raise TypeError(f"only a read sentence or a vector can be told to a map's places, got {shape}")


def modulation(channels: int, told: int, width: int) -> int:
    """Parameters of M(x; c) = ReLU(BN(V ReLU((1 + γ_c) ⊙ BN(W x) + β_c))), with γ_c, β_c linear in BN(c)."""
    return channels * width + 2 * width + 2 * told + (told + 1) * 2 * width + width**2 + 2 * width


@dataclass(frozen=True)
class Telling(Block):
    """y_p = M([x_p, e_p]; s): each place p, with its position e_p, scaled and shifted by what the other inputs say.

    M(x; c) = ReLU(BN(V ReLU((1 + γ_c) ⊙ BN(W x) + β_c))) with γ_c, β_c linear in BN(c): FiLM, Perez et al. 2018, eq. 2.
    ``inputs``: a map, then the others.
    """

    inputs: tuple[Shape, ...]
    width: int

    def parameters(self) -> int:
        channels = _places(self.inputs).channels + POSITIONS
        return modulation(channels, sum(said(shape) for shape in self.inputs[1:]), self.width)

    def output(self) -> Map:
        return Map(self.width, _places(self.inputs).size)

    def build(self) -> nn.Module:
        from mtl_core import grounding_modules

        return grounding_modules.Telling(self)


@dataclass(frozen=True)
class Search(Block):
    """α_hp: where each head h looks for what is spoken of, a map a head; each sums to 1 with its null place, left out.

    Attention (Vaswani et al. 2017, eq. 1) with one query a head, of words of its own choice: q_h = Q Σ_l w_hl s_l,
    w_h = softmax_l(a_h·s_l); α_h = softmax over the places and one null place of q_h·K y_p / 2, so that nothing may
    be found. A vector counts as one word. ``inputs``: the told map, then the others.
    """

    inputs: tuple[Shape, ...]
    width: int

    @property
    def words(self) -> tuple[int, ...]:
        """Width of each input's words."""
        return tuple(shape.width for shape in self.inputs[1:] if isinstance(shape, (States, Vector)))

    def parameters(self) -> int:
        count = heads(self.width)
        asking = sum((width + 1) * (count + self.width) for width in self.words)
        return asking + (_places(self.inputs).channels + 1) * self.width + count

    def output(self) -> Map:
        return Map(heads(self.width), _places(self.inputs).size)

    def build(self) -> nn.Module:
        from mtl_core import grounding_modules

        return grounding_modules.Search(self)


@dataclass(frozen=True)
class Finding(Block):
    """What every head has found: its place c_h = Σ_p α_hp p, and what is there, v_h = Σ_p α_hp V y_p.

    ``inputs``: the told map and where the heads look. Gives all (x, y) of the heads, then all v.
    """

    inputs: tuple[Map, Map]
    width: int

    @property
    def each(self) -> int:
        """Numbers of what one head finds at its place."""
        return self.width // self.inputs[1].channels

    def parameters(self) -> int:
        return (self.inputs[0].channels + 1) * self.each

    def output(self) -> Vector:
        return Vector(self.inputs[1].channels * (2 + self.each))

    def build(self) -> nn.Module:
        from mtl_core import grounding_modules

        return grounding_modules.Finding(self)


@dataclass(frozen=True)
class Grounding(Block):
    """g_p = M([y_p, e_p, 2 α_p, 3 (p − c_h)_h]; [s, v]): each place knows how it lies to what every head has found.

    M as in :class:`Telling`. ``inputs``: the told map, where the heads look, what they found, then the others.
    """

    inputs: tuple[Shape, ...]
    width: int

    @property
    def heads(self) -> int:
        """Heads of the search."""
        return _places(self.inputs[1:]).channels

    @property
    def channels(self) -> int:
        """Numbers that a place has when it is told what was found."""
        return _places(self.inputs).channels + POSITIONS + 3 * self.heads

    @property
    def told(self) -> int:
        """Numbers that every place is told."""
        return sum(said(shape) for shape in self.inputs[2:]) - 2 * self.heads

    def parameters(self) -> int:
        return modulation(self.channels, self.told, self.width)

    def output(self) -> Map:
        return Map(self.width, _places(self.inputs).size)

    def build(self) -> nn.Module:
        from mtl_core import grounding_modules

        return grounding_modules.Grounding(self)


@dataclass(frozen=True)
class Gathering(Block):
    """The strongest answer of each map's places, beside the other inputs; then one linear layer and ReLU."""

    inputs: tuple[Shape, ...]
    width: int
    dropout: float = 0.0

    def parameters(self) -> int:
        joined = sum(shape.channels if isinstance(shape, Map) else said(shape) for shape in self.inputs)
        return (joined + 1) * self.width

    def output(self) -> Vector:
        return Vector(self.width)

    def build(self) -> nn.Module:
        from mtl_core import grounding_modules

        return grounding_modules.Gathering(self)


def _places(inputs: tuple[Shape, ...]) -> Map:
    """The map, the first of the inputs."""
    first = inputs[0]
    if not isinstance(first, Map):
        raise TypeError(f"the first input must be a map, got {first}")
    return first
