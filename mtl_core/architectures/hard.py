"""``hard``: one trunk, a head per task."""

from typing import ClassVar, Literal

from mtl_core.architectures.base import Architecture


class Hard(Architecture):
    """Hard parameter sharing: h = f(x; θ), y_i = g_i(h; θ_i), with one trunk θ for all tasks."""

    name: Literal["hard"] = "hard"
    source: ClassVar[str] = "Caruana 1993, Multitask learning: a knowledge-based source of inductive bias"

    def shared_stages(self, stages: int) -> int:
        return stages
