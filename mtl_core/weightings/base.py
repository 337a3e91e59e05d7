"""Weighting: the losses (and, for some, the Gramian of their gradients) in, weights out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from mtl_core.model import Named

if TYPE_CHECKING:
    from torch import Tensor

Lambda = Annotated[float, Field(ge=0)]


class Weighting(Named):
    """How the tasks' losses become one direction.

    λ_i is a preference for every method: row i of J is the gradient of λ_i·L_i, and the
    update of the shared parameters is Jᵀw.
    """

    lambdas: Annotated[
        dict[str, Lambda], Field(description="Preference λ per task; `*` names all others; left out: 1/K")
    ] = {}

    needs_gramian: ClassVar[bool] = False
    """Whether :meth:`weights` needs G = J Jᵀ."""

    def weights(self, losses: Tensor, gramian: Tensor | None) -> Tensor:
        """w of shape (K,) for the scaled losses λ_i·L_i of shape (K,) and G of shape (K, K)."""
        raise TypeError(f"{type(self).__name__} must define its weights")
