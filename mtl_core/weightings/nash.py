"""``nash``: the tasks bargain about the direction, each gaining in proportion to what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-6
"""Smallest 1 + cos θ: gradients that point exactly against each other have no agreement."""


class Nash(GradientWeighting):
    """Nash bargaining: w > 0 with G w = 1/w, the direction that maximises Σ_i log(g_i·d) at fixed length.

    For two tasks it is w_i = 1 / (‖g_i‖ √(1 + cos θ)); for more the equations are solved as the α-fair direction with
    α = 1, which is the same. ‖d‖ = √K whatever the gradients' lengths.
    """

    name: Literal["nash"] = "nash"
    source: ClassVar[str] = (
        "Navon et al. 2022, Multi-task learning as a bargaining game, claim 3.1; solved as in Ban & Ji 2024, "
        "Fair resource allocation in multi-task learning, with α = 1"
    )

    iterations: Annotated[int, Field(ge=1, le=10_000, description="Of three or more tasks: iterations, at most")] = 100

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import torch

        tiny = torch.finfo(gramian.dtype).tiny
        norms = gramian.diagonal().clamp(min=tiny).sqrt()
        if len(gramian) == 1:
            return 1 / norms
        if len(gramian) == 2:
            cosine = gramian[0, 1] / (norms[0] * norms[1])
            return 1 / (norms * (1 + cosine).clamp(min=LEAST).sqrt())
        from torchjd.aggregation import FairGradWeighting

        unit = gramian / (norms[:, None] * norms)  # w = v/n where (cosines) v = 1/v: the solver's numbers are near 1
        solved: Tensor = FairGradWeighting(alpha=1.0, max_iters=self.iterations)(unit)
        return solved / norms
