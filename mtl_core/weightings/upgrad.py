"""``upgrad``: each gradient is projected to where it harms no task, and the projections are averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class UpGrad(GradientWeighting):
    """d = mean_i π(g_i), π the projection on the dual cone {x : g_j·x ≥ 0 for all j}.

    Each projection is a quadratic program on G, argmin_{v ≥ e_i} vᵀ G v; torchjd regularises it by 1e-4 of the trace.
    """

    name: Literal["upgrad"] = "upgrad"
    source: ClassVar[str] = "Quinton & Rey 2024, Jacobian descent for multi-objective optimization, eq. 5"

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import UPGradWeighting

        weights: Tensor = UPGradWeighting()(gramian)
        return weights
