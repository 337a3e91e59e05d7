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
    α = 1, which is the same. ‖d‖ = √K whatever the gradients' lengths. A task whose gradient vanishes has nothing to
    bargain with: w_i = 0, and the others agree without it.
    """

    name: Literal["nash"] = "nash"
    source: ClassVar[str] = (
        "Navon et al. 2022, Multi-task learning as a bargaining game, claim 3.1; solved as in Ban & Ji 2024, "
        "Fair resource allocation in multi-task learning, with α = 1"
    )

    iterations: Annotated[int, Field(ge=1, le=10_000, description="Of three or more tasks: iterations, at most")] = 100

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import torch

        norms = gramian.diagonal().sqrt()
        there = norms.nonzero().squeeze(1)
        weights = torch.zeros_like(norms)
        if len(there):
            lengths = norms[there]  # w = v/n where (cosines) v = 1/v: the solver's numbers are near 1
            weights[there] = self._agreed(gramian[there[:, None], there] / (lengths[:, None] * lengths)) / lengths
        return weights

    def _agreed(self, cosines: Tensor) -> Tensor:
        """v > 0 with C v = 1/v for the cosines C."""
        if len(cosines) == 1:
            return cosines.new_ones(1)
        if len(cosines) == 2:
            return (1 + cosines[0, 1]).clamp(min=LEAST).rsqrt().expand(2)
        from torchjd.aggregation import FairGradWeighting

        solved: Tensor = FairGradWeighting(alpha=1.0, max_iters=self.iterations)(cosines)
        return solved
