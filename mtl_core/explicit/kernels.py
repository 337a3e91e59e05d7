"""Products and sums of which the passes of dense layers are made; what leads is an axis of networks, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtl_core.explicit.memory import Layer

_MASKED = torch.ops.aten.threshold_backward.grad_input


def together(layers: Sequence[Layer]) -> Layer:
    """Layers as one, their outputs side by side."""
    if len(layers) == 1:
        return layers[0]
    return torch.cat([weight for weight, _ in layers], dim=-2), torch.cat([bias for _, bias in layers], dim=-1)


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x Wᵀ + b of one network, or of R at once."""
    if weight.dim() == 2:
        return torch.addmm(bias, x, weight.t())
    shared = x.expand(weight.shape[0], *x.shape) if x.dim() == 2 else x
    return torch.baddbmm(bias[:, None], shared, weight.transpose(1, 2))


def affine_by_column(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x Wᵀ + b with each column in one piece of memory: the few columns of heads are read one by one."""
    if weight.dim() == 2:
        return torch.addmm(bias[:, None], weight, x.t()).t()
    shared = x.expand(weight.shape[0], *x.shape) if x.dim() == 2 else x
    return torch.baddbmm(bias[..., None], weight, shared.transpose(1, 2)).transpose(1, 2)


def by_relu(slope: Tensor, value: Tensor) -> Tensor:
    """δ · [y > 0], in the place of δ, which nobody else has: new memory would take longer than the arithmetic."""
    masked: Tensor = _MASKED(slope, value, 0, grad_input=slope)
    return masked


def by_weight(x: Tensor, slope: Tensor) -> Tensor:
    """∂W = δᵀ x, (…, out, in); the wider side is kept in rows, which matrix kernels like better by up to four times."""
    if slope.dim() == 3 and x.dim() == 2:
        x = x.expand(slope.shape[0], *x.shape)
    if slope.shape[-1] > 2 * x.shape[-1]:
        return (x.transpose(-1, -2) @ slope).transpose(-1, -2).contiguous()  # fused optimizers read it as it lies
    return slope.transpose(-1, -2) @ x


def write(x: Tensor, slope: Tensor, room: Layer) -> Layer:
    """∂W and ∂b into their places."""
    weight, bias = room
    if slope.dim() == 3:
        shared = x.expand(slope.shape[0], *x.shape) if x.dim() == 2 else x
        torch.bmm(slope.transpose(1, 2), shared, out=weight)
        torch.sum(slope, 1, out=bias)
        return room
    if slope.shape[-1] > 2 * x.shape[-1]:
        weight.copy_((x.t() @ slope).t())
    else:
        torch.mm(slope.t(), x, out=weight)
    torch.sum(slope, 0, out=bias)
    return room
