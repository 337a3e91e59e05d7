"""``mgda``: the shortest vector in the convex hull of the gradients, which no loss objects to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from torch import Tensor


class Mgda(GradientWeighting):
    """w = argmin over the simplex of wᵀ G w, by Frank–Wolfe with exact line search; d = 0 at Pareto-stationary points.

    ``at_representation`` (MGDA-UB) takes G of the gradients at what the shared trunk gives instead of at its
    parameters: an upper bound that needs one backward pass through the trunk instead of K.
    """

    name: Literal["mgda"] = "mgda"
    source: ClassVar[str] = (
        "Désidéri 2012, Multiple-gradient descent algorithm; Sener & Koltun 2018, Multi-task learning as "
        "multi-objective optimization, algorithm 2, and section 3.3 for the representation"
    )

    at_representation: Annotated[
        bool, Field(description="MGDA-UB: gradients at the shared representation, not at its parameters")
    ] = False
    epsilon: Annotated[float, Field(gt=0, le=0.1, description="Step of the line search below which it ends")] = 0.001
    iterations: Annotated[int, Field(ge=1, le=10_000, description="Iterations, at most")] = 100

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        from torchjd.aggregation import MGDAWeighting

        weights: Tensor = MGDAWeighting(self.epsilon, self.iterations)(gramian)
        return weights
