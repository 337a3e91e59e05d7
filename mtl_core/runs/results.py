"""The contract's result of any run, also of one that failed or was interrupted."""

from __future__ import annotations

import math
from typing import Any

from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import unstarted_result


def result_of(store: Store, record: RunRecord) -> dict[str, Any]:
    """What ``--json`` prints: the stored result, or what is known of a run that has none.

    ``error`` is None, or the message with the place and the advice.
    """
    if record.result is not None and record.status == record.result["status"]:
        return record.result
    result = {"run": record.id, **unstarted_result(), "status": record.status}
    result |= {"epochs": math.floor(record.epoch), "steps": record.step, "error": error_text(record.error)}
    last = store.events_since(record.id)[-1:] if record.step == 0 else []
    for event in store.last_events(record.id, "started"):
        found = event.values
        data = {key: found["data"][key] for key in ("name", "source", "sizes") if key in found["data"]}
        result |= {key: found[key] for key in ("device", "engine", "parameters")} | {"data": data}
    for event in store.last_events(record.id, record.status) or [event for _, event in last]:
        result["seconds"] = round(event.time, 3)
    result["metrics"] = {split: last_metrics(store, record.id, split) for split in ("train", "validation", "test")}
    return result


def last_metrics(store: Store, run: str, split: str) -> dict[str, Any] | None:
    """The newest metrics per task of one split."""
    for event in store.last_events(run, "evaluation", limit=8):
        if event.values["split"] == split:
            metrics: dict[str, Any] = event.values["metrics"]
            return metrics
    return None


def error_text(error: dict[str, Any] | None) -> str | None:
    """One text of what went wrong, where, and what to do."""
    if error is None:
        return None
    where = f" (at {error['where']})" if error.get("where") else ""
    advice = f"; {error['advice']}" if error.get("advice") else ""
    return f"{error['message']}{where}{advice}"
