"""``mmoe``: experts that all tasks share, and a gate per task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.architectures.base import Architecture
from mtl_core.architectures.experts import ExpertPlan
from mtl_core.encoders import InputSpec, build_trunk
from mtl_core.generation.base import Generation
from mtl_core.layout import Layout
from mtl_core.tasks import Task


class Mmoe(Architecture):
    """Multi-gate mixture of experts: y_t = g_t(Σ_e w_te(x) f_e(x)), w_t(x) = softmax(W_t x + b_t).

    The experts f_e are copies of the trunk that begin at different numbers; each task's gate says, for each sample,
    how much it takes of each. With one expert it is ``hard``.
    """

    name: Literal["mmoe"] = "mmoe"
    source: ClassVar[str] = (
        "Ma et al. 2018, Modeling task relationships in multi-task learning with multi-gate mixture-of-experts, eq. 6-7"
    )
    mixes_stages: ClassVar[bool] = True

    experts: Annotated[int, Field(ge=1, le=16, description="Copies of the trunk that the gates mix")] = 4

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        return ExpertPlan(build_trunk(inputs, self), tasks, generation, own=0, shared=self.experts).layout()
