"""``noise``: normal noise on every pixel or column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Change, Draws

if TYPE_CHECKING:
    from torch import Tensor


class Noise(Change):
    """x ← x + sd ε, ε ~ N(0, 1): on pictures in 0..1, where it is clipped, and on tables in a column's own spread."""

    name: Literal["noise"] = "noise"
    sd: Annotated[
        float,
        Field(ge=0, le=1, description="Standard deviation: of a picture's 0 to 1, or of a table's standardised column"),
    ] = 0.05
    inputs: ClassVar[tuple[str, ...]] = ("image", "table")
    source: ClassVar[str] = "Bishop 1995, Training with noise is equivalent to Tikhonov regularization"

    def changed(self, values: Tensor, draws: Draws) -> Tensor:
        noisy = draws.normal(values.shape).mul_(self.sd).add_(values)
        return noisy.clamp_(0, 1) if values.dim() == 4 else noisy
