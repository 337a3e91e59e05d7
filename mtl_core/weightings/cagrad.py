"""``cagrad``: near the mean gradient, the direction that helps the worst-served task most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Vector = NDArray[np.float64]

TINY = 1e-12
CANCELLED = 1e-7
"""Share of the gradients' root mean square below which ‖g_u‖ is rounding: they cancel, and g_0 alone is left."""


class CaGrad(GradientWeighting):
    """d = g_0 + c‖g_0‖ g_u / ‖g_u‖: within c‖g_0‖ of the mean gradient g_0 it maximises min_i g_i·d.

    u = argmin over the simplex of g_u·g_0 + c‖g_0‖‖g_u‖, g_u = Σ u_i g_i; so w = 1/K + c‖g_0‖/‖g_u‖ u. The minimum is
    convex: for two tasks the root of a quadratic, for more SciPy's SLSQP, as in the authors' code. ``rescale``
    divides by 1 + c, so that d is not longer than the mean.
    """

    name: Literal["cagrad"] = "cagrad"
    source: ClassVar[str] = "Liu et al. 2021, Conflict-averse gradient descent for multi-task learning, algorithm 1"

    c: Annotated[
        float, Field(ge=0, lt=1, description="c: how far from the mean gradient, as a share of its length")
    ] = 0.5
    rescale: Annotated[bool, Field(description="Divide the direction by 1 + c")] = False

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import numpy as np
        import torch

        products = gramian.numpy()
        mean = np.full(len(products), 1 / len(products))
        radius = self.c * np.sqrt(max(0.0, mean @ products @ mean))
        chosen = _worst_served(products, products @ mean, radius)
        length = np.sqrt(max(0.0, chosen @ products @ chosen))
        known = length > CANCELLED * np.sqrt(np.trace(products) / len(products))
        weights = mean + (radius / length * chosen if known else 0)
        return torch.from_numpy(weights / (1 + self.c if self.rescale else 1))


def _worst_served(products: Vector, along: Vector, radius: float) -> Vector:
    """u on the simplex that minimises u·along + radius·√(uᵀ G u)."""
    import numpy as np

    if len(products) == 1:
        return np.ones(1)
    if len(products) == 2:
        return _of_two(products, along, radius)
    from scipy.optimize import minimize

    scale = float(np.trace(products)) / len(products) or 1.0
    products, along, radius = products / scale, along / scale, radius / np.sqrt(scale)

    def value(u: Vector) -> tuple[float, Vector]:
        length = float(np.sqrt(max(TINY, float(u @ products @ u))))
        return float(u @ along + radius * length), along + radius * (products @ u) / length

    simplex: Any = {"type": "eq", "fun": lambda u: u.sum() - 1, "jac": np.ones_like}
    start = np.full(len(products), 1 / len(products))
    found = minimize(
        value,
        start,
        jac=True,
        bounds=[(0, 1)] * len(start),
        constraints=simplex,
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 200},
    )
    chosen = np.clip(found.x, 0, 1)
    best: Vector = chosen / chosen.sum()
    return best


def _of_two(products: Vector, along: Vector, radius: float) -> Vector:
    """The same for two tasks: an end of the segment u = (t, 1 − t), or where the slope of the convex function is 0.

    With q(t) = a t² + b t + c = uᵀ G u and p = along_1 − along_2 the slope is p + radius (2 a t + b) / 2√q; its root
    solves (radius² (2 a t + b)² = 4 p² q).
    """
    import numpy as np

    (g11, g12), (_, g22) = products
    a, b, c = g11 + g22 - 2 * g12, 2 * (g12 - g22), g22
    p = along[0] - along[1]
    factor = radius**2 * a - p**2
    roots = np.roots([4 * a * factor, 4 * b * factor, radius**2 * b**2 - 4 * p**2 * c])
    inside = [float(root.real) for root in roots if abs(root.imag) < 1e-9 and 0 < root.real < 1]

    def value(t: float) -> float:
        return float(p * t + radius * np.sqrt(max(0.0, a * t * t + b * t + c)))

    best = min([0.0, 1.0, *inside], key=value)
    return np.array([best, 1 - best])
