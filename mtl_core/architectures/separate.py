"""``separate``: one network per task."""

from typing import ClassVar, Literal

from mtl_core.architectures.base import Architecture


class Separate(Architecture):
    """One network per task, nothing shared: the single-task baseline, on the same code path.

    y_i = g_i(f_i(x; θ_i); φ_i). The tasks meet nowhere but in the sum of the losses.
    """

    name: Literal["separate"] = "separate"
    source: ClassVar[str] = "the single-task baseline"

    def shared_stages(self, stages: int) -> int:
        return 0
