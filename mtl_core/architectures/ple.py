"""``ple``: shared and own experts in several levels, with gates between them."""

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


class Ple(Architecture):
    """Progressive layered extraction: the experts and gates of ``cgc`` in ``levels``, each reading the one before.

    g_t^l = Σ_e w_te^l f_e^l(g^(l−1)), w_t^l = softmax(W_t^l g_t^(l−1) + b_t^l), g^0 = x. A task's experts read its own
    gate of the level before, the shared experts a shared gate over all experts. The trunk's stages are cut into the
    levels, as equal in number as can be; one level is ``cgc``, and there are no more levels than stages.
    """

    name: Literal["ple"] = "ple"
    source: ClassVar[str] = "Tang et al. 2020, Progressive layered extraction (PLE), section 4.2, eq. 5-6"
    mixes_stages: ClassVar[bool] = True

    own_experts: Annotated[int, Field(ge=0, le=8, description="Experts of each task's own, a level")] = 1
    shared_experts: Annotated[int, Field(ge=1, le=8, description="Experts that all tasks share, a level")] = 2
    levels: Annotated[int, Field(ge=1, le=6, description="Levels of experts; one is cgc")] = 2

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        trunk = build_trunk(inputs, self)
        return ExpertPlan(trunk, tasks, generation, self.own_experts, self.shared_experts, self.levels).layout()
