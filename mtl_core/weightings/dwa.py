"""``dwa``: tasks whose loss falls more slowly than the others' weigh more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.weightings.base import Memory, Moment, Weighting, number

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
        moment.add(memory["sum"], losses / moment.lambdas)
        moment.add(memory["count"], number(1, losses))
        shares = (moment.of(memory["ratio"]) / number(self.temperature, losses)).softmax(0)
        return number(losses.shape[0], losses) * shares

    @staticmethod
    def _turn(memory: Memory) -> None:
        """An epoch ended: its mean losses become the last ones, of the tasks that it met."""
        import torch

        met, last, before = memory["count"].bool(), memory["last"], memory["before"]
        torch.where(met, last, before, out=before)
        torch.where(met, memory["sum"] / memory["count"], last, out=last)
        memory["sum"].zero_()
        memory["count"].zero_()
        known, one = last.bool() & before.bool(), number(1, last)
        torch.where(known, (last / before).clamp_(max=MOST), one, out=memory["ratio"])
