"""Blocks: what a network is made of, described without torch.

A block knows its sizes, so that the page can draw a network and count its
parameters before anything is built; ``build`` makes the torch module of it
(:mod:`mtl_core.modules`). A test holds each count against the built module's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Vector:
    """Shape of one sample's feature vector: ``width`` numbers."""

    width: int

    def __str__(self) -> str:
        return str(self.width)


@dataclass(frozen=True)
class Map:
    """Shape of one sample's feature map: ``channels`` × ``size`` × ``size``."""

    channels: int
    size: int

    def __str__(self) -> str:
        return f"{self.channels}×{self.size}²"


@dataclass(frozen=True)
class Tokens:
    """Shape of one sample's sentence: at most ``length`` words out of ``vocabulary``, the 0 of padding included."""

    length: int
    vocabulary: int

    def __str__(self) -> str:
        return f"≤{self.length}"


@dataclass(frozen=True)
class States:
    """Shape of one sample's read sentence: a vector of ``width`` after each of at most ``length`` words."""

    length: int
    width: int

    def __str__(self) -> str:
        return f"≤{self.length}×{self.width}"


Shape = Vector | Map | Tokens | States


class Block:
    """One piece of a network. Subclasses are frozen dataclasses of its sizes."""

    def parameters(self) -> int:
        """Number of trainable numbers in it."""
        raise TypeError(f"{type(self).__name__} must say how many parameters it has")

    def output(self) -> Shape:
        """Shape of its output for one sample."""
        raise TypeError(f"{type(self).__name__} must say what it gives")

    def build(self) -> nn.Module:
        """The torch module."""
        raise TypeError(f"{type(self).__name__} must build its module")


@dataclass(frozen=True)
class Dense(Block):
    """Linear, batch norm (optional), ReLU, dropout; a feature map is max-pooled by 2 and flattened first."""

    inputs: Shape
    width: int
    batch_norm: bool = False
    dropout: float = 0.0

    @property
    def flat_inputs(self) -> int:
        """Numbers that reach the linear layer."""
        if isinstance(self.inputs, Vector):
            return self.inputs.width
        if not isinstance(self.inputs, Map):
            raise TypeError(f"a dense layer reads a vector or a map, got {self.inputs}")
        return self.inputs.channels * (self.inputs.size // 2) ** 2

    def parameters(self) -> int:
        return (self.flat_inputs + 1) * self.width + (2 * self.width if self.batch_norm else 0)

    def output(self) -> Vector:
        return Vector(self.width)

    def build(self) -> nn.Module:
        from mtl_core import modules

        return modules.dense(self)


@dataclass(frozen=True)
class Convolution(Block):
    """Max-pool by 2 (unless first), 3×3 convolution, batch norm (optional), ReLU, channel dropout.

    With ``patch`` > 1 the pixels of each patch × patch become channels before the convolution (pixel unshuffle).
    """

    inputs: Map
    channels: int
    pool: bool
    batch_norm: bool = True
    dropout: float = 0.0
    patch: int = 1

    @property
    def convolved(self) -> int:
        """Channels that reach the convolution."""
        return self.inputs.channels * self.patch**2

    def parameters(self) -> int:
        weights = 9 * self.convolved * self.channels
        return weights + (2 * self.channels if self.batch_norm else self.channels)

    def output(self) -> Map:
        return Map(self.channels, self.inputs.size // (2 if self.pool else 1) // self.patch)

    def build(self) -> nn.Module:
        from mtl_core import modules

        return modules.convolution(self)


@dataclass(frozen=True)
class Linear(Block):
    """The head of a task that is one vector: a linear layer."""

    inputs: Vector
    width: int

    def parameters(self) -> int:
        return (self.inputs.width + 1) * self.width

    def output(self) -> Vector:
        return Vector(self.width)

    def build(self) -> nn.Module:
        from mtl_core import modules

        return modules.linear(self)


@dataclass(frozen=True)
class MaskDecoder(Block):
    """From the deepest feature map and the global code back to the input's resolution, with skips.

    At the deepest map the code is laid beside every pixel; then per skip (deep to
    shallow): upsample, concatenate the skip, convolve. A last 1×1 convolution gives one
    logit a class. The code is needed: which class a pixel has can be known only by
    recognising the whole, not from its neighbourhood. Where the maps begin with patches
    of patch × patch pixels, that last one is transposed: each place gives the logits of its patch.
    """

    skips: tuple[Map, ...]
    code: Vector
    classes: int
    batch_norm: bool = True
    patch: int = 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels after each stage, deepest first: half of the skip's, at least 16."""
        return tuple(max(16, skip.channels // 2) for skip in reversed(self.skips))

    @property
    def stage_inputs(self) -> tuple[int, ...]:
        """Channels that enter each stage's convolution, deepest first."""
        before = (self.code.width, *self.widths[:-1])
        return tuple(a + skip.channels for a, skip in zip(before, reversed(self.skips), strict=True))

    @property
    def kernels(self) -> tuple[int, ...]:
        """Kernel size of each stage: 3 up to half resolution, 1 at full resolution, where it is dear."""
        return (*(3 for _ in self.skips[1:]), 1)

    def parameters(self) -> int:
        stages = zip(self.stage_inputs, self.widths, self.kernels, strict=True)
        extra = 2 if self.batch_norm else 1
        total = sum(i * w * k * k + extra * w for i, w, k in stages)
        return total + (self.widths[-1] * self.patch**2 + 1) * self.classes

    def output(self) -> Map:
        return Map(self.classes, self.skips[0].size * self.patch)

    def build(self) -> nn.Module:
        from mtl_core import modules

        return modules.MaskDecoder(self)
