"""Encoders: the stages of a trunk for each kind of input.

An encoder is a function from what a modality looks like to a list of stages. A
stage names what feeds it, so several modalities become several chains that a
fusion stage joins; nothing here assumes that there is only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mtl_core.blocks import Block, Convolution, Dense, Map, Shape, Vector

if TYPE_CHECKING:
    from mtl_core.architectures.base import Architecture


@dataclass(frozen=True)
class InputSpec:
    """What one modality of a data set looks like.

    Attributes:
        kind: chooses the encoder.
        shape: of one sample.
    """

    kind: Literal["table", "image"]
    shape: Shape


@dataclass(frozen=True)
class Stage:
    """One stage of a trunk; ``inputs`` name earlier stages or ``input:<modality>``."""

    name: str
    block: Block
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Trunk:
    """Stages in order, and what heads may read from them.

    Attributes:
        stages: in order of depth.
        code: name of the stage that gives the global feature vector.
        maps: names of the stages that give feature maps, shallow to deep.
    """

    stages: tuple[Stage, ...]
    code: str
    maps: tuple[str, ...] = ()

    def shape(self, name: str) -> Shape:
        """Output shape of a stage."""
        return next(stage.block.output() for stage in self.stages if stage.name == name)


def encode_table(modality: str, spec: InputSpec, sizes: Architecture) -> tuple[list[Stage], Shape]:
    """A table needs no stages of its own: its columns go straight into the hidden layers."""
    return [], spec.shape


def encode_image(modality: str, spec: InputSpec, sizes: Architecture) -> tuple[list[Stage], Shape]:
    """3×3 convolutions of the given channels, each but the first at half the size of the one before."""
    stages: list[Stage] = []
    shape, feed = spec.shape, f"input:{modality}"
    for i, channels in enumerate(sizes.channels):
        if not isinstance(shape, Map):
            raise TypeError(f"an image encoder needs a Map, got {shape}")
        norm = sizes.batch_norm is not False
        block = Convolution(shape, channels, pool=i > 0, batch_norm=norm, dropout=sizes.dropout)
        stages.append(Stage(f"conv{i}", block, (feed,)))
        shape, feed = block.output(), f"conv{i}"
    return stages, shape


Encoder = Callable[[str, InputSpec, "Architecture"], tuple[list[Stage], Shape]]
ENCODERS: Mapping[str, Encoder] = {"table": encode_table, "image": encode_image}


def build_trunk(inputs: Mapping[str, InputSpec], sizes: Architecture) -> Trunk:
    """The whole trunk for a data set's inputs: its encoder, then the hidden layers.

    Args:
        inputs: the modalities; one for every data set of today.
        sizes: the architecture, for its ``channels``, ``hidden``, ``dropout`` and ``batch_norm``.
    """
    ((modality, spec),) = inputs.items()
    stages, shape = ENCODERS[spec.kind](modality, spec, sizes)
    maps = tuple(stage.name for stage in stages)
    feed = maps[-1] if maps else f"input:{modality}"
    norm = sizes.batch_norm if sizes.batch_norm is not None else spec.kind == "image"
    for i, width in enumerate(sizes.hidden):
        block = Dense(shape, width, batch_norm=norm, dropout=sizes.dropout)
        stages.append(Stage(f"hidden{i}", block, (feed,)))
        shape, feed = Vector(width), f"hidden{i}"
    return Trunk(tuple(stages), code=feed, maps=maps)


def stage_names(inputs: Mapping[str, InputSpec], channels: Sequence[int], hidden: Sequence[int]) -> list[str]:
    """Names of the stages that such a trunk has, in order (for the depth slider of ``partial``)."""
    image = any(spec.kind == "image" for spec in inputs.values())
    return [f"conv{i}" for i in range(len(channels) * image)] + [f"hidden{i}" for i in range(len(hidden))]
