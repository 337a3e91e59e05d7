"""The optimizers of a stack: torch's Adam, AdamW and SGD on (R, P) numbers, with a learning rate for each run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtl_core.fused import adam_step
from mtl_core.session import Session

BETAS, EPSILON = (0.9, 0.999), 1e-8
"""torch's defaults, which single runs use too."""


class StackOptimizer:
    """One step for R networks at once; afterwards each run's own optimizer can go on from its row.

    adam: g ← g + wd·θ; m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
    (Kingma & Ba 2015). adamw: θ ← (1 − lr·wd)θ before that, and wd = 0 in g (Loshchilov & Hutter 2019). sgd: g ← g +
    wd·θ; b ← μb + g (b = g at first); θ ← θ − lr·b.

    Args:
        sessions: of the runs; their specs say which optimizer.
        numbers: (R, P), which the steps change in place.
        moving: (R, P), 0 where a number stays; None: all move.
    """

    def __init__(self, sessions: Sequence[Session], numbers: Tensor, moving: Tensor | None) -> None:
        self.name = sessions[0].spec.optimizer.name
        self.momentum = sessions[0].spec.optimizer.momentum
        self.clip = sessions[0].spec.optimizer.clip_norm
        self.numbers, self.moving, self.steps = numbers, moving, 0
        self.rates = _column(numbers, [session.spec.optimizer.lr for session in sessions])
        self.decay = _column(numbers, [session.spec.optimizer.weight_decay for session in sessions])
        self.first, self.second = torch.zeros_like(numbers), torch.zeros_like(numbers)
        self._counted = torch.zeros((), device=numbers.device)
        self._alike = bool((self.rates == self.rates[0]).all()) and numbers.device.type in ("cpu", "cuda")
        self._decays = bool(self.decay.any())

    @torch.no_grad()
    def step(self, gradients: Tensor, factor: float) -> None:
        """Move the numbers.

        Args:
            gradients: (R, P).
            factor: of the learning-rate schedule at this step.
        """
        self.steps += 1
        rates = self.rates * factor
        if self.clip is not None:
            norms = gradients.norm(dim=1, keepdim=True)
            gradients = gradients * (self.clip / (norms + 1e-6)).clamp(max=1)
        if self._decays and self.name == "adamw":
            self._move(-rates * self.decay * self.numbers)
        elif self._decays:
            gradients = gradients + self.decay * self.numbers
        if self.moving is not None:
            gradients = gradients * self.moving
        if self._fused:
            self._fused_adam(gradients, float(rates[0]))
            return
        self._move(-rates * (self._sgd(gradients) if self.name == "sgd" else self._adam(gradients)))

    @property
    def _fused(self) -> bool:
        """Whether one fused step does for all: the runs differ in neither rate nor decay.

        A number that rests has no gradient, no average and so no step.
        """
        return self.name != "sgd" and self._alike

    def _fused_adam(self, gradients: Tensor, rate: float) -> None:
        moments = [self.first], [self.second]
        adam_step([self.numbers], [gradients], moments, [self._counted], lr=rate, betas=BETAS, eps=EPSILON)

    def _move(self, change: Tensor) -> None:
        self.numbers += change if self.moving is None else change * self.moving

    def _adam(self, gradients: Tensor) -> Tensor:
        first, second = (1 - beta**self.steps for beta in BETAS)
        self.first.lerp_(gradients, 1 - BETAS[0])
        self.second.mul_(BETAS[1]).addcmul_(gradients, gradients, value=1 - BETAS[1])
        change: Tensor = (self.first / first) / (self.second.sqrt() / second**0.5 + EPSILON)
        return change

    def _sgd(self, gradients: Tensor) -> Tensor:
        if not self.momentum:
            return gradients
        self.first = gradients.clone() if self.steps == 1 else self.momentum * self.first + gradients
        return self.first

    def into(self, session: Session, row: int, places: dict[str, slice]) -> None:
        """Give a run's own optimizer the state of its row."""
        if not self.steps:
            return
        names = {parameter: name for name, parameter in session.network.named_parameters()}
        parameters = [parameter for group in session.optimizer.param_groups for parameter in group["params"]]
        found = {}
        for number, parameter in enumerate(parameters):
            place = places[names[parameter]]
            if self.moving is None or bool(self.moving[row, place].any()):
                kept = {name: values[row, place].view_as(parameter).clone() for name, values in self._kept().items()}
                found[number] = kept if self.name == "sgd" else kept | {"step": torch.tensor(float(self.steps))}
        session.optimizer.load_state_dict(session.optimizer.state_dict() | {"state": found})

    def _kept(self) -> dict[str, Tensor]:
        """What torch's own optimizer keeps of each parameter, for all runs."""
        if self.name != "sgd":
            return {"exp_avg": self.first, "exp_avg_sq": self.second}
        return {"momentum_buffer": self.first} if self.momentum else {}


def _column(numbers: Tensor, values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=numbers.dtype, device=numbers.device)[:, None]
