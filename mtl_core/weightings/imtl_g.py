"""``imtl_g``: the direction whose projection on every task's gradient is equally long."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class ImtlG(GradientWeighting):
    """d·g_i/‖g_i‖ is the same for all tasks: w ∝ G⁺ √diag G, Σ_i w_i = 1. Weights may be negative."""

    name: Literal["imtl_g"] = "imtl_g"
    source: ClassVar[str] = (
        "Liu et al. 2021, Towards impartial multi-task learning, section 3.1; with the pseudo-inverse: "
        "Quinton & Rey 2024, Jacobian descent for multi-objective optimization"
    )

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import IMTLGWeighting

        weights: Tensor = IMTLGWeighting()(gramian)
        return weights
