"""Does sharing help? Every arm against the same tasks trained alone, in pairs of the same seed and split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.comparison import delta_m, judged, relative_gains, undefined
from mtl_core.intervals import Interval, interval, intervals
from mtl_core.runs.groups import members_of
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.sweeps.answer import Answer, ArmAnswer, Measured, TaskAnswer
from mtl_core.sweeps.family import Split, as_family
from mtl_core.sweeps.summary import MemberState, summary
from mtl_core.sweeps.variants import ALONE
from mtl_core.tasks import Task

Numbers = NDArray[np.float64]
NOTHING = interval([])
__all__ = ["Answer", "ArmAnswer", "Measured", "TaskAnswer", "sharing_answer"]


@dataclass(frozen=True)
class _Row:
    """A member of the group with its run."""

    member: MemberState
    run: RunRecord
    key: str

    @property
    def fold(self) -> str:
        """Which split it has."""
        return json.dumps(self.run.spec["dataset"].get("split"), sort_keys=True)

    def metrics(self, split: Split, tasks: Sequence[Task]) -> list[float]:
        """The main metric of each task; NaN where it is missing."""
        found = self.member.test if split == "test" else self.member.validation
        values = [found.get(task.name, {}).get(task.main_metric) for task in tasks]
        usable = self.member.status == "finished"
        return [np.nan if value is None or not usable else value for value in values]


def sharing_answer(store: Store, group: str) -> Answer:
    """What the runs of a group of kind ``sharing`` or ``learning_curve`` say, as far as they have finished.

    Pairs are runs with the same seed, split and number of training rows. On one split the intervals are over seeds:
    about the start, the order and dropout, not about other data. On several folds they are over folds, the seeds of a
    fold averaged first, and wider for the rows that folds share (:func:`mtl_core.intervals.intervals`). Verdicts hold
    for all tasks and arms together (:func:`mtl_core.sweeps.family.as_family`); intervals stand each for itself.

    Raises:
        RunNotFound: if no group has this id.
    """
    found = summary(store, group)
    runs = {run.id: run for run in members_of(store, group)}
    rows = [_Row(m, runs[m.run], _key(runs[m.run].spec)) for m in found.members if m.run in runs]
    tasks = parse_spec(rows[0].run.spec).task_list() if rows else ()
    baseline = {row.key: row for row in rows if row.run.spec["architecture"]["name"] == ALONE}
    by_arm: dict[str, list[_Row]] = {}
    for row in rows:
        by_arm.setdefault(row.member.arm, []).append(row)
    several = len({_train_rows(row.run.spec) for row in rows}) > 1
    arms = as_family([_arm(name, mine, baseline, tasks, several) for name, mine in by_arm.items()])
    chosen, why_none = _choice(arms, several)
    return Answer(
        group=group,
        kind=found.kind,
        name=found.name,
        status=found.status,
        done=found.done,
        pairs="fold" if len({row.fold for row in rows}) > 1 else "seed",
        arms=arms,
        chosen=chosen,
        why_none=why_none,
    )


def _arm(
    name: str, rows: Sequence[_Row], baseline: Mapping[str, _Row], tasks: Sequence[Task], several: bool
) -> ArmAnswer:
    spec = rows[0].run.spec
    finished = [row for row in rows if row.member.status == "finished"]
    counts = [(row.run.result or {}).get("parameters") for row in finished]
    return ArmAnswer(
        name=name,
        architecture=spec["architecture"]["name"],
        weighting=spec["weighting"]["name"],
        train_rows=_train_rows(spec) if several else None,
        runs=tuple(row.run.id for row in rows),
        finished=len(finished),
        seconds=interval([_seconds(row) for row in finished]),
        parameters=next((one["shared"] + sum(one["per_task"].values()) for one in counts if one), None),
        validation=_measured(rows, baseline, tasks, "validation"),
        test=_measured(rows, baseline, tasks, "test"),
    )


def _seconds(row: _Row) -> float | None:
    """What a run took; of one that trained together with others its share."""
    result = row.run.result or {}
    return None if row.member.seconds is None else row.member.seconds / int(result.get("together", 1))


def _measured(rows: Sequence[_Row], baseline: Mapping[str, _Row], tasks: Sequence[Task], split: Split) -> Measured:
    """(n, K) tables of the arm and of its pairs become intervals, column by column; verdicts are not corrected yet."""
    units = _Units([row.fold for row in rows], rows[0].run.spec, split)
    mine = np.array([row.metrics(split, tasks) for row in rows])
    values = units.intervals(mine)
    if rows[0].run.spec["architecture"]["name"] == ALONE:
        alone = [TaskAnswer(t.name, t.main_metric, v, NOTHING, None, None) for t, v in zip(tasks, values, strict=True)]
        return Measured(tuple(alone), NOTHING, None, "")
    pairs = [baseline.get(row.key) for row in rows]
    missing = [np.nan] * len(tasks)
    single = np.array([missing if pair is None else pair.metrics(split, tasks) for pair in pairs])
    lower = [not task.higher_is_better for task in tasks]
    gains = units.intervals(np.where(lower, single - mine, mine - single))
    relative = units.averaged(relative_gains(mine, single, lower))
    answers = [
        TaskAnswer(t.name, t.main_metric, value, gain, interval(share).mean, judged(t.name, t.main_metric, gain))
        for t, value, gain, share in zip(tasks, values, gains, relative.T.tolist(), strict=True)
    ]
    problems = [undefined(_there(column), t.name, t.main_metric) for t, column in zip(tasks, single.T, strict=True)]
    return Measured(
        tasks=tuple(answers),
        delta_m=units.intervals(delta_m(mine, single, lower)[:, None])[0],
        problem=next(filter(None, problems), None),
        words="",
    )


class _Units:
    """What intervals are over: the runs of one split, or the folds, each with the mean over its seeds."""

    def __init__(self, folds: Sequence[str], spec: Mapping[str, Any], split: Split) -> None:
        names, self._place = np.unique(folds, return_inverse=True)
        self._count = len(names)
        sizes = parse_spec(spec).dataset.sizes() if self._count > 1 else {}
        self._overlap = sizes[split] / sizes["train"] if sizes else 0.0

    def averaged(self, table: Numbers) -> Numbers:
        """(n, K) → (units, K), NaN left out; NaN where a unit has nothing else."""
        if self._count == 1:
            return table
        there = np.isfinite(table)
        sums, counts = np.zeros((self._count, table.shape[1])), np.zeros((self._count, table.shape[1]))
        np.add.at(sums, self._place, np.where(there, table, 0.0))
        np.add.at(counts, self._place, there)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def intervals(self, table: Numbers) -> list[Interval]:
        """The interval of each column of (n, K)."""
        return intervals(self.averaged(table).T, overlap=self._overlap)


def _there(column: Any) -> list[float]:
    return [value for value in column.tolist() if not np.isnan(value)]


def _choice(arms: Sequence[ArmAnswer], several: bool) -> tuple[str | None, str | None]:
    """The arm with the largest mean Δm on validation; the baseline's is 0."""
    if several:
        return None, "nothing is chosen: the arms differ in their training rows"
    known = {arm.name: arm.validation.delta_m.mean for arm in arms if not arm.is_baseline}
    there = {name: value for name, value in known.items() if value is not None}
    if not there:
        problem = next((arm.validation.problem for arm in arms if arm.validation.problem), None)
        return None, problem or "nothing is chosen: no pair of runs has finished with validation numbers"
    best = max(there, key=lambda name: there[name])
    baseline = next((arm.name for arm in arms if arm.is_baseline), None)
    return (best if there[best] > 0 else baseline), None


def _key(spec: Mapping[str, Any]) -> str:
    """What a run and its pair have in common."""
    return json.dumps([spec["seed"], spec["dataset"].get("split"), _train_rows(spec)], sort_keys=True)


def _train_rows(spec: Mapping[str, Any]) -> int | None:
    rows: int | None = spec["dataset"].get("train_rows")
    return rows
