"""Regularizer: the tasks' own trunk parameters in, a scalar penalty out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtl_core.model import Named

if TYPE_CHECKING:
    from torch import Tensor


class Regularizer(Named):
    """A term γ·Ω(θ_1 … θ_K) that ties what the tasks own; γ = ``strength``."""

    strength: Annotated[float, Field(ge=0, description="γ: how strongly the tasks are tied")] = 0.01

    def penalty(self, columns: Sequence[Sequence[Tensor]]) -> Tensor:
        """Ω, a scalar, without γ.

        Args:
            columns: per task its own trunk parameters in order; entry p of one task has the shape of
                entry p of every other.
        """
        raise TypeError(f"{type(self).__name__} must define its penalty")
