"""Where numbers lie in memory: what lies one after another is read, and written, as one tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Layer = tuple[Tensor, Tensor]
"""Weight (…, out, in) and bias (…, out) of a part; what leads is an axis of networks, or nothing."""


@dataclass(frozen=True)
class Room:
    """Memory into which gradients are written.

    Attributes:
        layers: by part.
        heads: per group of heads, those of its parts as one.
    """

    layers: Mapping[str, Layer]
    heads: Sequence[Layer]


def room_of(layers: Mapping[str, Layer], groups: Sequence[Sequence[str]]) -> Room | None:
    """The room that these layers are; None where the layers of a group do not lie one after another.

    Args:
        layers: by part, of one network or of R at once.
        groups: names of the parts of each group of heads.
    """
    heads = [joined([layers[name] for name in names]) for names in groups]
    found = [layer for layer in heads if layer is not None]
    return Room(layers, found) if len(found) == len(heads) else None


def joined(layers: Sequence[Layer]) -> Layer | None:
    """Layers as one, their outputs side by side: a view of the same memory, or None where there is no such view."""
    axis = layers[0][0].dim() - 2
    weight, bias = (in_one_piece(values, axis) for values in zip(*layers, strict=True))
    return None if weight is None or bias is None else (weight, bias)


def in_one_piece(tensors: Sequence[Tensor], axis: int = 0) -> Tensor | None:
    """Tensors (n_i, …) that lie one after another as one (Σ n_i, …); None where they do not.

    With ``axis`` 1 they are (R, n_i, …): one after another in each of R rows of numbers, which may hold more.
    """
    first = tensors[0]
    if len(tensors) == 1:
        return first
    place = first.storage_offset()
    for tensor in tensors:
        elsewhere = tensor.untyped_storage().data_ptr() != first.untyped_storage().data_ptr()
        a_row = tensor[0] if axis else tensor
        if elsewhere or tensor.stride() != first.stride() or not a_row.is_contiguous():
            return None
        if tensor.storage_offset() != place:
            return None
        place += a_row.numel()
    shape = list(first.shape)
    shape[axis] = sum(tensor.shape[axis] for tensor in tensors)
    return torch.as_strided(first, shape, first.stride(), first.storage_offset())
