"""``zoom``: pictures made larger or smaller about their middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Draws, Move
from mtl_core.augmentation.planes import matrices

if TYPE_CHECKING:
    from torch import Tensor


class Zoom(Move):
    """What a picture shows becomes 1 − growth to 1 + growth times as large, the picture's size stays."""

    name: Literal["zoom"] = "zoom"
    growth: Annotated[float, Field(ge=0, le=0.5, description="By how much at most, as a share of the size")] = 0.1
    source: ClassVar[str] = "Szegedy et al. 2015, Going deeper with convolutions, section 6"

    def sampled(self, draws: Draws, side: int) -> Tensor:
        smaller = 1 / draws.uniform(1 - self.growth, 1 + self.growth)
        return matrices({(0, 0): smaller, (1, 1): smaller})
