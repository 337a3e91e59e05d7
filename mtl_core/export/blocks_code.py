"""Blocks as the source that builds their modules: what :mod:`mtl_core.modules` does, written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mtl_core import fusion, grounding, mixing
from mtl_core.blocks import Block, Convolution, Dense, Linear, Map, MaskDecoder, Shape, States, Tokens
from mtl_core.errors import MTLError
from mtl_core.export.naming import literal

Code = list[str]
"""A function's name, then its arguments, as source."""


def module_code(block: Block) -> Code:
    """What builds a block's module; empty for a block that has none of its own.

    Raises:
        MTLError: for a block that scripts do not know.
    """
    if isinstance(block, WITHOUT_MODULE):
        return []
    if type(block) not in WRITERS:
        raise MTLError(
            f"a network with {type(block).__name__} cannot be written as a script; "
            "export its weights, its spec (which `train` takes) or its report"
        )
    return WRITERS[type(block)](block)


WITHOUT_MODULE = (fusion.LastState, mixing.Mixture, mixing.Attended, mixing.Applied)
"""Blocks that only compute: they have no parameters."""


def _dense(block: Dense) -> Code:
    pool = ["nn.MaxPool2d(2)", "nn.Flatten()"] if isinstance(block.inputs, Map) else []
    norm = [f"nn.BatchNorm1d({block.width})"] if block.batch_norm else []
    drop = [f"nn.Dropout({block.dropout})"] if block.dropout else []
    return ["nn.Sequential", *pool, f"nn.Linear({block.flat_inputs}, {block.width})", *norm, "nn.ReLU()", *drop]


def _convolution(block: Convolution) -> Code:
    patches = [f"nn.PixelUnshuffle({block.patch})"] if block.patch > 1 else []
    pool = ["nn.MaxPool2d(2)"] if block.pool else []
    drop = [f"nn.Dropout2d({block.dropout})"] if block.dropout else []
    layers = _convolve(block.convolved, block.channels, 3, block.batch_norm)
    return ["nn.Sequential", *patches, *pool, *layers, "nn.ReLU()", *drop]


def _convolve(inputs: int, outputs: int, kernel: int, norm: bool) -> list[str]:
    bias = ", bias=False" if norm else ""
    convolution = f"nn.Conv2d({inputs}, {outputs}, {kernel}, padding={kernel // 2}{bias})"
    return [convolution, f"nn.BatchNorm2d({outputs})"] if norm else [convolution]


def _linear(block: Linear) -> Code:
    return ["nn.Linear", str(block.inputs.width), str(block.width)]


def _mask_decoder(block: MaskDecoder) -> Code:
    stages = list(zip(block.stage_inputs, block.widths, block.kernels, strict=True))
    patch = [f"patch={block.patch}"] if block.patch > 1 else []
    return ["MaskDecoder", f"stages={stages}", f"classes={block.classes}", f"norm={block.batch_norm}", *patch]


def _sentence(block: fusion.Sentence) -> Code:
    sizes = {"words": block.inputs.vocabulary, "embedding": block.embedding, "width": block.width}
    return ["SentenceReader", *_named({**sizes, "layers": block.layers, "dropout": block.dropout, "norm": block.norm})]


def _maps(shapes: tuple[Shape, ...]) -> dict[int, int]:
    """By the place of a map its numbers once it is pooled and flattened."""
    return {i: s.channels * (s.size // 2) ** 2 for i, s in enumerate(shapes) if isinstance(s, Map)}


def _concatenation(block: fusion.Concatenation) -> Code:
    joined = sum(fusion.flat_width(shape, block.width) for shape in block.inputs)
    sizes = {"maps": _maps(block.inputs), "joined": joined, "width": block.width, "dropout": block.dropout}
    return ["Concatenation", *_named(sizes)]


def _gated_sum(block: fusion.GatedSum) -> Code:
    widths = [fusion.flat_width(shape, block.width) for shape in block.inputs]
    sizes = {"maps": _maps(block.inputs), "widths": widths, "width": block.width, "dropout": block.dropout}
    return ["GatedSum", *_named(sizes)]


def _place(shapes: tuple[Shape, ...]) -> Map:
    """The map that is asked about."""
    first = shapes[0]
    assert isinstance(first, Map)
    return first


def _telling(block: grounding.Telling) -> Code:
    place, told = _place(block.inputs), sum(grounding.said(shape) for shape in block.inputs[1:])
    channels = place.channels + grounding.POSITIONS
    return ["Telling", *_named({"size": place.size, "channels": channels, "told": told, "width": block.width})]


def _search(block: grounding.Search) -> Code:
    sizes = {"words": list(block.words), "channels": _place(block.inputs).channels}
    return ["Search", *_named({**sizes, "heads": block.output().channels, "width": block.width})]


def _finding(block: grounding.Finding) -> Code:
    place = block.inputs[0]
    return ["Finding", *_named({"size": place.size, "channels": place.channels, "each": block.each})]


def _grounding(block: grounding.Grounding) -> Code:
    sizes = {"size": _place(block.inputs).size, "heads": block.heads, "channels": block.channels}
    return ["Grounding", *_named({**sizes, "told": block.told, "width": block.width})]


def _gathering(block: grounding.Gathering) -> Code:
    joined = sum(s.channels if isinstance(s, Map) else grounding.said(s) for s in block.inputs)
    return ["Gathering", *_named({"joined": joined, "width": block.width, "dropout": block.dropout})]


def _stitch(block: mixing.Stitch) -> Code:
    units = {"units": mixing.units(block.inputs)} if block.per_unit else {}
    return ["Stitch", *_named({"columns": block.columns, "own": block.own, "diagonal": block.diagonal, **units})]


def _gate(block: mixing.Gate) -> Code:
    looks = ", ".join(map(_look, block.inputs))
    return ["Gate", f"[{looks}]", f"width={block.width}", f"experts={block.experts}"]


def _look(shape: Shape) -> str:
    if isinstance(shape, Map):
        return f"nn.Sequential(nn.AvgPool2d({mixing.gate_window(shape)}), nn.Flatten())"
    if isinstance(shape, Tokens):
        return f"MeanWord({shape.vocabulary}, {mixing.GATE_EMBEDDING})"
    return "LastWord()" if isinstance(shape, States) else "nn.Identity()"


def _mask(block: mixing.Mask) -> Code:
    sizes = {"maps": len(block.inputs), "channels": block.inputs[0].channels, "norm": block.batch_norm}
    return ["Mask", *_named(sizes)]


def _passed(block: mixing.Passed) -> Code:
    layers = _convolve(block.inputs.channels, block.next.channels, 3, block.batch_norm)
    return ["nn.Sequential", *layers, "nn.ReLU()", *(["nn.MaxPool2d(2)"] if block.pool else [])]


def _named(arguments: Mapping[str, object]) -> list[str]:
    return [f"{name}={literal(value)}" for name, value in arguments.items()]


WRITERS: dict[type[Block], Callable[..., Code]] = {
    Dense: _dense,
    Convolution: _convolution,
    Linear: _linear,
    MaskDecoder: _mask_decoder,
    fusion.Sentence: _sentence,
    fusion.Concatenation: _concatenation,
    fusion.GatedSum: _gated_sum,
    grounding.Telling: _telling,
    grounding.Search: _search,
    grounding.Finding: _finding,
    grounding.Grounding: _grounding,
    grounding.Gathering: _gathering,
    mixing.Stitch: _stitch,
    mixing.Gate: _gate,
    mixing.Mask: _mask,
    mixing.Passed: _passed,
}
