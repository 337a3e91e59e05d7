"""Encoders: the stages of a trunk for each kind of input.

An encoder is a function from what a modality looks like to a list of stages. A
stage names what feeds it, so several modalities become several chains that a
fusion stage joins; nothing here assumes that there is only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mtl_core.blocks import Block, Convolution, Dense, Map, Shape, States, Tokens, Vector
from mtl_core.fusion import LastState, Sentence, fuse
from mtl_core.grounding import Finding, Grounding, Search, Telling
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from mtl_core.architectures.base import Architecture

GROUNDED = 64
"""Channels, at most, of a map that has asked the other inputs."""


@dataclass(frozen=True)
class InputSpec:
    """What one modality of a data set looks like.

    Attributes:
        kind: chooses the encoder.
        shape: of one sample.
    """

    kind: Literal["table", "image", "text"]
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
        stages: in order of depth; none for linear models of a table.
        code: name of the stage (or ``input:<modality>``) that gives the global feature vector.
        maps: names of the stages that give feature maps, shallow to deep.
        inputs: shape of each ``input:<modality>``.
        patch: side of the patches of pixels that the shallowest map has one place for.
    """

    stages: tuple[Stage, ...]
    code: str
    maps: tuple[str, ...] = ()
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    patch: int = 1

    def shape(self, name: str) -> Shape:
        """Output shape of a stage, or shape of an input."""
        if name in self.inputs:
            return self.inputs[name]
        return next(stage.block.output() for stage in self.stages if stage.name == name)


def encode_table(modality: str, spec: InputSpec, sizes: Architecture) -> tuple[list[Stage], Shape]:
    """A table needs no stages of its own: its columns go straight into the hidden layers."""
    return [], spec.shape


def encode_image(modality: str, spec: InputSpec, sizes: Architecture) -> tuple[list[Stage], Shape]:
    """3×3 convolutions of the given channels, each but the first at half the size of the one before.

    The first reads patches of ``sizes.patch`` × ``sizes.patch`` pixels as channels.
    """
    stages: list[Stage] = []
    shape, feed = spec.shape, f"input:{modality}"
    for i, channels in enumerate(sizes.channels):
        if not isinstance(shape, Map):
            raise TypeError(f"an image encoder needs a Map, got {shape}")
        norm = sizes.batch_norm is not False
        patch = sizes.patch if i == 0 else 1
        block = Convolution(shape, channels, pool=i > 0, batch_norm=norm, dropout=sizes.dropout, patch=patch)
        stages.append(Stage(f"conv{i}", block, (feed,)))
        shape, feed = block.output(), f"conv{i}"
    return stages, shape


def encode_text(modality: str, spec: InputSpec, sizes: Architecture) -> tuple[list[Stage], Shape]:
    """Embedding and an LSTM over the words: ``sentence``."""
    if not isinstance(spec.shape, Tokens):
        raise TypeError(f"a text encoder needs Tokens, got {spec.shape}")
    norm = sizes.fusion == "cross_attention"
    block = Sentence(spec.shape, sizes.embedding, sizes.recurrent, sizes.recurrent_layers, sizes.dropout, norm)
    return [Stage("sentence", block, (f"input:{modality}",))], block.output()


Encoder = Callable[[str, InputSpec, "Architecture"], tuple[list[Stage], Shape]]
ENCODERS: Mapping[str, Encoder] = {"table": encode_table, "image": encode_image, "text": encode_text}


def build_trunk(inputs: Mapping[str, InputSpec], sizes: Architecture) -> Trunk:
    """The whole trunk for a data set's inputs: an encoder for each, a fusion where there are several, hidden layers.

    Args:
        inputs: the chosen modalities, at most one of a kind.
        sizes: the architecture, for its ``channels``, ``hidden``, ``dropout``, ``batch_norm`` and fusion.
    """
    stages: list[Stage] = []
    ends: list[tuple[str, Shape]] = []
    for modality, spec in inputs.items():
        chain, shape = ENCODERS[spec.kind](modality, spec, sizes)
        stages += chain
        ends.append((chain[-1].name if chain else f"input:{modality}", shape))
    maps = tuple(stage.name for stage in stages if isinstance(stage.block.output(), Map))
    if len(ends) > 1:
        if sizes.fusion == "cross_attention" and maps:
            ends = _grounded(ends, sizes.fusion_width, stages)
            maps = (*maps[:-1], "grounded")
        fusion = fuse(sizes.fusion, tuple(shape for _, shape in ends), sizes.fusion_width, sizes.dropout)
        stages.append(Stage("fusion", fusion, tuple(name for name, _ in ends)))
        ends = [("fusion", fusion.output())]
    ((feed, shape),) = ends
    if isinstance(shape, States):
        stages.append(Stage("last_word", LastState(shape), (feed,)))
        feed, shape = "last_word", Vector(shape.width)
    norm = sizes.batch_norm if sizes.batch_norm is not None else bool(maps)
    for i, width in enumerate(sizes.hidden):
        block = Dense(shape, width, batch_norm=norm, dropout=sizes.dropout)
        stages.append(Stage(f"hidden{i}", block, (feed,)))
        shape, feed = Vector(width), f"hidden{i}"
    shapes = {f"input:{modality}": spec.shape for modality, spec in inputs.items()}
    return Trunk(tuple(stages), feed, maps, shapes, sizes.patch)


def _grounded(ends: list[tuple[str, Shape]], width: int, stages: list[Stage]) -> list[tuple[str, Shape]]:
    """What is gathered once the map was asked about the other inputs; the stages for it are added to ``stages``."""
    place = next(end for end in ends if isinstance(end[1], Map))
    others = [end for end in ends if end is not place]
    width = min(width, GROUNDED)

    def add(name: str, kind: type[Block], *feeds: tuple[str, Shape]) -> tuple[str, Shape]:
        block = kind(tuple(shape for _, shape in feeds), width)  # type: ignore[call-arg]
        stages.append(Stage(name, block, tuple(feed for feed, _ in feeds)))
        return name, block.output()

    told = add("told", Telling, place, *others)
    looks = add("looks", Search, told, *others)
    found = add("found", Finding, told, looks)
    grounded = add("grounded", Grounding, told, looks, found, *others)
    return [grounded, told, found, *others]


def missing_modality(task: Task, inputs: Mapping[str, InputSpec]) -> str:
    """The input that a task cannot do without and that is not there; empty where all it needs is there."""
    if task.kind == "generation":
        return "" if task.modality in inputs else task.modality
    if task.kind == "segmentation":
        return "" if any(spec.kind == "image" for spec in inputs.values()) else task.modality
    return ""


def stage_names(inputs: Mapping[str, InputSpec], sizes: Architecture) -> list[str]:
    """Names of the stages that such a trunk has, in order (for the depth slider of ``partial``)."""
    return [stage.name for stage in build_trunk(inputs, sizes).stages]
