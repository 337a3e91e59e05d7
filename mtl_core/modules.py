"""The torch modules of the blocks in :mod:`mtl_core.blocks`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_core import blocks


def dense(block: blocks.Dense) -> nn.Module:
    """(B, inputs) or (B, C, S, S) -> (B, width)."""
    layers: list[nn.Module] = []
    if isinstance(block.inputs, blocks.Map):
        layers += [nn.MaxPool2d(2), nn.Flatten()]
    layers.append(nn.Linear(block.flat_inputs, block.width))
    if block.batch_norm:
        layers.append(nn.BatchNorm1d(block.width))
    layers.append(nn.ReLU(inplace=True))
    if block.dropout:
        layers.append(nn.Dropout(block.dropout))
    return nn.Sequential(*layers)


def convolution(block: blocks.Convolution) -> nn.Module:
    """(B, C, S, S) -> (B, channels, S or S/2, S or S/2)."""
    layers: list[nn.Module] = [nn.PixelUnshuffle(block.patch)] if block.patch > 1 else []
    layers += [nn.MaxPool2d(2)] if block.pool else []
    layers += _convolve(block.convolved, block.channels, 3, block.batch_norm)
    if block.dropout:
        layers.append(nn.Dropout2d(block.dropout))
    return nn.Sequential(*layers)


def linear(block: blocks.Linear) -> nn.Module:
    """(B, inputs) -> (B, width)."""
    return nn.Linear(block.inputs.width, block.width)


class MaskDecoder(nn.Module):
    """(skips shallow to deep, code) -> logits (B, classes, S, S); see :class:`mtl_core.blocks.MaskDecoder`.

    In training the logits come as :func:`by_class` gives them, for :func:`mtl_core.losses.task_loss`.
    """

    minds_mode = True

    def __init__(self, block: blocks.MaskDecoder) -> None:
        super().__init__()
        sizes = zip(block.stage_inputs, block.widths, block.kernels, strict=True)
        self.stages = nn.ModuleList(nn.Sequential(*_convolve(i, w, k, block.batch_norm)) for i, w, k in sizes)
        self.logits = logits(block.widths[-1], block.classes, block.patch)

    def forward(self, *features: Tensor) -> Tensor:
        *skips, code = features
        x = code
        for stage, skip in zip(self.stages, reversed(skips), strict=True):
            convolve, *rest = stage.children()
            assert isinstance(convolve, nn.Conv2d)
            x = _of_vector(convolve, x, skip) if x.dim() == 2 else _of_map(convolve, x, skip)
            for layer in rest:
                x = layer(x)
        logits: Tensor = by_class(self.logits, x) if self.training else self.logits(x)
        return logits


def _of_vector(convolve: nn.Conv2d, code: Tensor, skip: Tensor) -> Tensor:
    """A convolution of a vector (B, C), which stands at each place, beside skip (B, D, S, S).

    Of a vector it is the sum of those taps of the kernel that lie within the picture there: no map is made of it.
    """
    size, width = skip.shape[-2:], code.shape[1]
    kernel, padding = convolve.kernel_size[0], convolve.kernel_size[0] // 2
    within = F.unfold(code.new_ones(1, 1, *size), kernel, padding=padding)[0]
    taps = torch.einsum("bc,ocij->boij", code, convolve.weight[:, :width]).flatten(2)
    other = F.conv2d(skip, convolve.weight[:, width:], convolve.bias, padding=padding)
    return other + (taps @ within).view_as(other)


def _of_map(convolve: nn.Conv2d, x: Tensor, skip: Tensor) -> Tensor:
    """A convolution of x (B, C, S, S), enlarged to the size of skip, beside skip.

    A 1×1 convolution of enlarged places is the enlarged convolution: it is taken of x before, apart from that of skip.
    """
    size, width = skip.shape[-2:], x.shape[1]
    if convolve.kernel_size != (1, 1):
        enlarged = F.interpolate(x, size=size, mode="nearest")
        found: Tensor = convolve(torch.cat((enlarged, skip), dim=1))
        return found
    own, other = F.conv2d(x, convolve.weight[:, :width]), F.conv2d(skip, convolve.weight[:, width:], convolve.bias)
    return F.interpolate(own, size=size, mode="nearest") + other


def logits(width: int, classes: int, patch: int) -> nn.Module:
    """(B, width, S, S) -> (B, classes, S·patch, S·patch): each place gives the pixels of its patch."""
    kind = nn.Conv2d if patch == 1 else nn.ConvTranspose2d
    return kind(width, classes, patch, stride=patch)


def by_class(layer: nn.Module, x: Tensor) -> Tensor:
    """What a layer of :func:`logits` gives for x (B, width, H, W), as (B, classes, H, patch, W, patch).

    Merged, the last four axes are the picture's S × S. They are not merged here: the layer is one product of matrices,
    and its result lies in memory class by class, then by pixel of a patch, then by place. A softmax over classes reads
    it as it is; a picture would be two copies of all logits, there and back.
    """
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    kernel = weight.transpose(0, 1) if isinstance(layer, nn.Conv2d) else weight
    width, classes, patch, _ = kernel.shape
    places = x.permute(0, 2, 3, 1).reshape(-1, width)
    rows = kernel.permute(1, 2, 3, 0).reshape(-1, width)
    values = torch.addmm(bias.repeat_interleave(patch**2)[:, None], rows, places.t())
    return values.view(classes, patch, patch, x.shape[0], *x.shape[2:]).permute(3, 0, 4, 1, 5, 2)


def _convolve(inputs: int, outputs: int, kernel: int, batch_norm: bool) -> list[nn.Module]:
    convolve = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not batch_norm)
    normalise: list[nn.Module] = [nn.BatchNorm2d(outputs)] if batch_norm else []
    return [convolve, *normalise, nn.ReLU(inplace=True)]  # what comes before is not asked for again
