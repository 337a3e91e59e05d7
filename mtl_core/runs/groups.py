"""Groups of runs: several runs that were started as one, in the run store."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtl_core.control import Command
from mtl_core.errors import MTLError, RunNotFound
from mtl_core.runs.records import ACTIVE, GROUP_COLUMNS, GroupRecord, RunRecord, group_of
from mtl_core.runs.store import Store, insert_run, new_id

if TYPE_CHECKING:
    from mtl_core.spec import RunSpec

MOST_MEMBERS = 1_000
_ORDER_SECONDS = 1e-6
"""Between the times at which two members were queued, so that they keep their order."""


def create_group(
    store: Store,
    kind: str,
    name: str,
    spec: RunSpec,
    members: Sequence[tuple[str, str, RunSpec]],
    owner: str,
    left_out: Sequence[Mapping[str, Any]] = (),
) -> str:
    """All runs of a group in the queue, or none; gives the group's id.

    Args:
        store: the run store.
        kind: which question it answers, a key of :data:`mtl_core.sweeps.SWEEPS`.
        name: what a person calls it.
        spec: the spec that the members are variants of.
        members: label (each once), arm and spec of each run, in the order in which they shall train.
        owner: token of the browser, or ``cli``.
        left_out: what was asked for and cannot be trained, as in :class:`mtl_core.runs.records.GroupRecord`.

    Raises:
        MTLError: for no members, or too many.
    """
    if not 1 <= len(members) <= MOST_MEMBERS:
        raise MTLError(f"a group must have 1 to {MOST_MEMBERS:,} runs (found {len(members)})")
    group, now = new_id(), time.time()
    body = json.dumps(spec.model_dump(mode="json"), ensure_ascii=False)
    with store.database.write() as connection:
        row = (group, owner, kind, name, now, body, "[]", json.dumps(list(left_out), ensure_ascii=False))
        connection.execute(f"INSERT INTO groups ({GROUP_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
        plan = []
        for i, (label, arm, one) in enumerate(members):
            queued = now + i * _ORDER_SECONDS
            run = insert_run(connection, one, owner, name=name, group=group, label=label, created=queued)
            plan.append({"label": label, "arm": arm, "run": run})
        connection.execute("UPDATE groups SET plan = ? WHERE id = ?", (json.dumps(plan, ensure_ascii=False), group))
    return group


def add_member(store: Store, group: str, label: str, arm: str, spec: RunSpec) -> str:
    """One run more for a group, in the queue; gives its id.

    Args:
        store: the run store.
        group: its id.
        label: once in the group.
        arm: as of the other members.
        spec: what it trains.

    Raises:
        RunNotFound: if no group has this id.
        MTLError: where the group is full.
    """
    record = get_group(store, group)
    with store.database.write() as connection:
        (text,) = connection.execute("SELECT plan FROM groups WHERE id = ?", (group,)).fetchone()
        plan = json.loads(text)
        if len(plan) >= MOST_MEMBERS:
            raise MTLError(f"group {group} has {len(plan):,} runs, which is the most")
        run = insert_run(connection, spec, record.owner, name=record.name, group=group, label=label)
        plan.append({"label": label, "arm": arm, "run": run})
        connection.execute("UPDATE groups SET plan = ? WHERE id = ?", (json.dumps(plan, ensure_ascii=False), group))
    return run


def get_group(store: Store, group: str) -> GroupRecord:
    """What is known about a group.

    Raises:
        RunNotFound: if no group has this id.
    """
    rows = store.database.read(f"SELECT {GROUP_COLUMNS} FROM groups WHERE id = ?", (group,))
    if not rows:
        raise RunNotFound(f"no group of runs {group!r} in {store.database.path}; `runs list` shows the groups of runs")
    return group_of(rows[0])


def list_groups(store: Store, owner: str | Collection[str] | None = None, limit: int = 200) -> list[GroupRecord]:
    """Groups of these owners, newest first."""
    owners = [owner] if isinstance(owner, str) else list(owner or ())
    where = f"WHERE owner IN ({', '.join('?' * len(owners))})" if owner is not None else ""
    sql = f"SELECT {GROUP_COLUMNS} FROM groups {where} ORDER BY created DESC, id LIMIT ?"
    return [group_of(row) for row in store.database.read(sql, (*owners, limit))]


def members_of(store: Store, group: str) -> list[RunRecord]:
    """The runs of a group that are there, in the order in which they were queued first."""
    return store.runs(group=group, limit=MOST_MEMBERS)[::-1]


def stop_group(store: Store, group: str, by: str = "user") -> list[str]:
    """Order every run of a group that has not ended to stop, those that wait first; gives their ids."""
    going = [record for record in members_of(store, group) if not record.ended_for_now]
    going.sort(key=lambda record: record.active)  # else a worker takes up the next one as soon as it has stopped one
    for record in going:
        store.send(record.id, Command("stop", by=by))
    return [record.id for record in going]


def delete_group(store: Store, group: str) -> None:
    """Remove a group with its runs, their events, commands and artifacts.

    Raises:
        MTLError: while a process works on one of them; nothing is removed then.
    """
    get_group(store, group)
    runs = members_of(store, group)
    busy = [record for record in runs if record.status in ACTIVE]
    if busy:
        raise MTLError(f"group {group} has {len(busy)} active runs; stop them before deleting it")
    for record in runs:
        store.delete(record.id)
