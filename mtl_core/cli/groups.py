"""``runs show`` and ``runs stop`` for a group of runs, by the group's id."""

from __future__ import annotations

from mtl_core.cli.crossvalidate import OWNER, follow, print_summary
from mtl_core.errors import MTLError
from mtl_core.runs.groups import list_groups, stop_group
from mtl_core.runs.records import GroupRecord
from mtl_core.runs.store import Store
from mtl_core.sweeps.summary import summary


def group_called(store: Store, prefix: str) -> GroupRecord | None:
    """The group whose id begins so; None where there is none, or where a run's id begins so too.

    Raises:
        MTLError: where several groups do.
    """
    found = [group for group in list_groups(store, limit=100_000) if prefix and group.id.startswith(prefix)]
    exact = [group for group in found if group.id == prefix]
    if exact:
        return exact[0]
    if not found or any(record.id.startswith(prefix) for record in store.runs(limit=100_000)):
        return None
    if len(found) > 1:
        raise MTLError(f"{prefix!r} begins the ids of {len(found)} groups of runs; give more of it")
    return found[0]


def show_group(store: Store, group: GroupRecord, as_json: bool) -> int:
    """Print a group: how its runs stand and what they have measured."""
    print_summary(summary(store, group.id), as_json)
    return 0


def stop_group_command(store: Store, group: GroupRecord, as_json: bool) -> int:
    """Stop every run of a group and wait until that is done.

    Raises:
        MTLError: where all have ended already.
    """
    if not stop_group(store, group.id, by=OWNER):
        raise MTLError(f"all runs of group {group.id} have ended already; only queued or active ones can be stopped")
    print_summary(follow(store, group.id), as_json)
    return 0
