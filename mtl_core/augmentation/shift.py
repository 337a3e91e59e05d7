"""``shift``: pictures moved sideways and up or down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Draws, Move
from mtl_core.augmentation.planes import matrices

if TYPE_CHECKING:
    from torch import Tensor


class Shift(Move):
    """Each picture moves by whole pixels along both axes, as if cropped out of one with wider edges."""

    name: Literal["shift"] = "shift"
    distance: Annotated[float, Field(ge=0, le=0.5, description="How far at most, as a share of the side")] = 0.1
    source: ClassVar[str] = "Krizhevsky et al. 2012, ImageNet classification with deep networks, section 4.1"

    def sampled(self, draws: Draws, side: int) -> Tensor:
        across, down = ((draws.uniform(-self.distance, self.distance) * side).round() / side for _ in range(2))
        return matrices({(0, 2): -2 * across, (1, 2): -2 * down})
