"""``cgc``: shared experts and each task's own, and a gate per task."""

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


class Cgc(Architecture):
    """Customized gate control: y_t = h_t(Σ_e w_te(x) f_e(x)) over the task's own experts and the shared ones.

    w_t(x) = softmax(W_t x + b_t). Own experts see the gradient of their task alone. Without own experts it is
    ``mmoe``; ``ple`` stacks several levels of it.
    """

    name: Literal["cgc"] = "cgc"
    source: ClassVar[str] = "Tang et al. 2020, Progressive layered extraction (PLE), section 4.1, eq. 1-4"
    mixes_stages: ClassVar[bool] = True

    own_experts: Annotated[int, Field(ge=0, le=8, description="Experts of each task's own")] = 1
    shared_experts: Annotated[int, Field(ge=1, le=8, description="Experts that all tasks share")] = 2

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        trunk = build_trunk(inputs, self)
        return ExpertPlan(trunk, tasks, generation, self.own_experts, self.shared_experts).layout()
