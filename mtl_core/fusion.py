"""Sentences, and how several inputs become one code: blocks without torch (:mod:`mtl_core.fusion_modules`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtl_core.blocks import Block, Map, Shape, States, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Sentence(Block):
    """Embedding of the words, then an LSTM over them, packed; gives its state after each word, zeros behind them.

    With ``norm`` each state is layer-normalised, as attention wants it.
    """

    inputs: Tokens
    embedding: int
    width: int
    layers: int = 2
    dropout: float = 0.0
    norm: bool = False

    def parameters(self) -> int:
        sizes = [self.embedding, *[self.width] * (self.layers - 1)]
        lstm = sum(4 * self.width * (i + self.width + 2) for i in sizes)
        return self.inputs.vocabulary * self.embedding + lstm + 2 * self.width * self.norm

    def output(self) -> States:
        return States(self.inputs.length, self.width)

    def build(self) -> nn.Module:
        from mtl_core import fusion_modules

        return fusion_modules.SentenceReader(self)


@dataclass(frozen=True)
class LastState(Block):
    """The LSTM's state after the last word: what a sentence alone is to heads and hidden layers."""

    inputs: States

    def parameters(self) -> int:
        return 0

    def output(self) -> Vector:
        return Vector(self.inputs.width)

    def build(self) -> nn.Module:
        from mtl_core import fusion_modules

        return fusion_modules.LastState()


def flat_width(shape: Shape, width: int) -> int:
    """Numbers that an input brings into a fusion: a map is brought to ``width``, all else stays as wide as it is."""
    if isinstance(shape, Map):
        return width
    if isinstance(shape, Tokens):
        raise TypeError("words need an embedding before they can be joined with other inputs")
    return shape.width


def map_parameters(shape: Shape, width: int) -> int:
    """Of the linear layer that brings a pooled, flattened map to ``width``; 0 for what is no map."""
    return (shape.channels * (shape.size // 2) ** 2 + 1) * width if isinstance(shape, Map) else 0


@dataclass(frozen=True)
class Concatenation(Block):
    """The inputs side by side, then one linear layer and ReLU.

    Of a map: max-pooled by 2, flattened, linear, ReLU; of a sentence: its last state.
    """

    inputs: tuple[Shape, ...]
    width: int
    dropout: float = 0.0

    def parameters(self) -> int:
        joined = sum(flat_width(shape, self.width) for shape in self.inputs)
        return sum(map_parameters(shape, self.width) for shape in self.inputs) + (joined + 1) * self.width

    def output(self) -> Vector:
        return Vector(self.width)

    def build(self) -> nn.Module:
        from mtl_core import fusion_modules

        return fusion_modules.Concatenation(self)


@dataclass(frozen=True)
class GatedSum(Block):
    """h = Σ_m σ(U_m v) ⊙ tanh(W_m v_m), v all inputs side by side.

    Arevalo et al. 2017, Gated multimodal units for information fusion, section 3.1. Maps and sentences become vectors
    v_m as in :class:`Concatenation`.
    """

    inputs: tuple[Shape, ...]
    width: int
    dropout: float = 0.0

    def parameters(self) -> int:
        widths = [flat_width(shape, self.width) for shape in self.inputs]
        own = sum((width + 1) * self.width for width in widths)
        gates = len(widths) * (sum(widths) + 1) * self.width
        return sum(map_parameters(shape, self.width) for shape in self.inputs) + own + gates

    def output(self) -> Vector:
        return Vector(self.width)

    def build(self) -> nn.Module:
        from mtl_core import fusion_modules

        return fusion_modules.GatedSum(self)


def fuse(name: str, shapes: tuple[Shape, ...], width: int, dropout: float) -> Block:
    """The block that makes one code of several inputs.

    Args:
        name: ``concat``, ``gated_sum`` or ``cross_attention``; the last gathers what was grounded.
        shapes: of the inputs.
        width: of the code.
        dropout: share of its numbers dropped in training.

    Raises:
        ValueError: for another name.
    """
    from mtl_core.grounding import Gathering

    kinds: dict[str, type[Concatenation] | type[GatedSum] | type[Gathering]] = {
        "concat": Concatenation,
        "gated_sum": GatedSum,
        "cross_attention": Gathering,
    }
    if name not in kinds:
        raise ValueError(f"fusion must be one of {', '.join(kinds)}, got {name!r}")
    return kinds[name](shapes, width, dropout)
