"""``dwa``: tasks whose loss falls more slowly than the others' weigh more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import Memory, Moment, Weighting

if TYPE_CHECKING:
    from torch import Tensor


MOST = 1e6
"""Largest ratio of two epochs' losses that counts."""


class Dwa(Weighting):
    """Dynamic weight average: w = K softmax(r / T), r_i = L_i(t−1) / L_i(t−2), mean losses of the two epochs before.

    In the first two epochs all r_i are 1. The ratio is of the losses without λ, so that a slider does not look like
    a loss that falls. A loss that was 0 in one of them has r_i = 1.
    """

    name: Literal["dwa"] = "dwa"
    source: ClassVar[str] = "Liu et al. 2019, End-to-end multi-task learning with attention, eq. 7"

    on_host: ClassVar[tuple[str, ...]] = ("epoch",)

    temperature: Annotated[float, Field(gt=0, le=100, description="T: the larger, the more alike the weights")] = 2.0

    def memory(self, tasks: int) -> Memory:
        import torch

        names = ("sum", "count", "last", "before")
        rest = {"ratio": torch.ones(tasks), "epoch": torch.zeros(())}
        return {name: torch.zeros(tasks) for name in names} | rest

    def weigh(self, losses: Tensor, gramian: Tensor | None, moment: Moment) -> Tensor:
        memory = moment.memory
        if moment.epoch > memory["epoch"].item():
            memory["epoch"].fill_(moment.epoch)
            self._turn(memory)
        moment.put(memory["sum"], moment.of(memory["sum"]) + losses / moment.lambdas)
        moment.put(memory["count"], moment.of(memory["count"]) + 1)
        return len(losses) * (moment.of(memory["ratio"]) / self.temperature).softmax(0)

    @staticmethod
    def _turn(memory: Memory) -> None:
        """An epoch ended: its mean losses become the last ones, of the tasks that it met."""
        import torch

        met = memory["count"] > 0
        memory["before"].copy_(torch.where(met, memory["last"], memory["before"]))
        memory["last"].copy_(torch.where(met, memory["sum"] / memory["count"], memory["last"]))
        memory["sum"].zero_()
        memory["count"].zero_()
        known = (memory["last"] != 0) & (memory["before"] != 0)
        ratio = (memory["last"] / memory["before"]).clamp(max=MOST)
        memory["ratio"].copy_(torch.where(known, ratio, torch.ones_like(ratio)))
