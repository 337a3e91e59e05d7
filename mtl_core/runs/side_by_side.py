"""Runs side by side: what their specs differ in, and what each has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtl_core.flat import flattened
from mtl_core.runs.records import RunRecord
from mtl_core.runs.results import result_of
from mtl_core.runs.store import Store

SPLITS = ("validation", "test")
Columns = tuple[Any, ...]


@dataclass(frozen=True)
class SideBySide:
    """Several runs, a column each.

    Attributes:
        runs: their ids.
        names, statuses, seconds, steps, parameters: one a run; None where it has none.
        differences: by dotted field what the specs hold where they do not all hold the same; None also where a
            spec has no such field.
        metrics: by split, task and metric; None where a run has none (the test part: before it has finished).
    """

    runs: tuple[str, ...]
    names: tuple[str, ...]
    statuses: tuple[str, ...]
    seconds: tuple[float | None, ...]
    steps: tuple[int, ...]
    parameters: tuple[int | None, ...]
    differences: Mapping[str, Columns]
    metrics: Mapping[str, Mapping[str, Mapping[str, Columns]]]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def side_by_side(store: Store, runs: Sequence[str]) -> SideBySide:
    """These runs beside one another, in this order.

    Raises:
        RunNotFound: if one of them is not in the store.
    """
    records = [store.get(run) for run in runs]
    results = [result_of(store, record) for record in records]
    return SideBySide(
        runs=tuple(record.id for record in records),
        names=tuple(_name(record) for record in records),
        statuses=tuple(record.status for record in records),
        seconds=tuple(result["seconds"] for result in results),
        steps=tuple(record.step for record in records),
        parameters=tuple(_count(result["parameters"]) for result in results),
        differences=differences([record.spec for record in records]),
        metrics={split: _table([(one["metrics"] or {}).get(split) or {} for one in results]) for split in SPLITS},
    )


def differences(specs: Sequence[Mapping[str, Any]]) -> dict[str, Columns]:
    """By dotted field the values of all specs, wherever they are not all the same."""
    flat = [flattened(spec) for spec in specs]
    fields = dict.fromkeys(field for one in flat for field in one)
    columns = {field: tuple(one.get(field) for one in flat) for field in fields}
    return {field: values for field, values in columns.items() if any(value != values[0] for value in values)}


def _name(record: RunRecord) -> str:
    return " ".join(filter(None, (record.name, record.label)))


def _count(parameters: Mapping[str, Any] | None) -> int | None:
    return None if not parameters else parameters["shared"] + sum(parameters["per_task"].values())


def _table(found: Sequence[Mapping[str, Mapping[str, float | None]]]) -> dict[str, dict[str, Columns]]:
    places = dict.fromkeys((task, name) for one in found for task, metrics in one.items() for name in metrics)
    table: dict[str, dict[str, Columns]] = {}
    for task, name in places:
        table.setdefault(task, {})[name] = tuple(one.get(task, {}).get(name) for one in found)
    return table
