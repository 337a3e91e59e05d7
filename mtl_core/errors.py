"""The errors that a person can mend, each with the place, the rule, the value and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class MTLError(Exception):
    """Base of every error that this project raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a spec.

    Attributes:
        field: dotted path of the field, e.g. ``weighting.lambdas.quality``.
        rule: what must hold, in words.
        value: what was found there.
    """

    field: str
    rule: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.field}: {self.rule} (found {self.value!r})"


class SpecError(MTLError):
    """A run spec breaks rules; ``problems`` lists all of them."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class DataError(MTLError):
    """A data file is missing, truncated, altered or holds what it must not."""


class TrainingDiverged(MTLError):
    """A loss stopped being a number.

    Attributes:
        step: the step (1-based) at which it was seen first.
        task: the task whose loss it was; ``total`` if only the sum was affected.
    """

    def __init__(self, step: int, task: str, value: float) -> None:
        self.step, self.task, self.value = step, task, value
        whose = "the total loss" if task == "total" else f"the loss of task {task!r}"
        super().__init__(
            f"{whose} became {value} at step {step}; try a smaller optimizer.lr, smaller weighting.lambdas, "
            "optimizer.clip_norm: 1, or dataset.target_scaling: standardize"
        )


class RunNotFound(MTLError):
    """No run of that id is in the store."""
