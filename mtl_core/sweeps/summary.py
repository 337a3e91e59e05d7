"""Summary: where the runs of a group are, and what they have measured, member by member and averaged."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtl_core.paths import get_path
from mtl_core.runs.groups import get_group, members_of
from mtl_core.runs.records import ENDED, RunRecord
from mtl_core.runs.results import error_text, last_metrics
from mtl_core.runs.store import Store
from mtl_core.tasks import LOWER_IS_BETTER

Metrics = Mapping[str, Mapping[str, float | None]]
"""Per task and name."""

ALL_TASKS = "(all tasks)"
"""Stands where a task's name does, for what is measured over all tasks at once."""
DELETED = "deleted"
"""Status of a member whose run is no longer in the store."""


@dataclass(frozen=True)
class Spread:
    """Numbers that belong together, in the order of the members of their arm.

    Attributes:
        mean, sd, minimum, maximum: of those that are there; sd with n − 1, None for a single one.
        count: how many are there.
        values: one a member, None where it has none (yet).
    """

    mean: float | None
    sd: float | None
    minimum: float | None
    maximum: float | None
    count: int
    values: tuple[float | None, ...]


Table = Mapping[str, Mapping[str, Spread]]
"""Per task and metric."""


@dataclass(frozen=True)
class MemberState:
    """One run of a group.

    Attributes:
        label, arm: as in the plan.
        run: its id.
        status: as in the store, or ``deleted``.
        done: share of its steps that is done, 0..1; 1 once it has ended.
        seconds: from its start to now or to its end; None before.
        error: what went wrong, where, and what to do.
        validation: the newest validation metrics.
        test: the test metrics, of a finished run only.
    """

    label: str
    arm: str
    run: str
    status: str
    done: float
    seconds: float | None
    error: str | None
    validation: Metrics
    test: Metrics


@dataclass(frozen=True)
class Arm:
    """The members that repeat one another, averaged.

    Attributes:
        name: the arm; empty where there is only one.
        labels: of its members, in the order of ``values``.
        test, validation: per task and metric; validation without runs that failed or were interrupted.
        overall_test, overall_validation: per metric, the mean over the tasks that have it, member by member.
        gain_test, gain_validation: by how much the first arm is better than this one, in pairs of members at the same
            place (the same seed); positive where the first is better. Of the tasks that both have.
    """

    name: str
    labels: tuple[str, ...]
    test: Table
    validation: Table
    overall_test: Mapping[str, Spread]
    overall_validation: Mapping[str, Spread]
    gain_test: Table
    gain_validation: Table


@dataclass(frozen=True)
class Summary:
    """A group of runs as it is now.

    Attributes:
        group, kind, name, created: as in the store.
        status: ``running`` while a member has not ended; else ``finished`` if all have finished, ``failed`` if
            one has failed, was interrupted or deleted, ``stopped`` if one was stopped.
        done: share of the work that is done, 0..1.
        counts: how many members have each status.
        members: in the order of the plan.
        arms: in the order of the plan.
        left_out: what was asked for and cannot be trained, as in the store.
    """

    group: str
    kind: str
    name: str
    created: float
    status: str
    done: float
    counts: Mapping[str, int]
    members: tuple[MemberState, ...]
    arms: tuple[Arm, ...]
    left_out: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def summary(store: Store, group: str) -> Summary:
    """What is known of a group now: cheap enough to be asked twice a second.

    Raises:
        RunNotFound: if no group has this id.
    """
    record = get_group(store, group)
    runs = {run.id: run for run in members_of(store, group)}
    members = tuple(_member(store, entry, runs.get(entry["run"])) for entry in record.plan)
    arms: dict[str, list[MemberState]] = {}
    for member in members:
        arms.setdefault(member.arm, []).append(member)
    first = next(iter(arms.values()))
    counts: dict[str, int] = {}
    for member in members:
        counts[member.status] = counts.get(member.status, 0) + 1
    return Summary(
        group=group,
        kind=record.kind,
        name=record.name,
        created=record.created,
        status=_status(counts),
        done=statistics.fmean(member.done for member in members),
        counts=counts,
        members=members,
        arms=tuple(_arm(name, mine, first) for name, mine in arms.items()),
        left_out=tuple(record.left_out),
    )


def spread(values: Iterable[float | None]) -> Spread:
    """Mean, sd, smallest and largest of what is there; numbers that are not finite count as missing."""
    given = tuple(value if value is not None and math.isfinite(value) else None for value in values)
    there = [value for value in given if value is not None]
    if not there:
        return Spread(None, None, None, None, 0, given)
    sd = statistics.stdev(there) if len(there) > 1 else None
    return Spread(statistics.fmean(there), sd, min(there), max(there), len(there), given)


def _member(store: Store, entry: Mapping[str, str], run: RunRecord | None) -> MemberState:
    place = {key: entry[key] for key in ("label", "arm", "run")}
    if run is None:
        return MemberState(**place, status=DELETED, done=1.0, seconds=None, error=None, validation={}, test={})
    found = (run.result or {}).get("metrics") or {}
    ended = run.status in ENDED
    validation = found.get("validation") if run.status == "finished" else last_metrics(store, run.id, "validation")
    return MemberState(
        **place,
        status=run.status,
        done=1.0 if ended else min(1.0, run.step / run.total_steps) if run.total_steps else 0.0,
        seconds=_seconds(run),
        error=error_text(run.error),
        validation=validation or {},
        test=_tested(run.result or {}) if run.status == "finished" else {},
    )


def _tested(result: Mapping[str, Any]) -> Metrics:
    """Test metrics per task, and those measured over all tasks at once under a name of their own."""
    found: dict[str, Mapping[str, float | None]] = dict((result.get("metrics") or {}).get("test") or {})
    overall = (result.get("overall") or {}).get("test")
    return found | ({ALL_TASKS: overall} if overall else {})


def _seconds(run: RunRecord) -> float | None:
    if run.ended is not None and run.started is not None:
        return run.ended - run.started
    found = get_path(run.latest or {}, "time")
    return None if found is None else float(found)


def _status(counts: Mapping[str, int]) -> str:
    if any(status not in (*ENDED, DELETED) for status in counts):
        return "running"
    if any(status in counts for status in ("failed", "interrupted", DELETED)):
        return "failed"
    return "stopped" if "stopped" in counts else "finished"


def _arm(name: str, members: Sequence[MemberState], first: Sequence[MemberState]) -> Arm:
    test, validation = [member.test for member in members], [_averaged(member) for member in members]
    others = [] if members is first else list(first)
    return Arm(
        name=name,
        labels=tuple(member.label for member in members),
        test=_table(test),
        validation=_table(validation),
        overall_test=_overall(test),
        overall_validation=_overall(validation),
        gain_test=_gain([member.test for member in others], test),
        gain_validation=_gain([_averaged(member) for member in others], validation),
    )


def _averaged(member: MemberState) -> Metrics:
    """Its validation metrics, but for a run that broke off: its last ones may be those of a loss on its way up."""
    return {} if member.status in ("failed", "interrupted") else member.validation


def _gain(first: Sequence[Metrics], other: Sequence[Metrics]) -> Table:
    return _table([_lead(*pair) for pair in zip(first, other, strict=False)])


def _lead(first: Metrics, other: Metrics) -> dict[str, dict[str, float | None]]:
    """First − other of every metric that both have, with the sign turned where less is better."""
    return {
        task: {name: _better(name, first[task][name], value) for name, value in metrics.items() if name in first[task]}
        for task, metrics in other.items()
        if task in first
    }


def _better(name: str, first: float | None, other: float | None) -> float | None:
    if first is None or other is None:
        return None
    return other - first if name in LOWER_IS_BETTER else first - other


def _table(found: Sequence[Metrics]) -> Table:
    """Every metric of every task over the members."""
    places = dict.fromkeys((task, name) for one in found for task, metrics in one.items() for name in metrics)
    table: dict[str, dict[str, Spread]] = {}
    for task, name in places:
        table.setdefault(task, {})[name] = spread(one.get(task, {}).get(name) for one in found)
    return table


def _overall(found: Sequence[Metrics]) -> dict[str, Spread]:
    """Of each metric, the mean over the tasks that have it, then over the members."""
    names = dict.fromkeys(name for one in found for metrics in one.values() for name in metrics)
    return {name: spread(spread(task.get(name) for task in one.values()).mean for one in found) for name in names}
