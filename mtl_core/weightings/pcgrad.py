"""``pcgrad``: of each gradient that part is cut away which points against another task's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class PcGrad(GradientWeighting):
    """d = Σ_i g̃_i: of each gradient g_i the parts are cut away that point against another task's.

    From g̃_i = g_i, for the other tasks j in random order, where g̃_i·g_j < 0: g̃_i ← g̃_i − (g̃_i·g_j / ‖g_j‖²) g_j.
    """

    name: Literal["pcgrad"] = "pcgrad"
    source: ClassVar[str] = "Yu et al. 2020, Gradient surgery for multi-task learning, algorithm 1"
    random: ClassVar[bool] = True

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import PCGradWeighting

        weights: Tensor = PCGradWeighting()(gramian)
        return weights
