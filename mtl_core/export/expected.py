"""What a script's numbers are held against: those of the run or, where it was one of many at once, of it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.settings import data_folder
from mtl_core.spec import RunSpec

TOGETHER = "(all tasks)"
"""Stands for what is measured over several tasks at once."""
Numbers = dict[str, dict[str, dict[str, float | None]]]


@dataclass(frozen=True)
class Expected:
    """Numbers by split, task and name.

    Attributes:
        numbers: loss and metrics of validation and test at the end.
        of_run: the same as the run has them, where those are of a training by itself; else None.
        threads: of the processor, with which they were computed.
    """

    numbers: Numbers
    of_run: Numbers | None
    threads: int


def expected_numbers(store: Store, record: RunRecord, spec: RunSpec) -> Expected:
    """The numbers of a finished run.

    A run that was computed as one of many has other rounding than a training by itself, which is what a script does;
    so it is trained by itself here, which takes the seconds that such small runs take, and imports torch.

    Raises:
        MTLError: where the run has neither validation nor test rows, or ends otherwise by itself.
    """
    found = store.last_events(record.id, "started")
    threads = int(found[0].values.get("threads", 1)) if found else 1
    numbers = _of(reversed(store.last_events(record.id, "evaluation", limit=8)))
    if not numbers:
        raise MTLError(
            f"run {record.id} has neither validation nor test rows: a script would have nothing to be held against; "
            "export its spec, weights or report"
        )
    if (record.result or {}).get("engine", "single") == "single":
        return Expected(numbers, None, threads)
    return Expected(_alone(record, spec, threads), numbers, threads)


def _alone(record: RunRecord, spec: RunSpec, threads: int) -> Numbers:
    """The numbers of the same spec trained by itself."""
    import torch

    from mtl_core.trainer import train

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with data_folder(record.data_dir):
            events = [event for event in train(spec) if event.kind in ("evaluation", "finished")]
    finally:
        torch.set_num_threads(before)
    if not events or events[-1].kind != "finished":
        raise MTLError(
            f"run {record.id} was computed as one of many and does not finish when it is trained by itself: it is too "
            "near to diverging for a script; export its spec, weights or report"
        )
    return _of(event for event in events if event.kind == "evaluation")


def _of(events: Iterable[Event]) -> Numbers:
    """The last numbers of each split, in the events' order."""
    found: Numbers = {}
    for event in events:
        losses, metrics = event.values["loss"], event.values["metrics"]
        found[event.values["split"]] = {
            task: {"loss": _short(losses[task])} | {name: _short(value) for name, value in values.items()}
            for task, values in metrics.items()
        }
        if overall := event.values.get("overall"):
            found[event.values["split"]][TOGETHER] = {name: _short(value) for name, value in overall.items()}
    return {split: found[split] for split in ("validation", "test") if split in found}


def _short(value: float | None) -> float | None:
    """Ten digits are more than the tolerance asks for."""
    return None if value is None else float(f"{value:.10g}")
