"""One fused step of Adam on a few tensors, without what torch's optimizers do around it."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def adam_step(
    numbers: list[Tensor],
    gradients: list[Tensor],
    moments: tuple[list[Tensor], list[Tensor]],
    steps: list[Tensor],
    *,
    lr: float,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> None:
    """Move the numbers in place as torch's Adam, or AdamW, does: its own kernel, called by itself.

    g ← g + wd·θ (AdamW: θ ← (1 − lr·wd)θ); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
    θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε) (Kingma & Ba 2015; Loshchilov & Hutter 2019).

    Args:
        numbers: θ, tensors of float32 or float64, on a CPU or a CUDA device; without a tape: it takes longer to forbid
            one.
        gradients: g of each, of its shape.
        moments: m and v of each, of its shape; changed in place.
        steps: t − 1 of each, a number on the same device; 1 more afterwards.
        lr: learning rate.
        weight_decay: wd.
        decoupled: whether it is AdamW.
        betas: β₁ and β₂.
        eps: ε.
    """
    kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_
    one = _one(steps[0].dtype, steps[0].device)  # a plain 1 is made a tensor anew at every call
    for count in steps:
        count.add_(one)
    kernel(
        numbers, gradients, moments[0], moments[1], [], steps,
        lr=lr, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _one(dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.ones((), dtype=dtype).to(device)
