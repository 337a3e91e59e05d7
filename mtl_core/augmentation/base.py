"""Augmentation: training rows in, the same rows a little changed out; drawn anew for each row at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from mtl_core.model import Named

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Draws(Protocol):
    """Random numbers of one step, a number a row; they follow from the run's seed and the step alone."""

    rows: int

    def uniform(self, low: float, high: float) -> Tensor:
        """(B,) between the two, on the device."""

    def normal(self, shape: torch.Size) -> Tensor:
        """Standard normal numbers of this shape, on the device."""


class Augmentation(Named):
    """A change of training rows that leaves what is asked of them as it is."""

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    """Kinds of input that it changes."""


class Move(Augmentation):
    """A map of the plane; masks and pictures to be made move with the picture.

    Several moves are one resampling. Pixels from beyond the edge repeat it, and have no label in a mask (255), so
    that they count in no loss.
    """

    def sampled(self, draws: Draws, side: int) -> Tensor:
        """(B, 3, 3) where each pixel comes from: places with both axes from −1 to 1 across the picture.

        Args:
            draws: random numbers.
            side: of the picture in pixels.
        """
        raise TypeError(f"{type(self).__name__} must say where pixels come from")


class Change(Augmentation):
    """Other values in the same places; masks stay as they are."""

    def changed(self, values: Tensor, draws: Draws) -> Tensor:
        """The values of one input, (B, C, S, S) in 0..1 or (B, columns), changed.

        Args:
            values: not changed in place.
            draws: random numbers.
        """
        raise TypeError(f"{type(self).__name__} must say how values change")
