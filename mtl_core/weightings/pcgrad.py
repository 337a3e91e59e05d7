"""``pcgrad``: of each gradient that part is cut away which points against another task's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mtl_core.weightings.base import GradientWeighting, Moment

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


FEW = 16
"""Tasks up to which plain numbers are faster than arrays, which take three times as long for 8."""


class PcGrad(GradientWeighting):
    """d = Σ_i g̃_i: of each gradient g_i the parts are cut away that point against another task's.

    From g̃_i = g_i, for the other tasks j in random order, where g̃_i·g_j < 0: g̃_i ← g̃_i − (g̃_i·g_j / ‖g_j‖²) g_j.
    """

    name: Literal["pcgrad"] = "pcgrad"
    source: ClassVar[str] = "Yu et al. 2020, Gradient surgery for multi-task learning, algorithm 1"
    random: ClassVar[bool] = True

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import torch

        count, draw = len(gramian), moment.generator()
        orders = [torch.randperm(count, generator=draw).tolist() for _ in range(count)]
        if count <= FEW:
            return torch.tensor(projected_by_rows(gramian.tolist(), orders), dtype=torch.float64)
        return torch.from_numpy(projected(gramian.numpy(), np.array(orders)))


def projected(gramian: NDArray[np.float64], orders: NDArray[np.int64]) -> NDArray[np.float64]:
    """w (K,) with d = Σ_j w_j g_j = Σ_i g̃_i; all K gradients are cut at once, each in its own order.

    It draws and computes what torchjd's ``PCGradWeighting`` does (a test holds them equal), with K passes over rows
    instead of K² products of tensors.

    Args:
        gramian: (K, K).
        orders: (K, K) row i: the tasks in the order in which g_i is held against them; itself is passed over.
    """
    rows = np.arange(len(gramian))
    others = orders[orders != rows[:, None]].reshape(len(rows), -1).T  # turn by turn, whom each is held against
    squares = gramian.diagonal()[others]
    inverse = np.divide(1.0, squares, out=np.zeros_like(squares), where=squares > 0)
    mixed = np.eye(len(gramian))  # row i: g̃_i as a sum of the gradients
    products = gramian.copy()  # row i: g̃_i · g_j
    for other, scale, against in zip(others, inverse, gramian[others], strict=True):
        parts = np.minimum(products[rows, other], 0.0) * scale
        mixed[rows, other] -= parts
        products -= parts[:, None] * against
    return np.asarray(mixed.sum(0))


def projected_by_rows(gramian: list[list[float]], orders: list[list[int]]) -> list[float]:
    """The same, gradient by gradient in plain numbers, in the same order of operations: equal to the last bit."""
    total = [0.0] * len(gramian)
    for own, order in enumerate(orders):
        mixed, products = [0.0] * len(gramian), gramian[own]  # g̃ as a sum of the gradients, and g̃ · g_j
        mixed[own] = 1.0
        for other in order:
            against = gramian[other]
            if other != own and products[other] < 0 and against[other] > 0:
                part = products[other] * (1.0 / against[other])
                mixed[other] -= part
                products = [product - part * value for product, value in zip(products, against, strict=True)]
        total = [one + more for one, more in zip(total, mixed, strict=True)]
    return total
