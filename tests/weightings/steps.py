"""A weighting over several steps, without a network: losses and gradients are given by the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mtl_core.tasks import Kind, Task
from mtl_core.weigher import Weigher
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Moment

GOLDEN = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], dtype=torch.float64)
GRADIENT_METHODS = [name for name, entry in WEIGHTINGS.items() if entry.needs_gramian and not entry.scales_heads]


def rows(tasks: int, width: int, seed: int = 0) -> Tensor:
    """J (K, n) of normal numbers in float64."""
    return torch.randn(tasks, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def weights_of(name: str, jacobian: Tensor, **fields: Any) -> Tensor:
    """w of a method at the first step of a run, in float64."""
    losses = torch.ones(len(jacobian), dtype=torch.float64)
    return WEIGHTINGS[name].model_validate({"name": name, **fields}).weights(losses, jacobian @ jacobian.T)


def direction(name: str, jacobian: Tensor, **fields: Any) -> Tensor:
    """d = Jᵀw."""
    return jacobian.T @ weights_of(name, jacobian, **fields)


class Steps:
    """A method with its memory; ``kinds`` of the run's tasks, λ = 1 unless told."""

    def __init__(self, name: str, kinds: Sequence[Kind], **fields: Any) -> None:
        self.weighting = WEIGHTINGS[name].model_validate({"name": name, **fields})
        self.tasks = [Task(f"task{i}", kind) for i, kind in enumerate(kinds)]
        self.weigher = Weigher(self.weighting, len(kinds))

    def moment(
        self, places: list[int] | None = None, epoch: int = 0, seed: int = 0, lambdas: Tensor | None = None
    ) -> Moment:
        """The moment at which the tasks in these places, or all, are active."""
        places = list(range(len(self.tasks))) if places is None else places
        preferences = torch.ones(len(places)) if lambdas is None else lambdas
        return Moment([self.tasks[i] for i in places], places, preferences, self.weigher.memory, epoch, seed)

    def weights(self, losses: Tensor, gramian: Tensor | None = None, **when: Any) -> Tensor:
        """w of this step; the memory goes on."""
        return self.weighting.weights(losses, gramian, self.moment(**when))

    def learn(self, rate: float = 0.01, after: Tensor | None = None, places: list[int] | None = None) -> None:
        """What follows the optimizer's step."""
        moment = self.moment(places)
        if self.weighting.looks_back and after is not None:
            self.weighting.observe(after, moment)
        self.weigher.learn(self.weighting.learning_rate(rate), moment.places)
