"""RunRecord: one row of the run store, and the statuses that a run goes through."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed", "interrupted"]

ACTIVE: tuple[Status, ...] = ("starting", "running", "paused")
"""Statuses of a run that a process works on."""

ENDED: tuple[Status, ...] = ("finished", "stopped", "failed", "interrupted")
"""Statuses of a run that nothing works on and nobody waits for."""


@dataclass(frozen=True)
class RunRecord:
    """What the store knows about a run.

    Attributes:
        id: 12 characters that cannot be guessed and can stand in a link.
        owner: token of the browser that started it, or ``cli``.
        name: what a person calls it; may be empty.
        status: queued → starting → running ⇄ paused → finished | stopped | failed | interrupted.
        spec: the run's spec as JSON, its schedule including changes made by hand.
        created, started, ended: seconds since 1970 (UTC); ``started`` is the newest attempt's.
        step: optimizer steps done.
        total_steps: steps that the whole run will have, None before it began.
        epoch: epochs done.
        result: the contract's result once the run has ended.
        error: ``message``, ``where`` and ``advice`` of a failed or interrupted run.
        pid, pid_created: the process that trains it, and when that process was created.
        pace: seconds that the whole run shall take at least, None for full speed.
        latest: the newest ``step`` event as JSON, also where thinning does not keep it.
        attempt: how often a process has taken it up.
        data_dir: the data folder of the process that made it.
        command_cursor: commands up to this id belong to earlier attempts.
        stop_requested: when a stop was ordered, seconds since 1970.
        group_id: the group of runs that it belongs to, None for a run by itself.
        label: what tells it apart in its group, e.g. ``fold 1``.
        starred: whether a person wants to find it again.
        note: what a person has written about it.
        tags: words that a person has put on it.
        trashed: when it was thrown away, seconds since 1970; it can be taken back until it is purged.
    """

    id: str
    owner: str
    name: str
    status: Status
    spec: dict[str, Any]
    created: float
    started: float | None
    ended: float | None
    step: int
    total_steps: int | None
    epoch: float
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    pid: int | None
    pid_created: float | None
    pace: float | None
    latest: dict[str, Any] | None
    attempt: int
    data_dir: str
    command_cursor: int
    stop_requested: float | None
    group_id: str | None = None
    label: str = ""
    starred: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()
    trashed: float | None = None

    @property
    def active(self) -> bool:
        """Whether a process works on it."""
        return self.status in ACTIVE

    @property
    def ended_for_now(self) -> bool:
        """Whether nothing works on it and nobody waits for it; it may be resumed."""
        return self.status in ENDED

    @property
    def process(self) -> tuple[int, float] | None:
        """Id and creation time of the process that trains it."""
        return None if self.pid is None or self.pid_created is None else (self.pid, self.pid_created)


@dataclass(frozen=True)
class GroupRecord:
    """Several runs that were started as one.

    Attributes:
        id: 12 characters, as a run's.
        owner: as a run's.
        kind: ``crossvalidation``, ``with_without`` or ``modalities``.
        name: what a person calls it; may be empty.
        created: seconds since 1970 (UTC).
        spec: the spec that the runs are variants of, as JSON.
        plan: per member ``label``, ``arm`` (members of one arm are averaged) and ``run``, in order.
        left_out: per ``arm`` that was asked for and cannot be trained its ``problems`` (``field``, ``rule``,
            ``value``); empty for groups of an older program.
    """

    id: str
    owner: str
    kind: str
    name: str
    created: float
    spec: dict[str, Any]
    plan: list[dict[str, str]]
    left_out: list[dict[str, Any]] = field(default_factory=list)


_JSON = ("spec", "plan", "latest", "result", "error", "tags", "left_out")
COLUMNS = ", ".join(RunRecord.__dataclass_fields__)
GROUP_COLUMNS = ", ".join(GroupRecord.__dataclass_fields__)


def record_of(row: sqlite3.Row) -> RunRecord:
    """The record in a row that was selected with :data:`COLUMNS`."""
    fields = _fields(row)
    return RunRecord(**fields | {"starred": bool(fields["starred"]), "tags": tuple(fields["tags"])})


def group_of(row: sqlite3.Row) -> GroupRecord:
    """The record in a row that was selected with :data:`GROUP_COLUMNS`."""
    return GroupRecord(**_fields(row))


def _fields(row: sqlite3.Row) -> dict[str, Any]:
    fields: dict[str, Any] = dict(row)
    for name in _JSON:
        if fields.get(name) is not None:
            fields[name] = json.loads(fields[name])
    return fields
