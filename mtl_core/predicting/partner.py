"""The run that trained the same tasks alone, to hold a run's answers against."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mtl_core.errors import SpecError
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps.variants import ALONE, alone

LOOKED_AT = 1_000
"""Newest finished runs among which it is looked for."""
UNIMPORTANT = ("device", "evaluate_every", "gradients")
"""Fields on which what is learned does not depend."""


def is_alone(spec: RunSpec) -> bool:
    """Whether nothing is shared: the run's networks are single-task networks."""
    return spec.architecture.name == ALONE or len(spec.tasks) == 1


def alone_spec(record: RunRecord) -> RunSpec | None:
    """The same tasks, data, split, seed and sizes, each task by itself; None where that cannot be trained.

    A run that was continued or steered is compared with the plan that it began with.
    """
    try:
        return alone(parse_spec(record.spec))
    except SpecError:
        return None


def find_alone(store: Store, wanted: RunSpec, owners: Collection[str]) -> RunRecord | None:
    """The newest finished run of these owners with that spec, but for what does not matter to its answers."""
    aim = _compared(wanted.model_dump(mode="json"))
    for record in store.runs(owner=owners, status="finished", limit=LOOKED_AT):
        if record.spec["architecture"]["name"] == ALONE and _compared(record.spec) == aim:
            return record
    return None


def _compared(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in UNIMPORTANT}
