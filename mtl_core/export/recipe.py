"""Recipe: what a script has to do, read off a run: one place that decides what it needs and what it can leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mtl_core.errors import MTLError
from mtl_core.export.network_code import NetworkCode
from mtl_core.layout import Layout, Part
from mtl_core.regularizers.base import Regularizer
from mtl_core.spec import RunSpec
from mtl_core.spec_parts import ONLY
from mtl_core.tasks import Task

LAMBDAS = "weighting.lambdas."
EVERY = "*"
Change = tuple[int, str, float]


@dataclass(frozen=True)
class Recipe:
    """A run as a script sees it.

    Attributes:
        spec: of the run, its schedule included.
        rows: training rows.
        lacking: tasks that have no target in some row.
        sources: kinds of training rows by the tasks that they have targets of.
        device: cpu, cuda or mps.
    """

    spec: RunSpec
    rows: int
    lacking: frozenset[str]
    sources: int
    device: str

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The run's tasks."""
        return self.spec.task_list()

    @cached_property
    def layout(self) -> Layout:
        """The run's network."""
        return self.spec.layout()

    @cached_property
    def network(self) -> NetworkCode:
        """The network's source."""
        return NetworkCode(self.layout, list(self.spec.dataset.inputs()), self.lacking, self.at_cuts)

    @property
    def at_cuts(self) -> bool:
        """Whether gradients are weighed at what the shared parts give."""
        return self.spec.weighting.cuts

    @cached_property
    def changes(self) -> list[Change]:
        """The schedule, λ of all tasks at once written out; what changes no number of the training left out."""
        found: list[Change] = []
        for change in self.spec.schedule:
            if change.field == LAMBDAS + EVERY:
                found += [(change.step, LAMBDAS + task, float(change.value)) for task in self.spec.tasks]
            elif change.field != "gradients.every":
                value = int(change.value) if change.field == "epochs" else float(change.value)
                found.append((change.step, change.field, value))
        return found

    def steered(self, field: str) -> bool:
        """Whether a field changes during the run."""
        return any(name == field for _, name, _ in self.changes)

    @property
    def steers_lambdas(self) -> bool:
        """Whether a λ changes."""
        return any(name.startswith(LAMBDAS) for _, name, _ in self.changes)

    @property
    def single_steps(self) -> bool:
        """Whether some steps take the gradient of single tasks alone."""
        return any(name.startswith(ONLY) for _, name, _ in self.changes)

    @property
    def rests(self) -> bool:
        """Whether a task may have no part in a step."""
        zero = any(value == 0 for value in self.spec.weighting.lambdas.values())
        zero |= any(value == 0 for _, name, value in self.changes if name.startswith(LAMBDAS))
        return bool(self.lacking) or zero or self.single_steps

    @property
    def batch_size(self) -> int:
        """Rows of a step."""
        return self.rows if self.spec.batch_size == "full" else self.spec.batch_size

    @property
    def steps_per_epoch(self) -> int:
        """A last batch of a single row joins the one before it."""
        whole, rest = divmod(self.rows, self.batch_size)
        return whole + (rest > 1 or (rest == 1 and not whole))

    @property
    def exponent(self) -> float:
        """Of the batch policy; 1: every row once."""
        return self.spec.batch_policy.exponent if self.sources > 1 else 1.0

    @cached_property
    def terms(self) -> list[tuple[int, Regularizer]]:
        """The regularizers that have something to act on at some time, with their places in the spec."""
        return [
            (place, term)
            for place, term in enumerate(self.spec.regularizers)
            if self.layout.tied(term.ties_heads)
            and (term.strength > 0 or self.steered(f"regularizers.{place}.strength"))
        ]

    @cached_property
    def tied(self) -> Mapping[str, Sequence[Part]]:
        """The parts that they tie, by task."""
        return self.layout.tied(self.terms[0][1].ties_heads) if self.terms else {}

    @property
    def ties_heads(self) -> bool:
        """Whether what is tied are the heads, of which a resting task's is not moved."""
        return not all(self.layout.columns().values())

    @property
    def normalises(self) -> bool:
        """Whether there is a batch norm."""
        return "BatchNorm" in self.network.source() or any(
            word in self.network.source() for word in ("norm=True", "Telling(", "Grounding(")
        )


def check(spec: RunSpec, run: str) -> None:
    """Whether a run can be written as a script.

    Raises:
        MTLError: where it cannot, with the reason and what can be exported instead.
    """
    made = [task.name for task in spec.task_list() if task.kind == "generation"]
    if made:
        raise MTLError(
            f"run {run} makes pictures (task {', '.join(made)}): generators, their noise and the Fréchet distance's "
            "classifier are not written out in scripts; train it without generation tasks, or export its weights, "
            "spec, metrics or report"
        )
    if spec.dataset.augmentation:
        names = ", ".join(one.name for one in spec.dataset.augmentation)
        raise MTLError(
            f"run {run} changes its training rows at each step ({names}), which is not written out in scripts; train "
            "it with dataset.augmentation: [], or export its weights, spec, metrics or report"
        )
