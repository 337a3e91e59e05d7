"""``soft``: one network per task, with trunks tied by a penalty."""

from typing import ClassVar, Literal

from mtl_core.architectures.base import Architecture


class Soft(Architecture):
    """Soft parameter sharing: a full network per task and γ Σ_{i<j} ‖θ_i − θ_j‖² over matching trunk parameters.

    γ is the strength of the ``l2_distance`` regularizer, which is put in unless the spec
    lists regularizers of its own; γ = 0 is ``separate``.
    """

    name: Literal["soft"] = "soft"
    source: ClassVar[str] = "Duong et al. 2015, Low resource dependency parsing"
    default_regularizer: ClassVar[str | None] = "l2_distance"

    def shared_stages(self, stages: int) -> int:
        return 0
