"""``aligned``: the gradients' principal directions are made equally long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class Aligned(GradientWeighting):
    """w = B·1/K, B = √σ V Λ^{−½} Vᵀ with G = V Λ Vᵀ and σ its smallest eigenvalue that is not 0.

    The rows of BᵀJ are orthogonal and equally long: there is neither conflict nor dominance between them.
    """

    name: Literal["aligned"] = "aligned"
    source: ClassVar[str] = (
        "Senushkin et al. 2023, Independent component alignment for multi-task learning, algorithm 1"
    )

    scale: Annotated[Literal["min", "median", "rmse"], Field(description="σ: smallest, median or mean eigenvalue")] = (
        "min"
    )

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import AlignedMTLWeighting

        weights: Tensor = AlignedMTLWeighting(scale_mode=self.scale)(gramian)
        return weights
