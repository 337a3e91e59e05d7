"""Regularizer: the tasks' own parameters in, a scalar penalty (or a proximal step) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from mtl_core.model import Named

if TYPE_CHECKING:
    from torch import Tensor

    Columns = Mapping[str, Sequence[Tensor]]


class Regularizer(Named):
    """A term γ·Ω(θ_1 … θ_K) that ties what the tasks own; γ = ``strength``.

    θ_i are the own trunk parameters of task i. Where tasks own no part of the trunk they are the weights (not the
    biases) of the heads, if all heads are of one size and either ``ties_heads`` is true or there is no trunk at all
    (linear models); else the term has nothing to act on and costs nothing.
    """

    strength: Annotated[float, Field(ge=0, description="γ: how strongly the tasks are tied")] = 0.01

    ties_heads: ClassVar[bool] = True
    """Whether it acts on the heads of a trunk that is wholly shared."""

    def penalty(self, columns: Columns) -> Tensor:
        """Ω, a scalar, without γ.

        Args:
            columns: per task its parameters in order; entry p of one task has the shape of entry p of every other.
        """
        raise TypeError(f"{type(self).__name__} must define its penalty")

    def uses_proximal(self, optimizer: str) -> bool:
        """Whether :meth:`proximal` stands for the gradient of the penalty with this optimizer."""
        return False

    def proximal(self, columns: Columns, rate: float) -> None:
        """θ ← argmin_u ½‖u − θ‖² + rate·Ω(u), in place; called without gradients after the optimizer's step.

        Args:
            columns: as in :meth:`penalty`.
            rate: γ times how far a lasting gradient of size 1 moves a parameter a step: lr / (1 − momentum).
        """
        raise TypeError(f"{type(self).__name__} has no proximal step")

    def describe(self, columns: Columns) -> dict[str, Any]:
        """Plain numbers that the page shows while a run goes on; called at evaluations only."""
        return {}

    def named_tasks(self) -> Iterator[tuple[str, str]]:
        """(place in this term, task name) wherever a field names a task, for the spec to check."""
        yield from ()
