"""Blocks that make pictures or judge them, described without torch (see :mod:`mtl_core.blocks`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtl_core.blocks import Block, Map, Vector

if TYPE_CHECKING:
    from torch import nn

COORDINATES = 2
"""Channels that say where a pixel lies: its column and row, each from −1 to 1."""
SMALLEST = 8
"""Largest side of the map that a generator starts from."""


@dataclass(frozen=True)
class Generator(Block):
    """From a vector z to the logits of a picture.

    A style vector of z becomes a small map; then per stage: upsample, lay the pixels' coordinates beside it
    (Liu et al. 2018, CoordConv), convolve, normalise, scale and shift each channel by the style (Perez et al. 2018,
    FiLM), ReLU. A last convolution at half the picture's size gives one logit a channel and pixel, four pixels for
    each place of the map (Shi et al. 2016, sub-pixel convolution): full size would cost half of the whole.

    z is drawn from N(0, I), or with ``components`` above 0 from a mixture of so many Gaussians of equal weight, which
    it learns. ``smooth`` weighs the logits 1:2:1 over rows and columns, so that no chequered pattern is left.
    With ``average`` above 0 it keeps a moving average of its numbers of that decay, which counts no parameter.
    """

    latent: int
    picture: Map
    channels: int = 64
    components: int = 0
    smooth: bool = False
    average: float = 0.0

    @property
    def style(self) -> int:
        """Width of the style vector."""
        return 2 * self.channels

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sides of the maps, smallest first: the picture's halved once at least, and until at most 8."""
        sizes = [(self.picture.size + 1) // 2]
        while sizes[-1] > SMALLEST:
            sizes.append((sizes[-1] + 1) // 2)
        return tuple(reversed(sizes))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the maps: halved at each stage, at least 16 (or all of them, if fewer)."""
        least = min(16, self.channels)
        return tuple(max(least, self.channels >> i) for i in range(len(self.sizes)))

    def parameters(self) -> int:
        first = self.widths[0] * self.sizes[0] ** 2
        total = (self.latent + 1) * self.style + (self.style + 2) * first
        total += 2 * self.components * self.latent
        for before, width in zip(self.widths, self.widths[1:], strict=False):
            total += 9 * (before + COORDINATES) * width + 2 * width + (self.style + 1) * 2 * width
        return total + (9 * (self.widths[-1] + COORDINATES) + 1) * 4 * self.picture.channels

    def output(self) -> Map:
        return self.picture

    def build(self) -> nn.Module:
        from mtl_core import generation_modules

        return generation_modules.Generator(self)


@dataclass(frozen=True)
class VaeHead(Block):
    """From the global code to mean and log-variance of z, and from a z drawn there to the logits of a picture."""

    code: Vector
    latent: int
    picture: Map
    channels: int = 64
    components: int = 0

    @property
    def decoder(self) -> Generator:
        """What makes the picture from z."""
        return Generator(self.latent, self.picture, self.channels, self.components)

    def parameters(self) -> int:
        return (self.code.width + 1) * 2 * self.latent + self.decoder.parameters()

    def output(self) -> Map:
        return self.picture

    def build(self) -> nn.Module:
        from mtl_core import generation_modules

        return generation_modules.VaeHead(self)


@dataclass(frozen=True)
class Discriminator(Block):
    """From the trunk's deepest feature maps to one logit, real against made.

    A convolution of each map, with a stride that brings it to the deepest one's size; their sum; a convolution of
    stride 2; a linear layer. With the deepest map alone D cannot see whether an edge is straight.
    """

    features: tuple[Map, ...]
    channels: int = 64
    spectral_norm: bool = False

    @property
    def size(self) -> int:
        """Side of the map after the second convolution, whose stride is 2."""
        return (self.features[-1].size + 1) // 2

    def parameters(self) -> int:
        first = sum((9 * feature.channels + 1) * self.channels for feature in self.features)
        second = (9 * self.channels + 1) * self.channels
        return first + second + self.channels * self.size**2 + 1

    def output(self) -> Vector:
        return Vector(1)

    def build(self) -> nn.Module:
        from mtl_core import generation_modules

        return generation_modules.Discriminator(self)
