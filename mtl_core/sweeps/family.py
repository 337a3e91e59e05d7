"""Family: the verdicts of an answer, corrected so that all of a split's hold together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mtl_core.comparison import corrected, words
from mtl_core.sweeps.answer import ArmAnswer, Measured

Split = Literal["validation", "test"]


def as_family(arms: Sequence[ArmAnswer]) -> tuple[ArmAnswer, ...]:
    """The arms with verdicts that hold for every task of every arm together, and with their sentences.

    Each split is a family of its own: validation chooses, test reports. A family are all pairs of a task and an arm
    that have an interval by now, over all training-set sizes of a learning curve.
    """
    validation = _held([arm.validation for arm in arms])
    test = _held([arm.test for arm in arms])
    both = zip(arms, validation, test, strict=True)
    return tuple(replace(arm, validation=one, test=other) for arm, one, other in both)


def comparisons(arms: Sequence[ArmAnswer]) -> int:
    """How many verdicts on the test part were corrected together; 0 where there is none."""
    return max((task.verdict.comparisons for arm in arms for task in arm.test.tasks if task.verdict), default=0)


def _held(measured: Sequence[Measured]) -> list[Measured]:
    """What the arms measured on one split, with corrected verdicts."""
    held = iter(corrected([task.verdict for one in measured for task in one.tasks if task.verdict]))
    found = []
    for one in measured:
        tasks = tuple(replace(task, verdict=next(held)) if task.verdict else task for task in one.tasks)
        told = [task.verdict for task in tasks if task.verdict]
        found.append(replace(one, tasks=tasks, words=words(told) if told else ""))
    return found
