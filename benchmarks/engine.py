"""A run as a worker performs it, from its ``started`` event on: what the pairs call "ours"."""

from __future__ import annotations

from benchmarks.pairs import Way
from mtl_core.events import Event
from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec


def performed_after_start(store: Store, spec: RunSpec, last: list[Event] | None = None) -> Way:
    """Load a run of the store until it has started; the way is the rest of it. ``last`` takes its last event."""
    run = store.create(spec, "benchmark", process=this_process())
    events = perform(store, run)
    for event in events:
        if event.kind == "started":
            break

    def rest() -> None:
        ended = [event, *events][-1]
        if ended.kind != "finished":
            raise RuntimeError(f"the run ended as {ended.kind}: {ended.values}")
        if last is not None:
            last[:] = [ended]

    return rest
