"""Weighting: the losses (and, for some, the Gramian of their gradients) in, weights out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from mtl_core.model import Named
from mtl_core.tasks import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Lambda = Annotated[float, Field(ge=0)]
Memory = dict[str, "Tensor"]

SHORTEST = 1e-19
"""Length below which a gradient counts as 0: the square of it is no exact float32 number."""


@dataclass(frozen=True)
class Moment:
    """When weights are asked for, for which of the run's tasks, and what the method remembers.

    A task rests where its λ is 0 or no row of the batch has a target for it; the others are active.

    Attributes:
        tasks: the A active tasks; empty where a caller has numbers alone.
        places: their places among the run's K tasks.
        lambdas: (A,) their λ.
        memory: the method's own tensors, each with K entries a task, as :meth:`Weighting.memory` began them;
            it changes them in place.
        epoch: whole epochs done.
        seed: of this step's randomness.
    """

    tasks: Sequence[Task]
    places: list[int]
    lambdas: Tensor
    memory: Memory = field(default_factory=dict)
    epoch: int = 0
    seed: int = 0

    def generator(self) -> torch.Generator:
        """What this step draws from."""
        import torch

        return torch.Generator().manual_seed(self.seed)

    def of(self, remembered: Tensor) -> Tensor:
        """(A,) of a (K,) tensor the entries of the active tasks; the tensor itself where all are."""
        return remembered if len(self.places) == remembered.shape[0] else remembered[self.places]

    def put(self, remembered: Tensor, values: Tensor) -> None:
        """Set the entries of the active tasks of a (K,) tensor, in its own type."""
        if len(self.places) == remembered.shape[0]:
            remembered.copy_(values)
        else:
            remembered[self.places] = values.to(remembered)

    def add(self, remembered: Tensor, values: Tensor) -> None:
        """Add to the entries of the active tasks of a (K,) tensor."""
        if len(self.places) == remembered.shape[0]:
            remembered += values
        else:
            remembered[self.places] += values

    def leave_gradient(self, learned: Tensor, gradient: Tensor) -> None:
        """Leave (A,) in the places of a (K,) tensor's ``.grad``, 0 for tasks that rest."""
        if len(self.places) == learned.shape[0]:
            learned.grad = gradient.to(learned)
            return
        learned.grad = learned.new_zeros(learned.shape)
        learned.grad[self.places] = gradient.to(learned)


class Weighting(Named):
    """How the tasks' losses become one direction.

    λ_i is a preference for every method: row i of J is the gradient of λ_i·L_i, and the
    update of the shared parameters is Jᵀw. Subclasses define :meth:`weigh`.
    """

    lambdas: Annotated[
        dict[str, Lambda], Field(description="Preference λ per task; `*` names all others; left out: 1/K")
    ] = {}

    needs_gramian: ClassVar[bool] = False
    """Whether :meth:`weigh` needs G = J Jᵀ of the parameters that several tasks share."""
    scales_heads: ClassVar[bool] = True
    """Whether a task's own parameters take w_i times their gradient; else the gradient of λ_i·L_i as it is."""
    random: ClassVar[bool] = False
    """Whether it draws numbers; they come from the moment's generator."""
    learned: ClassVar[tuple[str, ...]] = ()
    """Names in its memory that an Adam of their own moves; the method leaves their gradient in ``.grad``."""
    looks_back: ClassVar[bool] = False
    """Whether :meth:`observe` shall be given the losses of the same batch after the step."""
    least_tasks: ClassVar[int] = 2
    on_host: ClassVar[tuple[str, ...]] = ()
    """Names in its memory that stay on the CPU, wherever the losses are."""
    vanishes: ClassVar[bool] = True
    """Whether a weight can come out as exactly 0: then it is looked at, for which a GPU has to be waited for."""

    def memory(self, tasks: int) -> Memory:
        """What it remembers from step to step, as it begins: tensors with ``tasks`` entries; kept in checkpoints."""
        return {}

    def learning_rate(self, run: float) -> float:
        """The rate of what it learns; ``run`` is the run's own at this step."""
        return run

    @property
    def cuts(self) -> bool:
        """Whether the tasks' gradients are taken at what the shared trunk gives, and not at its parameters."""
        return False

    @property
    def decay(self) -> float:
        """Weight decay of what it learns."""
        return 0.0

    def weights(self, losses: Tensor, gramian: Tensor | None = None, moment: Moment | None = None) -> Tensor:
        """w of shape (A,), without a gradient; finite, or NaN where G is not: then the run has diverged.

        Args:
            losses: (A,) the scaled losses λ_i·L_i of the active tasks.
            gramian: (A, A) G = J Jᵀ where :attr:`needs_gramian`; it is used as float64 on the CPU, and a gradient
                shorter than 1e-19 as 0.
            moment: when, and with which memory; left out: the first step of a run of these tasks, λ = 1.

        Raises:
            ValueError: where the Gramian is needed and missing.
        """
        import torch

        if self.needs_gramian and gramian is None:
            raise ValueError(f"{self.name} needs the Gramian J Jᵀ of the losses' gradients, got None")
        here = losses.detach().cpu() if self.needs_gramian else losses.detach()  # a GPU need not be waited for
        moment = moment or self.first_moment(here)
        known = None if gramian is None else _known(gramian)
        if known is not None and not bool(torch.isfinite(known).all()):
            return torch.full_like(losses.detach(), float("nan"))
        return self.weigh(here, known, moment).detach().to(losses)

    def first_moment(self, losses: Tensor) -> Moment:
        """The first step of a run in which all of these tasks are active, with λ = 1."""
        from mtl_core.tasks import Task

        tasks = [Task(f"task{i}", "regression") for i in range(len(losses))]
        return Moment(tasks, list(range(len(losses))), losses.new_ones(len(losses)), self.memory(len(losses)))

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        """The method itself, see :meth:`weights`; on the CPU where it reads G, else where the losses are."""
        raise TypeError(f"{type(self).__name__} must define how it weighs")

    def observe(self, losses: Tensor, moment: Moment) -> None:
        """Take the scaled losses (A,) of the same batch after the step, where :attr:`looks_back`."""
        raise TypeError(f"{type(self).__name__} does not look back")


class GradientWeighting(Weighting):
    """A weighting of gradients: it reads the Gramian, and leaves each head its own task's gradient.

    Subclasses define :meth:`combine`.
    """

    needs_gramian: ClassVar[bool] = True
    scales_heads: ClassVar[bool] = False

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        assert gramian is not None  # weights() has seen to it
        return self.combine(gramian, moment)

    def combine(self, gramian: Tensor, moment: Moment) -> Tensor:
        """w (A,) from G (A, A), float64 on the CPU."""
        raise TypeError(f"{type(self).__name__} must define how it combines gradients")


def number(value: float, like: Tensor) -> Tensor:
    """A plain number in the type and on the device of a tensor.

    torch makes a tensor of each plain number that it computes with, every time: that takes as long as two additions.
    """
    return _number(value, like.dtype, like.device)


@lru_cache(maxsize=256)
def _number(value: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    import torch

    return torch.tensor(value, dtype=dtype).to(device)


def _known(gramian: Tensor) -> Tensor:
    """G as float64 on the CPU, with gradients that are too short to be known as 0."""
    import torch

    exact = gramian.detach().to("cpu", torch.float64)
    short = exact.diagonal() < SHORTEST**2
    return exact.masked_fill(short[:, None] | short, 0) if bool(short.any()) else exact
