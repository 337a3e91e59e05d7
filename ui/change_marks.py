"""The marks of a chart where a value was changed during the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from mtl_core.spec import EVERY
from mtl_core.spec_parts import ONLY
from ui.chart_data import Mark, short
from ui.colours import SHARED_COLOUR
from ui.series import Change
from ui.words import t, t_or

LAMBDAS = "weighting.lambdas."
MOST_AT_ONCE = 3
"""λ changed at one step, at most, that have a mark each."""


def change_marks(
    changes: Sequence[Change], colours: Mapping[str, str], task_names: Mapping[str, str] | None = None
) -> tuple[Mark, ...]:
    """A mark for each change; of several at one step and field (a dragged slider) the last.

    Where many λ were changed at one step they have one mark together; exceptions that kept their λ when all others
    were changed have none.
    """
    latest = {(change.step, change.field): change for change in changes}
    marks: list[Mark] = []
    for step, found in groupby(latest.values(), key=lambda change: change.step):
        at_once = list(found)
        lambdas = [change for change in at_once if task_of(change)]
        every = [change for change in lambdas if task_of(change) == EVERY]
        if every:
            at_once = [change for change in at_once if change in every or not task_of(change)]
        elif len(lambdas) > MOST_AT_ONCE:
            marks.append(Mark(step, t("chart.many_lambdas", count=len(lambdas)), SHARED_COLOUR))
            at_once = [change for change in at_once if not task_of(change)]
        marks += [_mark(change, colours, task_names or {}) for change in at_once]
    return tuple(marks)


def change_label(change: Change, task_names: Mapping[str, str]) -> str:
    """A change in a few characters, e.g. ``λ quality 0.5 → 2``."""
    task = task_of(change)
    if change.field.startswith(ONLY):
        alone = change.field.removeprefix(ONLY)
        return t("chart.only", task=task_names.get(alone, alone))
    if task == EVERY:
        return f"{t('chart.every_lambda')} → {short(change.new)}"
    if task:
        what = f"λ {task_names.get(task, task)}"
    elif change.field.startswith("regularizers."):
        what = "γ"
    else:
        what = t_or(f"chart.field_{change.field.replace('.', '_')}", change.field)
    return f"{what} {short(change.old)} → {short(change.new)}"


def task_of(change: Change) -> str:
    """The task whose λ was changed, ``*`` for all of them, empty for any other change."""
    return change.field.removeprefix(LAMBDAS) if change.field.startswith(LAMBDAS) else ""


def _mark(change: Change, colours: Mapping[str, str], names: Mapping[str, str]) -> Mark:
    return Mark(change.step, change_label(change, names), colours.get(task_of(change), SHARED_COLOUR))
