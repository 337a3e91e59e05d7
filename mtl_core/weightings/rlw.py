"""``rlw``: weights drawn anew at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import Moment, Weighting

if TYPE_CHECKING:
    from torch import Tensor


class Rlw(Weighting):
    """Random loss weighting: w = softmax(z), z ~ N(0, I), a new z at every step; Σ_i w_i = 1."""

    name: Literal["rlw"] = "rlw"
    source: ClassVar[str] = "Lin et al. 2022, Reasonable effectiveness of random weighting, algorithm 2"
    random: ClassVar[bool] = True
    vanishes: ClassVar[bool] = False

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        import torch

        drawn = torch.randn(losses.shape[0], generator=moment.generator()).softmax(0)
        return drawn.pin_memory().to(losses, non_blocking=True) if losses.is_cuda else drawn
