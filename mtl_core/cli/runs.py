"""``runs``: the runs in the store, and orders to them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mtl_core.cli.groups import group_called, show_group, stop_group_command
from mtl_core.cli.outputs import summary
from mtl_core.control import Command
from mtl_core.errors import MTLError
from mtl_core.execution.recovery import mark_lost_runs
from mtl_core.runs.records import RunRecord
from mtl_core.runs.results import result_of
from mtl_core.runs.store import Store

STOP_SECONDS = 15.0


def list_runs(as_json: bool, limit: int) -> int:
    """Print the newest runs, one a line."""
    store = Store()
    mark_lost_runs(store)
    records = store.runs(limit=limit)
    if as_json:
        print(json.dumps([public(record) for record in records]))
        return 0
    if not records:
        print("no runs yet; `train SPEC.yaml` makes one")
    for record in records:
        created = datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M")
        steps = f"{record.step}/{record.total_steps}" if record.total_steps else "–"
        spec = f"{record.spec['dataset']['name']} · {record.spec['architecture']['name']}"
        group = f"  {record.label} of group {record.group_id}" if record.group_id else ""
        print(f"{record.id}  {created}  {record.status:<11}  {steps:>13}  {spec}  {record.name}".rstrip() + group)
    return 0


def show_run(prefix: str, as_json: bool) -> int:
    """Print one run: its record, and the last metrics; or a group of runs: its summary."""
    store = Store()
    mark_lost_runs(store)
    if group := group_called(store, prefix):
        return show_group(store, group, as_json)
    record = find(store, prefix)
    result = result_of(store, record)
    if as_json:
        print(json.dumps(public(record) | {"result": result}))
        return 0
    print(summary(result))
    for name in ("name", "label", "group_id", "created", "started", "ended"):
        value = getattr(record, name)
        if value:
            shown = value if isinstance(value, str) else datetime.fromtimestamp(value).strftime("%Y-%m-%d %H:%M:%S")
            print(f"{name + ':':<11}{shown}")
    print(f"{'artifacts:':<11}{store.folder(record.id)}")
    print(f"{'spec:':<11}{json.dumps(record.spec, ensure_ascii=False)}")
    return 0


def stop_run(prefix: str, as_json: bool) -> int:
    """Order a stop of a run, or of all runs of a group, and wait until it is done.

    Raises:
        MTLError: where the run has already ended, or does not stop.
    """
    store = Store()
    mark_lost_runs(store)
    if group := group_called(store, prefix):
        return stop_group_command(store, group, as_json)
    record = find(store, prefix)
    if record.ended_for_now:
        raise MTLError(f"run {record.id} is {record.status} already; only a queued or active run can be stopped")
    store.send(record.id, Command("stop", by="cli"))
    until = time.monotonic() + STOP_SECONDS
    while not record.ended_for_now and time.monotonic() < until:
        time.sleep(0.05)
        mark_lost_runs(store)
        record = store.get(record.id)
    if not record.ended_for_now:
        raise MTLError(f"run {record.id} has not stopped within {STOP_SECONDS:.0f} s; it is {record.status}")
    result = result_of(store, record)
    print(json.dumps(result) if as_json else summary(result))
    return 0


def resume_run(prefix: str, more_epochs: int, detach: bool, as_json: bool, threads: int = 1) -> int:
    """Go on with a run that has ended, in this process or, detached, in the runner's.

    Raises:
        MTLError: where it has not ended, or nothing is left to do.
    """
    store = Store()
    mark_lost_runs(store)
    record = find(store, prefix)
    if not detach:
        from mtl_core.cli.train import train_here
        from mtl_core.execution.processes import this_process

        store.requeue(record.id, more_epochs, process=this_process())
        return train_here(record.id, None, as_json, threads)
    from mtl_core.execution.local import ensure_runner

    store.requeue(record.id, more_epochs)
    ensure_runner(store.home)
    print(json.dumps(public(store.get(record.id))) if as_json else f"run {record.id}: queued")
    return 0


def find(store: Store, prefix: str) -> RunRecord:
    """The run whose id begins so.

    Raises:
        MTLError: where none or several do.
    """
    if not prefix:
        raise MTLError("the run's id must not be empty; `runs list` shows the ids")
    found = [record for record in store.runs(limit=100_000) if record.id.startswith(prefix)]
    exact = [record for record in found if record.id == prefix]
    if len(exact or found) > 1:
        raise MTLError(f"{prefix!r} begins the ids of {len(found)} runs; give more of it")
    return (exact or found or [store.get(prefix)])[0]


def public(record: RunRecord) -> dict[str, Any]:
    """A record as JSON, without what only the program needs."""
    hidden = ("pid_created", "command_cursor", "stop_requested", "data_dir", "owner")
    return {"run": record.id} | {key: value for key, value in asdict(record).items() if key not in (*hidden, "id")}
