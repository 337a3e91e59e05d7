"""A weighting as source: what is made before the first step, and how it is asked for weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.export.naming import literal
from mtl_core.tasks import Task

CLASSES = ("binary", "multiclass", "segmentation")
LOSSES, GRADIENTS = "losses, moment", "losses, gramian, moment"


@dataclass(frozen=True)
class WeightingCode:
    """The source of a weighting.

    Attributes:
        made: what holds its state; empty where it has none.
        asked: the weights, of ``losses`` and, where it reads gradients, of their ``gramian``.
        learns: whether it is told of the step afterwards, and with what: ``rate`` or ``losses``.
    """

    made: str
    asked: str
    learns: str = ""

    @property
    def needs_moment(self) -> bool:
        """Whether it wants to know when, and for which tasks."""
        return "moment" in self.asked


def weighting_code(weighting: Any, tasks: Sequence[Task]) -> WeightingCode | None:
    """The source of a weighting; None for fixed weights, which need none.

    Raises:
        MTLError: for a method that scripts do not know.
    """
    if weighting.name == "fixed":
        return None
    if weighting.name not in WRITERS:
        raise MTLError(
            f"the weighting {weighting.name} is not written out in scripts; "
            "export the run's spec (which `train` takes), weights or report"
        )
    return WRITERS[weighting.name](weighting, tasks)


def _uncertainty(weighting: Any, tasks: Sequence[Task]) -> WeightingCode:
    factors = [2.0 if task.kind in CLASSES else 1.0 for task in tasks]
    return WeightingCode(f"Uncertainty({factors})", f"weighting.weigh({LOSSES})", "rate")


def _famo(weighting: Any, tasks: Sequence[Task]) -> WeightingCode:
    bounds = [weighting.min_losses.get(task.name, 0.0) for task in tasks]
    made = f"Famo({bounds}, lr={weighting.lr}, decay={weighting.gamma})"
    return WeightingCode(made, f"weighting.weigh({LOSSES})", "losses")


def _stch(weighting: Any, tasks: Sequence[Task]) -> WeightingCode:
    ideal = [weighting.ideal.get(task.name, 0.0) for task in tasks]
    return WeightingCode(f"Stch({weighting.mu}, {ideal})", f"weighting.weigh({LOSSES})")


def _simple(made: str, asked: str, learns: str = "") -> Callable[[Any, Sequence[Task]], WeightingCode]:
    """The source of a method whose fields go into its arguments as they are; ``{tasks}`` is K."""

    def write(weighting: Any, tasks: Sequence[Task]) -> WeightingCode:
        fields = {name: literal(value) for name, value in weighting.model_dump().items()} | {"tasks": len(tasks)}
        return WeightingCode(made.format(**fields), asked.format(**fields), learns)

    return write


WRITERS: dict[str, Callable[[Any, Sequence[Task]], WeightingCode]] = {
    "uncertainty": _uncertainty,
    "dwa": _simple("Dwa({tasks}, {temperature})", f"weighting.weigh({LOSSES})"),
    "rlw": _simple("Rlw(SEED)", f"weighting.weigh({LOSSES})"),
    "imtl_l": _simple("ImtlL({tasks})", f"weighting.weigh({LOSSES})", "rate"),
    "famo": _famo,
    "stch": _stch,
    "gradnorm": _simple("GradNorm({tasks}, alpha={alpha}, lr={lr})", f"weighting.weigh({GRADIENTS})", "rate"),
    "mgda": _simple("", "mgda(gramian, {epsilon}, {iterations})"),
    "pcgrad": _simple("", "pcgrad(gramian, SEED, step)"),
    "gradvac": _simple("GradVac({tasks}, {beta}, SEED)", "weighting.weigh(gramian, moment)"),
    "cagrad": _simple("", "cagrad(gramian, {c}, {rescale})"),
    "imtl_g": _simple("", "imtl_g(gramian)"),
    "nash": _simple("", "nash(gramian, {iterations})"),
    "aligned": _simple("", "aligned(gramian, {scale})"),
    "upgrad": _simple("", "upgrad(gramian)"),
}
"""By the method's name; what reads gradients has ``gramian`` in what is asked."""
