"""``stch``: the worst of the losses counts, smoothly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import Moment, Weighting, number

if TYPE_CHECKING:
    from torch import Tensor


class Stch(Weighting):
    """Smooth Tchebycheff: L = μ log Σ_i exp(λ_i (L_i − z*_i) / μ), so w = softmax(λ(L − z*) / μ); Σ_i w_i = 1.

    It reaches Pareto points that no sum of losses reaches, by the preference λ. The smaller μ, the nearer to the
    maximum.
    """

    name: Literal["stch"] = "stch"
    source: ClassVar[str] = "Lin et al. 2024, Smooth Tchebycheff scalarization for multi-objective optimization, eq. 10"

    mu: Annotated[float, Field(gt=0, le=10, description="μ: how smooth the maximum is, in units of λ·loss")] = 0.1
    ideal: Annotated[dict[str, float], Field(description="z*: the ideal loss, by task; left out: 0")] = {}

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        if self.ideal:
            ideal = losses.new_tensor([self.ideal.get(task.name, 0.0) for task in moment.tasks])
            losses = losses - moment.lambdas.to(losses) * ideal
        return ((losses - losses.max()) / number(self.mu, losses)).softmax(
            0
        )  # centred first: nothing grows beyond what a float holds
