"""``rotate``: pictures turned about their middle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Draws, Move
from mtl_core.augmentation.planes import matrices

if TYPE_CHECKING:
    from torch import Tensor


class Rotate(Move):
    """Each picture is turned clockwise by an angle between −degrees and degrees."""

    name: Literal["rotate"] = "rotate"
    degrees: Annotated[float, Field(ge=0, le=45, description="Largest angle, either way")] = 10.0
    source: ClassVar[str] = "Simard et al. 2003, Best practices for convolutional neural networks, section 2"

    def sampled(self, draws: Draws, side: int) -> Tensor:
        angle = draws.uniform(-self.degrees, self.degrees) * (math.pi / 180)
        cosine, sine = angle.cos(), angle.sin()
        return matrices({(0, 0): cosine, (0, 1): sine, (1, 0): -sine, (1, 1): cosine})
