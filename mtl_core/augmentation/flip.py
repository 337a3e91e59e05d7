"""``flip``: pictures mirrored left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Draws, Move
from mtl_core.augmentation.planes import matrices

if TYPE_CHECKING:
    from torch import Tensor


class Flip(Move):
    """A share of the pictures is mirrored left to right, as torchvision's RandomHorizontalFlip does."""

    name: Literal["flip"] = "flip"
    share: Annotated[float, Field(ge=0, le=1, description="Share of the pictures that are mirrored")] = 0.5
    source: ClassVar[str] = "Krizhevsky et al. 2012, ImageNet classification with deep networks, section 4.1"

    def sampled(self, draws: Draws, side: int) -> Tensor:
        mirrored = draws.uniform(0, 1) < self.share
        return matrices({(0, 0): 1 - 2 * mirrored.float()})
