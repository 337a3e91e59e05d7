"""Answer: which trade-off? The runs of a trade-off or sweep in metric space, their front, and how much it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.fronts import ideal, knee, nadir, non_dominated, reference_point
from mtl_core.hypervolume import contributions, hypervolume
from mtl_core.runs.groups import members_of
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.supported import supported
from mtl_core.sweeps.summary import MemberState, summary
from mtl_core.sweeps.variants import ALONE
from mtl_core.tasks import Task

MOST_TASKS = 8
_Runs = list[tuple[MemberState, RunRecord]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """The runs of one setting as a point: the mean over the seeds of each task's main metric on validation.

    Attributes:
        arm: the setting.
        method: architecture and weighting, e.g. ``hard, fixed``.
        lambdas: λ per task.
        runs: ids of its finished runs, in the order of the seeds.
        values: one a task; None where nothing has finished, or nothing was measured.
        sds: over the seeds, with n − 1; None for fewer than two.
        trains_all: whether every task has λ > 0; others are no judges of what an untrained head is worth.
        on_front: whether it trains all tasks and no other such point is at least as good in all and better in one.
        supported: of a point on the front, whether a weighted sum of the metrics has its optimum there; the others lie
            in a dent (:mod:`mtl_core.supported`).
        contribution: hypervolume that would be missing without it.
    """

    arm: str
    method: str
    lambdas: Mapping[str, float]
    runs: tuple[str, ...]
    values: tuple[float | None, ...]
    sds: tuple[float | None, ...]
    trains_all: bool
    on_front: bool
    supported: bool
    contribution: float


@dataclass(frozen=True)
class FrontAnswer:
    """What a trade-off says so far; everything is measured on validation.

    Attributes:
        group, kind, name, status, done: as in the summary.
        tasks, metrics, lower_is_better: the axes of the metric space.
        points: all settings but the tasks alone, in the order of the plan.
        single: what each task reaches alone; None where the group has no such runs, or none has finished.
        ideal, nadir: best, and worst on the front, of each task over the points that train all of them.
        reference: of the hypervolume (:func:`mtl_core.fronts.reference_point`, with ``single`` inside).
        hypervolume: of all points; in the product of the metrics' units.
        covered: the same as a share of the box from the reference to the ideal point.
        by_method: hypervolume of each method by itself, against the same reference.
        knee: arm of the point where the front bends most; None where it does not.
        why_none: why there is no front.
    """

    group: str
    kind: str
    name: str
    status: str
    done: float
    tasks: tuple[str, ...]
    metrics: tuple[str, ...]
    lower_is_better: tuple[bool, ...]
    points: tuple[Point, ...]
    single: tuple[float | None, ...] | None
    ideal: tuple[float, ...] | None
    nadir: tuple[float, ...] | None
    reference: tuple[float, ...] | None
    hypervolume: float | None
    covered: float | None
    by_method: Mapping[str, float]
    knee: str | None
    why_none: str | None

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def front_answer(store: Store, group: str) -> FrontAnswer:
    """The front of a group of kind ``tradeoff`` or ``sweep``, as far as its runs have finished.

    Raises:
        RunNotFound: if no group has this id.
    """
    found = summary(store, group)
    runs = {run.id: run for run in members_of(store, group)}
    arms: dict[str, _Runs] = {}
    for member in found.members:
        if member.run in runs:
            arms.setdefault(member.arm, []).append((member, runs[member.run]))
    first = next((rows[0][1] for rows in arms.values()), None)
    tasks = parse_spec(first.spec).task_list() if first else ()
    alone = [rows for rows in arms.values() if _is_alone(rows[0][1].spec)]
    others = {arm: rows for arm, rows in arms.items() if not _is_alone(rows[0][1].spec)}
    table = np.array([_means(rows, tasks)[0] for rows in others.values()]).reshape(len(others), len(tasks))
    single = _means(alone[0], tasks)[0] if alone else None
    places: dict[str, Any] = {
        "group": group,
        "kind": found.kind,
        "name": found.name,
        "status": found.status,
        "done": found.done,
        "tasks": tuple(task.name for task in tasks),
        "metrics": tuple(task.main_metric for task in tasks),
        "lower_is_better": tuple(not task.higher_is_better for task in tasks),
        "single": None if single is None or not np.isfinite(single).any() else tuple(_plain(single)),
    }
    return FrontAnswer(**places, **_geometry(others, table, single, tasks))


def _geometry(
    arms: Mapping[str, _Runs], table: NDArray[np.float64], single: NDArray[np.float64] | None, tasks: Sequence[Task]
) -> dict[str, Any]:
    """Points, front and volumes of the (N, K) means."""
    lower = [not task.higher_is_better for task in tasks]
    all_trained = np.array([all(v > 0 for v in _lambdas(rows).values()) for rows in arms.values()], dtype=bool)
    judges = table[all_trained & np.isfinite(table).all(axis=1)] if len(table) else table
    if not 2 <= len(tasks) <= MOST_TASKS or not len(judges):
        reason = "a front needs 2 to 8 tasks" if len(tasks) > MOST_TASKS or len(tasks) == 1 else None
        none = dict.fromkeys(("ideal", "nadir", "reference", "hypervolume", "covered", "knee"))
        nowhere = np.zeros(len(table), dtype=bool)
        points = _points(arms, tasks, (nowhere, nowhere), np.zeros(len(table)))
        why = reason or "no run that trains all tasks has finished with validation numbers"
        return {**none, "points": points, "by_method": {}, "why_none": why}
    corner = () if single is None else [single]
    reference = reference_point(judges, lower, corner)
    best = ideal(judges, lower)
    whole = np.where(all_trained[:, None], table, np.nan)
    volume = hypervolume(whole, reference.tolist(), lower)
    front = non_dominated(whole, lower)
    bend = knee(whole, lower)
    methods = np.array([_method(rows) for rows in arms.values()])
    split = {m: hypervolume(whole[methods == m], reference.tolist(), lower) for m in dict.fromkeys(methods.tolist())}
    return {
        "points": _points(
            arms, tasks, (front, supported(whole, front, lower)), contributions(whole, reference.tolist(), lower)
        ),
        "ideal": tuple(best.tolist()),
        "nadir": tuple(nadir(judges, lower).tolist()),
        "reference": tuple(reference.tolist()),
        "hypervolume": volume,
        "covered": volume / float(np.abs(reference - _best(whole, reference, lower)).prod()),
        "by_method": split,
        "knee": None if bend is None else list(arms)[bend],
        "why_none": None,
    }


def _best(table: NDArray[np.float64], reference: NDArray[np.float64], lower: Sequence[bool]) -> NDArray[np.float64]:
    """The ideal of the points that are better than the reference in every task."""
    inside = np.where(lower, table < reference, table > reference).all(axis=1)
    return ideal(table[inside], lower)


def _points(
    arms: Mapping[str, _Runs], tasks: Sequence[Task], on: tuple[Flags, Flags], lost: NDArray[np.float64]
) -> tuple[Point, ...]:
    made = []
    flags = zip(on[0].tolist(), on[1].tolist(), strict=True)
    for (arm, rows), (kept, reached), volume in zip(arms.items(), flags, lost.tolist(), strict=True):
        means, sds = _means(rows, tasks)
        lambdas = _lambdas(rows)
        ids = tuple(run.id for member, run in rows if member.status == "finished")
        values = (tuple(_plain(means)), tuple(_plain(sds)))
        made.append(Point(arm, _method(rows), lambdas, ids, *values, all(lambdas.values()), kept, reached, volume))
    return tuple(made)


def _means(rows: _Runs, tasks: Sequence[Task]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(K,) mean and sd over the finished runs; NaN where there is none."""
    finished = [member.validation for member, _ in rows if member.status == "finished"]
    names = [(task.name, task.main_metric) for task in tasks]
    given = [[_number(found.get(task, {}).get(metric)) for task, metric in names] for found in finished]
    table = np.array(given, dtype=np.float64).reshape(len(given), len(tasks))
    nothing = np.full(len(tasks), np.nan)
    mean = table.mean(axis=0) if len(table) else nothing
    return mean, table.std(axis=0, ddof=1) if len(table) > 1 else nothing


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _is_alone(spec: Mapping[str, Any]) -> bool:
    return bool(spec["architecture"]["name"] == ALONE)


def _method(rows: _Runs) -> str:
    spec = rows[0][1].spec
    return f"{spec['architecture']['name']}, {spec['weighting']['name']}"


def _lambdas(rows: _Runs) -> dict[str, float]:
    return dict(rows[0][1].spec["weighting"]["lambdas"])
