"""``mgda``: the shortest vector in the convex hull of the gradients, which no loss objects to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


class Mgda(GradientWeighting):
    """w = argmin over the simplex of wᵀ G w; d = 0 at Pareto-stationary points.

    For two tasks it is the point of the segment nearest to 0, w_1 = (G_22 − G_12) / (G_11 + G_22 − 2 G_12) within 0..1;
    for more it is found by Frank–Wolfe with exact line search.

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
    epsilon: Annotated[
        float, Field(gt=0, le=0.1, description="Of three or more tasks: step of the line search below which it ends")
    ] = 0.001
    iterations: Annotated[int, Field(ge=1, le=10_000, description="Of three or more tasks: iterations, at most")] = 100

    @property
    def cuts(self) -> bool:
        return self.at_representation

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import torch

        if len(gramian) == 2:
            (a, b), (_, c) = gramian.tolist()
            apart = a + c - 2 * b
            first = min(1.0, max(0.0, (c - b) / apart)) if apart > 0 else 0.5
            return gramian.new_tensor([first, 1 - first])
        return torch.from_numpy(shortest(gramian.numpy(), self.epsilon, self.iterations))


def shortest(gramian: NDArray[np.float64], epsilon: float, iterations: int) -> NDArray[np.float64]:
    """w (K,) in the simplex with wᵀ G w as small as Frank–Wolfe with exact line search finds it from equal weights.

    It takes the steps of torchjd's ``MGDAWeighting`` (a test holds them equal); G w and wᵀ G w follow each step
    instead of being computed anew.

    Args:
        gramian: (K, K).
        epsilon: step of the line search below which it ends.
        iterations: at most.
    """
    count = len(gramian)
    weights = np.full(count, 1 / count)
    products = gramian @ weights
    for _ in range(iterations):
        here = int(products.argmin())
        a, b, c = float(products[here]), float(weights @ products), float(gramian[here, here])
        step = 1.0 if c <= a else 0.0 if b <= a else (b - a) / (b + c - 2 * a)
        weights *= 1 - step
        weights[here] += step
        products *= 1 - step
        products += step * gramian[here]
        if step < epsilon:
            break
    return weights
