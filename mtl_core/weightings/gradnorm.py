"""``gradnorm``: weights are learned so that all tasks pull equally hard, the slow ones harder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import Memory, Moment, Weighting

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-30
LEAST = 1e-3
"""Smallest weight: one that an update would bring below 0 stays here."""


class GradNorm(Weighting):
    """w is learned from 1 to make w_i n_i = c_i, n_i = ‖∇ λ_i L_i‖ = √G_ii on the shared parameters.

    c_i = mean_j(w_j n_j) · (r_i / mean_j r_j)^α with r_i = L_i / L_i(0), held fixed; what is descended is
    Σ_i |w_i n_i − c_i|, so ∂/∂w_i = sign(w_i n_i − c_i) n_i. An Adam of its own moves it, then Σ_i w_i is made K.
    A loss that begins at 0 counts from its first value above it; till then r_i = 1.
    """

    name: Literal["gradnorm"] = "gradnorm"
    source: ClassVar[str] = "Chen et al. 2018, GradNorm, eqs. 1 and 2, algorithm 1"
    needs_gramian: ClassVar[bool] = True
    learned: ClassVar[tuple[str, ...]] = ("weight",)

    alpha: Annotated[float, Field(ge=0, le=10, description="α: how much harder slow tasks pull; 0: all alike")] = 1.5
    lr: Annotated[float, Field(gt=0, le=1, description="Learning rate of the weights (Adam)")] = 0.025

    def learning_rate(self, run: float) -> float:
        return self.lr

    def memory(self, tasks: int) -> Memory:
        import torch

        return {"weight": torch.ones(tasks), "first": torch.zeros(tasks)}

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        import torch

        assert gramian is not None
        memory, places = moment.memory, moment.places
        with torch.no_grad():
            memory["weight"].clamp_(min=LEAST).mul_(len(memory["weight"]) / memory["weight"].sum())
        raw = (losses / moment.lambdas).to(memory["first"])
        unknown = memory["first"][places] == 0
        memory["first"][places] = torch.where(unknown, raw, memory["first"][places])
        norms = gramian.diagonal().clamp(min=0).sqrt()
        first = memory["first"][places].to(norms)
        weights = memory["weight"][places].detach().to(norms)
        rates = torch.where(first > 0, raw.to(norms) / first, 1.0)
        pull = weights * norms
        target = pull.mean() * (rates / rates.mean().clamp(min=TINY)) ** self.alpha
        moment.leave_gradient(memory["weight"], (pull - target).sign() * norms)
        return weights
