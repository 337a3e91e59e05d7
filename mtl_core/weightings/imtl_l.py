"""``imtl_l``: each loss gets a learned scale, so that all scaled losses become alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import Memory, Moment, Weighting, number

if TYPE_CHECKING:
    from torch import Tensor

MOST = 20.0


class ImtlL(Weighting):
    """L = Σ_i e^{s_i} λ_i L_i − s_i with s_i learned from 0, so w_i = e^{s_i}.

    At rest e^{s_i} λ_i L_i = 1 for every task. s_i is moved by an Adam of its own at the run's learning rate, and stays
    within ±20: a loss that reaches 0 would drive it on for ever.
    """

    name: Literal["imtl_l"] = "imtl_l"
    source: ClassVar[str] = "Liu et al. 2021, Towards impartial multi-task learning, section 3.2"
    learned: ClassVar[tuple[str, ...]] = ("log_scale",)
    vanishes: ClassVar[bool] = False

    def memory(self, tasks: int) -> Memory:
        import torch

        return {"log_scale": torch.zeros(tasks)}

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        scale = moment.memory["log_scale"]
        scale.clamp_(-MOST, MOST)
        weights = moment.of(scale).to(losses).exp()
        moment.leave_gradient(scale, weights * losses - number(1, losses))
        return weights
