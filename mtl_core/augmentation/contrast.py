"""``contrast``: pictures with more or less difference between bright and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.augmentation.base import Change, Draws

if TYPE_CHECKING:
    from torch import Tensor

GREY = (0.2989, 0.587, 0.114)
"""Share of red, green and blue in a picture's brightness, as torchvision has it (ITU-R BT.601)."""


class Contrast(Change):
    """x ← clip(m + c (x − m), 0, 1), m the picture's mean brightness; torchvision's ``adjust_contrast``, c drawn a row.

    c lies between 1 − stretch and 1 + stretch.
    """

    name: Literal["contrast"] = "contrast"
    stretch: Annotated[float, Field(ge=0, le=0.9, description="By how much at most, as a share")] = 0.2
    source: ClassVar[str] = "Howard 2013, Improvements on deep convolutional image classification, section 2.2"

    def changed(self, values: Tensor, draws: Draws) -> Tensor:
        means = values.mean((2, 3))
        mean = means.mean(1) if values.shape[1] != len(GREY) else means @ means.new_tensor(GREY)
        factor = draws.uniform(1 - self.stretch, 1 + self.stretch)
        rest = (1 - factor) * mean
        return (values * factor[:, None, None, None]).add_(rest[:, None, None, None]).clamp_(0, 1)
