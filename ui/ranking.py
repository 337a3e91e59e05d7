"""Many tasks from the worst to the best, and what they come to together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtl_core.tasks import LOWER_IS_BETTER, Task
from ui.colours import BEST_COLOUR, WORST_COLOUR
from ui.hub import RunView
from ui.many_tasks import drawn_colours
from ui.words import t

EXTREMES = 3
"""Tasks at each end that are named."""
LOSS = "loss"


@dataclass(frozen=True)
class Ranked:
    """The tasks of a run that were measured, worst first.

    Attributes:
        metric: by which they are ordered: the main metric if all have the same, else the loss.
        split: on which it was measured.
        values: of each task.
    """

    metric: str
    split: str
    values: Mapping[str, float]

    @property
    def worst(self) -> list[str]:
        """The last ones, worst first; of few tasks no more than half."""
        return list(self.values)[: self._ends]

    @property
    def best(self) -> list[str]:
        """The first ones, best first."""
        return list(self.values)[::-1][: self._ends]

    @property
    def _ends(self) -> int:
        return min(EXTREMES, len(self.values) // 2)


def ranked(view: RunView, tasks: Sequence[Task], split: str) -> Ranked:
    """The run's tasks by their newest values."""
    metrics = {task.main_metric for task in tasks}
    metric = metrics.pop() if len(metrics) == 1 else LOSS
    found = values_of(view, metric, split)
    kept = {task.name: found[task.name] for task in tasks if task.name in found}
    lower = metric in LOWER_IS_BETTER
    return Ranked(metric, split, dict(sorted(kept.items(), key=lambda item: -item[1] if lower else item[1])))


def values_of(view: RunView, metric: str, split: str) -> dict[str, float]:
    """The newest value of a metric, or of the loss, for each task that has one."""
    if metric == LOSS:
        return view.series.evaluated[split].latest() if split in view.series.evaluated else {}
    return view.series.metrics[split].latest(metric) if split in view.series.metrics else {}


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation over the tasks (of a sample: n − 1); NaN where there are too few."""
    if not values:
        return math.nan, math.nan
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def singled(view: RunView, order: Ranked) -> dict[str, str]:
    """Colour of each task with lines of its own: the best one, the worst one, and the exceptions."""
    ends = {
        name: colour for names, colour in ((order.best, BEST_COLOUR), (order.worst, WORST_COLOUR)) for name in names[:1]
    }
    return ends | drawn_colours(view.lambdas)


def singled_names(order: Ranked) -> dict[str, str]:
    """What the best and the worst task are called in the curves."""
    best = {name: t("many.best_task", task=name) for name in order.best[:1]}
    return best | {name: t("many.worst_task", task=name) for name in order.worst[:1]}
