"""One fused step of Adam on one tensor, without what torch's optimizers do around it."""

from __future__ import annotations

import torch
from torch import Tensor


def adam_step(
    numbers: Tensor,
    gradient: Tensor,
    moments: tuple[Tensor, Tensor],
    steps: Tensor,
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
        numbers: θ, float32 or float64, on a CPU or a CUDA device; without a tape: it takes longer to forbid one.
        gradient: g, of its shape.
        moments: m and v, of its shape; changed in place.
        steps: t − 1, a number on the same device; 1 more afterwards.
        lr: learning rate.
        weight_decay: wd.
        decoupled: whether it is AdamW.
        betas: β₁ and β₂.
        eps: ε.
    """
    kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_
    steps += 1
    kernel(
        [numbers], [gradient], [moments[0]], [moments[1]], [], [steps],
        lr=lr, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False,
    )  # fmt: skip
