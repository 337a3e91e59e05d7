"""Averaging: a twin of a module whose numbers are a moving average of that module's own."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

WARMTH = 10
"""Of the warm-up (1 + T) / (10 + T): until δ holds, the average leans on the last tenth or so of all updates."""


class Average(nn.Module):
    """An exponential moving average of the numbers of a module, to compute with.

    After an update of the module's parameters and running statistics θ, with f the factor of the learning rate's
    schedule at it (1: the whole rate) and T the sum of f over all updates before it

        θ̄ ← θ̄ + f (1 − δ_T) (θ − θ̄),    δ_T = min(δ, (1 + T) / (10 + T)).

    At a constant rate that is the average of Karras et al. 2018, Progressive growing of GANs, appendix A.1 (δ = 0.999),
    and of Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training, with the warm-up of
    TensorFlow's ExponentialMovingAverage. That an update counts by its rate is how saddle points are averaged:
    Nemirovski et al. 2009, Robust stochastic approximation approach to stochastic programming, section 3; where a
    schedule ends at hardly any rate, the last numbers, whichever they are, do not take the average over.

    All of it is buffers: they travel with the state, and are neither counted nor trained.

    Args:
        module: at its start, from which θ̄ begins.
        decay: δ, 0 to below 1.
    """

    passed: Tensor

    def __init__(self, module: nn.Module, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.twin = _without_parameters(module)
        self.register_buffer("passed", torch.zeros(()))

    @torch.no_grad()
    def follow(self, module: nn.Module, factor: float) -> None:
        """Take in the module's numbers after an update.

        Args:
            module: of the kind that the average began from.
            factor: f, on the learning rate of that update, 0 to 1.
        """
        share = factor * (1 - ((1 + self.passed) / (WARMTH + self.passed)).clamp(max=self.decay))
        newest = module.state_dict()
        for name, mean in self.twin.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(newest[name], share)
            else:
                mean.copy_(newest[name])
        self.passed += factor


def begun_anew(state: dict[str, Any], prefix: str, average: str) -> None:
    """Let the state of a module that kept no average yet have one: its own numbers, after no update.

    Args:
        state: by name; what is missing is added.
        prefix: of the module's names.
        average: the attribute under which the module has its :class:`Average`.
    """
    own = {name: values for name, values in state.items() if name.startswith(prefix)}
    if not any(name.startswith(f"{prefix}{average}.") for name in own):
        twin = f"{prefix}{average}.twin."
        state.update({twin + name.removeprefix(prefix): values.clone() for name, values in own.items()})
        state[f"{prefix}{average}.passed"] = torch.zeros(())


def _without_parameters(module: nn.Module) -> nn.Module:
    """A copy of a module in which each parameter is a buffer of the same name."""
    copied = copy.deepcopy(module)
    for inner in copied.modules():
        for name, parameter in list(inner.named_parameters(recurse=False)):
            delattr(inner, name)
            inner.register_buffer(name, parameter.detach())
    return copied
