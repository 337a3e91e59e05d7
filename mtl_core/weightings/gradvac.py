"""``gradvac``: gradients are turned towards each other until they agree as much as they usually do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import GradientWeighting, Memory, Moment

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-3
"""Smallest √(1−φ̂²): gradients that always agreed are not turned by thousands of their lengths."""


class GradVac(GradientWeighting):
    """Gradient vaccine: where the cosine φ_ij of g̃_i and g_j is below its usual value φ̂_ij, g_j is added to g̃_i.

    g̃_i ← g̃_i + ‖g̃_i‖ (φ̂√(1−φ²) − φ√(1−φ̂²)) / (‖g_j‖√(1−φ̂²)) g_j brings their cosine to φ̂; then
    φ̂_ij ← (1−β) φ̂_ij + β φ_ij, from 0. The other tasks j come in random order; d = Σ_i g̃_i. It is computed on G alone.
    Beside a gradient that vanishes nothing is turned, and φ̂ stays. √(1−φ̂²) counts as 1e-3 at least.
    torchjd's own keeps φ̂ where a checkpoint cannot reach it; the tests hold this one against it.
    """

    name: Literal["gradvac"] = "gradvac"
    source: ClassVar[str] = "Wang et al. 2021, Gradient vaccine, eqs. 2 and 3, algorithm 1"
    random: ClassVar[bool] = True

    beta: Annotated[float, Field(ge=0, le=1, description="β: how fast the usual cosine follows")] = 0.5

    def memory(self, tasks: int) -> Memory:
        import torch

        return {"cosine": torch.zeros(tasks, tasks, dtype=torch.float64)}

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        import torch

        usual, places, count = moment.memory["cosine"], moment.places, len(gramian)
        draw = moment.generator()
        mixed = torch.eye(count, dtype=gramian.dtype)  # row i: g̃_i as a sum of the gradients
        for i in range(count):
            others = [j for j in range(count) if j != i]
            for j in (others[index] for index in torch.randperm(count - 1, generator=draw).tolist()):
                here = places[i], places[j]
                lengths = _root(mixed[i] @ gramian @ mixed[i]), _root(gramian[j, j])
                if not lengths[0] * lengths[1]:
                    continue
                found, wanted = mixed[i] @ gramian[j] / (lengths[0] * lengths[1]), usual[here].cpu()
                if found < wanted:
                    sines = _root(1 - found * found), _root(1 - wanted * wanted)
                    turn = wanted * sines[0] - found * sines[1]
                    mixed[i, j] += lengths[0] / lengths[1] * turn / sines[1].clamp(min=LEAST)
                usual[here] = (1 - self.beta) * wanted + self.beta * found
        return mixed.sum(0)


def _root(value: Tensor) -> Tensor:
    return value.clamp(min=0).sqrt()
