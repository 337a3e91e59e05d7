"""``brightness``: pictures made brighter or darker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Change, Draws

if TYPE_CHECKING:
    from torch import Tensor


class Brightness(Change):
    """x ← clip(b x, 0, 1) with b between 1 − gain and 1 + gain; torchvision's ``adjust_brightness``, b drawn a row."""

    name: Literal["brightness"] = "brightness"
    gain: Annotated[float, Field(ge=0, le=0.9, description="By how much at most, as a share")] = 0.2
    source: ClassVar[str] = "Howard 2013, Improvements on deep convolutional image classification, section 2.2"

    def changed(self, values: Tensor, draws: Draws) -> Tensor:
        return (values * draws.uniform(1 - self.gain, 1 + self.gain)[:, None, None, None]).clamp_(0, 1)
