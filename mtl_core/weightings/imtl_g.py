"""``imtl_g``: the direction whose projection on every task's gradient is equally long."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class ImtlG(GradientWeighting):
    """d·g_i/‖g_i‖ is the same for all tasks: w ∝ G⁺ √diag G, Σ_i w_i = 1. Weights may be negative.

    It is solved on the cosines C = N⁻¹ G N⁻¹, N the lengths: w ∝ N⁻¹ C⁺ 1, which has the same solutions whatever the
    lengths. A gradient that vanishes has w_i = 0; where no such d but 0 exists, as with opposite gradients, w = 0.
    """

    name: Literal["imtl_g"] = "imtl_g"
    source: ClassVar[str] = (
        "Liu et al. 2021, Towards impartial multi-task learning, section 3.1; with the pseudo-inverse: "
        "Quinton & Rey 2024, Jacobian descent for multi-objective optimization"
    )

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import IMTLGWeighting

        norms = gramian.diagonal().sqrt()
        inverse = norms.reciprocal().nan_to_num(posinf=0)
        cosines = gramian * inverse[:, None] * inverse
        weights: Tensor = IMTLGWeighting()(cosines) * inverse
        total = weights.sum()
        return weights / total if total != 0 else weights
