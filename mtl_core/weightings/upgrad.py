"""``upgrad``: each gradient is projected to where it harms no task, and the projections are averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class UpGrad(GradientWeighting):
    """d = mean_i π(g_i), π the projection on the dual cone {x : g_j·x ≥ 0 for all j}.

    Each projection is a quadratic program, argmin_{v ≥ e_i} vᵀ G v. The cone knows directions only, so it is solved
    on the cosines, whatever the gradients' lengths, regularised by 1e-5 K; of two tasks
    v_i = e_i − min(0, G_ij) / G_jj e_j.
    """

    name: Literal["upgrad"] = "upgrad"
    source: ClassVar[str] = "Quinton & Rey 2024, Jacobian descent for multi-objective optimization, eq. 5"

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import UPGradWeighting
        from torchjd.linalg import QuadprogProjector

        norms = gramian.diagonal().sqrt()
        inverse = norms.reciprocal().nan_to_num(posinf=0)
        cosines = gramian * inverse[:, None] * inverse
        if len(gramian) == 2:
            against = cosines[0, 1].clamp(max=0)
            return (1 - against * norms.flip(0) * inverse) / 2
        share = 1 / len(gramian)
        project = UPGradWeighting(share * norms, QuadprogProjector(reg_eps=1e-5))
        weights: Tensor = project(cosines) * inverse
        return weights.where(norms > 0, share)
