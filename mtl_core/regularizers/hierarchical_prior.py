"""``hierarchical_prior``: the tasks' parameters are drawn from one distribution, which is learned with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core.regularizers.base import Regularizer

if TYPE_CHECKING:
    from torch import Tensor

    from mtl_core.regularizers.base import Columns

LONGEST_MEAN = 64
"""Numbers of μ, at most, that are told one by one."""


class HierarchicalPrior(Regularizer):
    """Ω = −log Π_i p(θ_i | α) − log p(α), α = (μ, σ²): θ_i ~ N(μ, σ² I), σ² ~ inverse-gamma(a, b), μ flat.

    In full, with S = Σ_i ‖θ_i − μ‖², K tasks of d parameters:

        Ω = ½Kd log 2πσ² + S / 2σ² + (a + 1) log σ² + b / σ² − a log b + log Γ(a)

    α is learned: at every step it is the maximiser for the θ of that step, in closed form,

        μ = θ̄,   σ² = (S + 2b) / (Kd + 2a + 2),

    and as Ω is stationary in α there, ∇Ω = (θ_i − μ) / σ² (the envelope theorem). So tasks that resemble one another
    are drawn together harder. Without the hyperprior (b → 0) σ² falls with S to 0 and Ω without bound: the tasks
    collapse into one; b keeps σ² ≥ 2b / (Kd + 2a + 2). A negative Ω is normal, it is the logarithm of a density.
    For squared errors with noise variance s² and n rows a task, γ = 2s²/(nK) makes the total a log posterior.
    """

    name: Literal["hierarchical_prior"] = "hierarchical_prior"
    source: ClassVar[str] = (
        "Bakker & Heskes 2003, Task clustering and gating for Bayesian multitask learning, section 2; "
        "hyperprior: Gelman et al. 2013, Bayesian Data Analysis, sections 3.3 and 5.4"
    )

    strength: Annotated[float, Field(ge=0, description="γ: how strongly the tasks are tied")] = 0.001
    prior_shape: Annotated[float, Field(gt=0, description="a of the inverse-gamma hyperprior on the variance")] = 1.0
    prior_scale: Annotated[
        float, Field(gt=0, description="b of the hyperprior: the variance stays above 2b / (Kd + 2a + 2)")
    ] = 1.0

    def penalty(self, columns: Columns) -> Tensor:
        from mtl_core.regularizers.columns import stacked

        rows = stacked(columns)
        mean, variance = self.learned(rows.detach())
        squares = (rows - mean).square().sum()
        a, b = self.prior_shape, self.prior_scale
        fixed = 0.5 * rows.numel() * math.log(2 * math.pi) - a * math.log(b) + math.lgamma(a)
        return (0.5 * squares + b) / variance + (0.5 * rows.numel() + a + 1) * variance.log() + fixed

    def learned(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """α for Θ (K, d): the mean μ (d,) and the variance σ², a scalar."""
        mean = rows.mean(0)
        squares = (rows - mean).square().sum()
        variance = (squares + 2 * self.prior_scale) / (rows.numel() + 2 * self.prior_shape + 2)
        return mean, variance

    def describe(self, columns: Columns) -> dict[str, Any]:
        """α as it is now: ``variance``, ``mean_norm`` = ‖μ‖, ``mean`` (of short columns); and ``penalty``."""
        from mtl_core.regularizers.columns import stacked

        rows = stacked(columns).detach().double().cpu()
        mean, variance = self.learned(rows)
        told = {"mean": mean.tolist()} if len(mean) <= LONGEST_MEAN else {}
        penalty = self.penalty(columns).item()
        return {"variance": variance.item(), "mean_norm": mean.norm().item(), **told, "penalty": penalty}
