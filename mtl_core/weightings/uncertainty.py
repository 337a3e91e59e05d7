"""``uncertainty``: each task's noise is learned, and noisy tasks count less."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from mtl_core.weightings.base import Memory, Moment, Weighting, number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST = 20.0
FULL = ("binary", "multiclass", "segmentation")
"""Kinds of tasks whose loss is a cross-entropy; it enters without the ½ of a squared error."""


class Uncertainty(Weighting):
    """L = Σ_i ½ e^{−s_i} λ_i L_i + ½ s_i with s_i = log σ_i² learned from s_i = 0; cross-entropies enter twice.

    So w_i = ½ e^{−s_i} for squared errors and e^{−s_i} for classes. s_i is moved by an Adam of its own at the run's
    learning rate, and stays within ±20: a loss that reaches 0 would drive it on for ever. A negative total is normal:
    ½ s_i is the logarithm of a small noise.
    """

    name: Literal["uncertainty"] = "uncertainty"
    source: ClassVar[str] = "Kendall et al. 2018, Multi-task learning using uncertainty to weigh losses, eqs. 7 and 10"
    learned: ClassVar[tuple[str, ...]] = ("log_variance",)
    vanishes: ClassVar[bool] = False

    def memory(self, tasks: int) -> Memory:
        import torch

        return {"log_variance": torch.zeros(tasks)}

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        factors = _factors(tuple(task.kind in FULL for task in moment.tasks), losses.dtype, losses.device)
        variance = moment.memory["log_variance"]
        variance.clamp_(-MOST, MOST)
        weights = factors * moment.of(variance).to(losses).neg().exp()
        moment.leave_gradient(variance, number(0.5, losses) - weights * losses)
        return weights


@lru_cache(maxsize=64)
def _factors(full: tuple[bool, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """(A,) 1 for a cross-entropy, ½ for a squared error; copied to the device once."""
    import torch

    return torch.tensor([1.0 if one else 0.5 for one in full], dtype=dtype).to(device)
