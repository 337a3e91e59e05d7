"""``famo``: all losses shall fall at one rate; learned from how far each step made them fall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import Memory, Moment, Weighting, number

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-8


class Famo(Weighting):
    """w_i = c z_i / (L_i − b_i), z = softmax(ξ), c such that Σ_i w_i = 1: the slope of c Σ_i z_i log(L_i − b_i).

    After the step δ_i = log(L_i − b_i) before − after on the same batch, and ξ is moved along −(∂z/∂ξ)ᵀδ by an Adam
    of its own: a task that fell more than the others weighs less. It needs one forward pass more, and no
    gradients of tasks. L_i stands for λ_i L_i. torchjd's own keeps its Adam where a checkpoint cannot reach it; the
    tests hold this one against it.
    """

    name: Literal["famo"] = "famo"
    source: ClassVar[str] = "Liu et al. 2023, FAMO: fast adaptive multitask optimization, algorithm 1"
    learned: ClassVar[tuple[str, ...]] = ("logit",)
    looks_back: ClassVar[bool] = True

    lr: Annotated[float, Field(gt=0, le=1, description="Learning rate of ξ (Adam)")] = 0.025
    gamma: Annotated[float, Field(ge=0, le=1, description="Decay of ξ towards equal weights")] = 0.001
    min_losses: Annotated[dict[str, float], Field(description="b: lower bound of each loss, by task; left out: 0")] = {}

    def learning_rate(self, run: float) -> float:
        return self.lr

    @property
    def decay(self) -> float:
        return self.gamma

    def memory(self, tasks: int) -> Memory:
        import torch

        return {"logit": torch.zeros(tasks), "before": torch.zeros(tasks, dtype=torch.float64)}

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:

        above = self._above(losses, moment)
        moment.put(moment.memory["before"], above)
        shares = moment.of(moment.memory["logit"]).softmax(0).to(above) / above
        return shares / shares.sum()

    def observe(self, losses: Tensor, moment: Moment) -> None:
        logits, before = moment.memory["logit"], moment.of(moment.memory["before"])
        fell = (before / self._above(losses, moment)).log()
        share = moment.of(logits).softmax(0).to(fell)
        moment.leave_gradient(logits, share * (fell - (share * fell).sum()))

    def _above(self, losses: Tensor, moment: Moment) -> Tensor:
        """How far each loss lies above its bound; never 0."""
        if self.min_losses:
            bounds = losses.new_tensor([self.min_losses.get(task.name, 0.0) for task in moment.tasks])
            losses = losses - moment.lambdas.to(losses) * bounds
        return losses.clamp(min=0) + number(TINY, losses)
