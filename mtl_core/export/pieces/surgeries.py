"""Weightings of gradients, from their Gramian; counterpart of those in :mod:`mtl_core.weightings`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtl_core.export.pieces.data import part_seed
from mtl_core.export.pieces.weighings import Moment


def mgda(gramian: Tensor, epsilon: float, iterations: int) -> Tensor:
    """argmin over the simplex of wᵀ G w (Désidéri 2012): of two tasks in closed form, else by Frank–Wolfe."""
    if len(gramian) == 2:
        (a, b), (_, c) = gramian.tolist()
        apart = a + c - 2 * b
        first = min(1.0, max(0.0, (c - b) / apart)) if apart > 0 else 0.5
        return gramian.new_tensor([first, 1 - first])
    from torchjd.aggregation import MGDAWeighting

    weights: Tensor = MGDAWeighting(epsilon, iterations)(gramian)
    return weights


def pcgrad(gramian: Tensor, seed: int, step: int) -> Tensor:
    """Of each gradient the parts are cut away that point against another task's (Yu et al. 2020)."""
    from torchjd.aggregation import PCGradWeighting

    torch.manual_seed(part_seed(seed, f"weights of step {step}"))
    weights: Tensor = PCGradWeighting()(gramian)
    return weights


class GradVac:
    """Gradients are turned towards each other until they agree as much as they usually do (Wang et al. 2021)."""

    def __init__(self, tasks: int, beta: float, seed: int) -> None:
        self.beta, self.seed = beta, seed
        self.usual = torch.zeros(tasks, tasks, dtype=torch.float64)

    def weigh(self, gramian: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' gradients."""
        torch.manual_seed(part_seed(self.seed, f"weights of step {moment.step}"))
        count = len(gramian)
        mixed = torch.eye(count, dtype=gramian.dtype)  # row i: the turned gradient i as a sum of the gradients
        for i in range(count):
            others = [j for j in range(count) if j != i]
            for j in (others[index] for index in torch.randperm(count - 1).tolist()):
                here = moment.active[i], moment.active[j]
                lengths = root(mixed[i] @ gramian @ mixed[i]), root(gramian[j, j])
                if not lengths[0] * lengths[1]:
                    continue
                found, wanted = mixed[i] @ gramian[j] / (lengths[0] * lengths[1]), self.usual[here].clone()
                if found < wanted:
                    sines = root(1 - found * found), root(1 - wanted * wanted)
                    turn = wanted * sines[0] - found * sines[1]
                    mixed[i, j] += lengths[0] / lengths[1] * turn / sines[1].clamp(min=1e-3)
                self.usual[here] = (1 - self.beta) * wanted + self.beta * found
        return mixed.sum(0)


def root(value: Tensor) -> Tensor:
    """√ of a number that rounding may have brought below 0."""
    return value.clamp(min=0).sqrt()


def cosines_of(gramian: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients' lengths, 1 / lengths (0 of a gradient that vanishes), and their cosines."""
    norms = gramian.diagonal().sqrt()
    inverse = norms.reciprocal().nan_to_num(posinf=0)
    return norms, inverse, gramian * inverse[:, None] * inverse


def imtl_g(gramian: Tensor) -> Tensor:
    """The direction whose projection on every task's gradient is equally long (Liu et al. 2021)."""
    from torchjd.aggregation import IMTLGWeighting

    _, inverse, cosines = cosines_of(gramian)
    weights: Tensor = IMTLGWeighting()(cosines) * inverse
    total = weights.sum()
    return weights / total if total != 0 else weights


def nash(gramian: Tensor, iterations: int) -> Tensor:
    """w > 0 with G w = 1/w (Navon et al. 2022): of two tasks in closed form, else as FairGrad with α = 1."""
    norms = gramian.diagonal().sqrt()
    there = norms.nonzero().squeeze(1)
    weights = torch.zeros_like(norms)
    if len(there):
        lengths = norms[there]
        weights[there] = agreed(gramian[there[:, None], there] / (lengths[:, None] * lengths), iterations) / lengths
    return weights


def agreed(cosines: Tensor, iterations: int) -> Tensor:
    """v > 0 with C v = 1/v for the cosines C."""
    if len(cosines) == 1:
        return cosines.new_ones(1)
    if len(cosines) == 2:
        return (1 + cosines[0, 1]).clamp(min=1e-6).rsqrt().expand(2)
    from torchjd.aggregation import FairGradWeighting

    solved: Tensor = FairGradWeighting(alpha=1.0, max_iters=iterations)(cosines)
    return solved


def aligned(gramian: Tensor, scale: Any) -> Tensor:
    """The gradients' principal directions are made equally long (Senushkin et al. 2023)."""
    from torchjd.aggregation import AlignedMTLWeighting

    weights: Tensor = AlignedMTLWeighting(scale_mode=scale)(gramian)
    return weights


def upgrad(gramian: Tensor) -> Tensor:
    """Each gradient is projected to where it harms no task, and the projections averaged (Quinton & Rey 2024)."""
    norms, inverse, cosines = cosines_of(gramian)
    if len(gramian) == 2:
        against = cosines[0, 1].clamp(max=0)
        return (1 - against * norms.flip(0) * inverse) / 2
    from torchjd.aggregation import UPGradWeighting
    from torchjd.linalg import QuadprogProjector

    share = 1 / len(gramian)
    project = UPGradWeighting(share * norms, QuadprogProjector(reg_eps=1e-5))
    weights: Tensor = project(cosines) * inverse
    return weights.where(norms > 0, share)


def cagrad(gramian: Tensor, c: float, rescale: bool) -> Tensor:
    """Near the mean gradient, the direction that helps the worst-served task most (Liu et al. 2021)."""
    products = gramian.numpy()
    mean = np.full(len(products), 1 / len(products))
    radius = c * np.sqrt(max(0.0, mean @ products @ mean))
    chosen = worst_served(products, products @ mean, radius)
    length = np.sqrt(max(0.0, chosen @ products @ chosen))
    known = length > 1e-7 * np.sqrt(np.trace(products) / len(products))
    weights = mean + (radius / length * chosen if known else 0)
    return torch.from_numpy(weights / (1 + c if rescale else 1))


def worst_served(products: Any, along: Any, radius: float) -> Any:
    """u on the simplex that minimises u·along + radius·√(uᵀ G u)."""
    if len(products) == 1:
        return np.ones(1)
    if len(products) == 2:
        return of_two(products, along, radius)
    from scipy.optimize import minimize

    scale = float(np.trace(products)) / len(products) or 1.0
    products, along, radius = products / scale, along / scale, radius / np.sqrt(scale)

    def value(u: Any) -> tuple[float, Any]:
        length = float(np.sqrt(max(1e-12, float(u @ products @ u))))
        return float(u @ along + radius * length), along + radius * (products @ u) / length

    start = np.full(len(products), 1 / len(products))
    simplex: Any = {"type": "eq", "fun": lambda u: u.sum() - 1, "jac": np.ones_like}
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
    return chosen / chosen.sum()


def of_two(products: Any, along: Any, radius: float) -> Any:
    """The same for two tasks: an end of the segment, or where the slope of the convex function is 0."""
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
