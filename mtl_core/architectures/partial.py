"""``partial``: a shared trunk up to a depth, then a branch per task."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.architectures.base import Architecture


class Partial(Architecture):
    """Partial sharing: h = f(x; θ_s) up to ``shared_depth`` stages, then y_i = g_i(h; θ_i) through a branch per task.

    γ Σ_{i<j} ‖θ_i − θ_j‖² acts on the branches by default. Depth 0 is ``soft``; a depth at or
    beyond the number of stages is ``hard``.
    """

    name: Literal["partial"] = "partial"
    source: ClassVar[str] = "Misra et al. 2016, Cross-stitch networks, section 3 (choosing the split)"
    default_regularizer: ClassVar[str | None] = "l2_distance"

    shared_depth: Annotated[int, Field(ge=0, le=14, description="Stages shared, counted from the input")] = 1

    def shared_stages(self, stages: int) -> int:
        return min(self.shared_depth, stages)
