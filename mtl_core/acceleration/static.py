"""Static: the places from which a captured step reads what may change between two replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Static:
    """Numbers on the device that are written before a replay, each only when it changes.

    Attributes:
        lambdas: (K,) λ.
        strengths: (R,) γ of the regularizers.
        rate: the learning rate, a scalar.
    """

    lambdas: Tensor
    strengths: Tensor
    rate: Tensor
    _written: dict[str, list[float]] = field(default_factory=dict)

    def write(self, lambdas: Sequence[float], strengths: Sequence[float], rate: float) -> None:
        """Set them; a fill carries its number with it, so that nothing is copied from the host."""
        for name, values in (("lambdas", lambdas), ("strengths", strengths), ("rate", [rate])):
            known, place = self._written.get(name), getattr(self, name).view(-1)
            for i, value in enumerate(values):
                if known is None or known[i] != value:
                    place[i].fill_(value)
            self._written[name] = list(values)


def static(tasks: int, terms: int, device: torch.device) -> Static:
    """Places for K tasks and R regularizers."""
    return Static(torch.zeros(tasks, device=device), torch.zeros(terms, device=device), torch.zeros((), device=device))
