"""``fixed``: the λ of the sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import Moment, Weighting

if TYPE_CHECKING:
    from torch import Tensor


class Fixed(Weighting):
    """L = Σ_i λ_i L_i with the λ of the sliders, so w = 1 for each scaled loss λ_i L_i."""

    name: Literal["fixed"] = "fixed"
    source: ClassVar[str] = "linear scalarisation"
    least_tasks: ClassVar[int] = 1
    vanishes: ClassVar[bool] = False

    def weights(self, losses: Tensor, gramian: Tensor | None = None, moment: Moment | None = None) -> Tensor:
        return losses.new_ones(losses.shape)  # nothing is read: a GPU need not wait
