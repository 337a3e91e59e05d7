"""Mixers: blocks that mix what others give, described without torch (:mod:`mtl_core.mixing_modules`).

Stitches between columns, gates and mixtures of experts, attention masks on maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtl_core.blocks import Block, Map, Shape, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn

GATE_SIDE = 8
"""Side, at most, to which a gate averages a map before it looks at it."""
GATE_EMBEDDING = 16
"""Numbers that a word becomes for a gate."""


def units(shape: Shape) -> int:
    """Units of a vector or of each word's state, channels of a map."""
    if isinstance(shape, Map):
        return shape.channels
    if isinstance(shape, Tokens):
        raise TypeError("word numbers cannot be mixed, only what was read from them")
    return shape.width


@dataclass(frozen=True)
class Stitch(Block):
    """x̃_t = Σ_s α_ts x_s over the columns s: a row of Misra et al. 2016, eq. 1, learned.

    α begins at ``diagonal`` for the task's own column and (1 − ``diagonal``)/(K − 1) for each other.

    Attributes:
        inputs: shape of what each column gives.
        columns: K.
        own: which of them is the task's own, from 0.
        diagonal: α of it at the start.
        per_unit: an α for each unit or channel instead of one a column.
    """

    inputs: Shape
    columns: int
    own: int
    diagonal: float = 0.9
    per_unit: bool = False

    def parameters(self) -> int:
        return self.columns * (units(self.inputs) if self.per_unit else 1)

    def output(self) -> Shape:
        return self.inputs

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Stitch(self)


def gate_width(shape: Shape) -> int:
    """Numbers of an input that a gate looks at."""
    if isinstance(shape, Map):
        return shape.channels * (shape.size // gate_window(shape)) ** 2
    return GATE_EMBEDDING if isinstance(shape, Tokens) else shape.width


def gate_window(shape: Map) -> int:
    """Side of the windows over which a gate averages a map: at most ``GATE_SIDE`` of them in a row."""
    return -(-shape.size // GATE_SIDE)


@dataclass(frozen=True)
class Gate(Block):
    """w = softmax(W x + b): how much a task takes of each expert, for each sample (Ma et al. 2018, eq. 7, with a bias).

    x are the inputs side by side: vectors as they are, maps averaged to at most 8×8, sentences as the mean of word
    vectors of the gate's own, read sentences by their last state.
    """

    inputs: tuple[Shape, ...]
    experts: int

    @property
    def width(self) -> int:
        """Numbers in x."""
        return sum(map(gate_width, self.inputs))

    def parameters(self) -> int:
        words = sum(shape.vocabulary for shape in self.inputs if isinstance(shape, Tokens))
        return words * GATE_EMBEDDING + (self.width + 1) * self.experts

    def output(self) -> Vector:
        return Vector(self.experts)

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Gate(self)


@dataclass(frozen=True)
class Mixture(Block):
    """f(x) = Σ_e w_e f_e(x): the experts' outputs by a gate's weights (Ma et al. 2018, eq. 6). Reads gate, experts."""

    inputs: Shape
    experts: int

    def parameters(self) -> int:
        return 0

    def output(self) -> Shape:
        return self.inputs

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Mixture()


@dataclass(frozen=True)
class Mask(Block):
    """a = σ(BN(H ReLU(BN(G [u, f(â)])))) in (0, 1): a task's attention on a map u (Liu et al. 2019, eq. 2).

    G and H are 1×1 convolutions. ``inputs``: u, and but for the first stage f(â) (:class:`Passed`), of u's shape.
    """

    inputs: tuple[Map, ...]
    batch_norm: bool = True

    def parameters(self) -> int:
        channels = self.inputs[0].channels
        extra = (2 if self.batch_norm else 1) * channels
        return (len(self.inputs) + 1) * channels**2 + 2 * extra

    def output(self) -> Map:
        return self.inputs[0]

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Mask(self)


@dataclass(frozen=True)
class Passed(Block):
    """f(â): a 3×3 convolution, BN and ReLU of what a task attended to, max-pooled by 2 where the next map is half.

    Liu et al. 2019, eq. 2, where f has no index of the task: all tasks apply the same one.

    Attributes:
        inputs: shape of â.
        next: of the map u of the stage that it is for.
    """

    inputs: Map
    next: Map
    batch_norm: bool = True

    @property
    def pool(self) -> bool:
        """Whether the next stage halves the size."""
        return self.inputs.size > self.next.size

    def parameters(self) -> int:
        return (9 * self.inputs.channels + (2 if self.batch_norm else 1)) * self.next.channels

    def output(self) -> Map:
        return self.next

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Passed(self)


@dataclass(frozen=True)
class Applied(Block):
    """What a lent block gives for inputs of this part's own; its parameters are counted where it is lent."""

    lent: Block

    def parameters(self) -> int:
        return 0

    def output(self) -> Shape:
        return self.lent.output()

    def build(self) -> nn.Module:
        raise TypeError("it applies another part's module and has none of its own")


@dataclass(frozen=True)
class Attended(Block):
    """â = a ⊙ p: what a mask lets through of a map (Liu et al. 2019, eq. 1). Reads the mask, then the map."""

    inputs: Map

    def parameters(self) -> int:
        return 0

    def output(self) -> Map:
        return self.inputs

    def build(self) -> nn.Module:
        from mtl_core import mixing_modules

        return mixing_modules.Attended()
