"""What ``--out`` writes, and the summary that a person reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mtl_core.errors import Problem, SpecError
from mtl_core.events import Event
from mtl_core.numerals import numeral
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store

COLUMNS = ("step", "epoch", "split", "task", "name", "value")


def make_folder(folder: Path) -> None:
    """Make the folder of ``--out``, before anything else is done.

    Raises:
        SpecError: if nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        rule = f"must be a folder that can be written to: {error.strerror or error}"
        raise SpecError([Problem("--out", rule, str(folder))]) from error


def write_outputs(store: Store, record: RunRecord, result: dict[str, Any], folder: Path) -> None:
    """Write ``spec.yaml``, ``result.json``, ``metrics.csv`` and ``weights.pt`` (a state_dict)."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = yaml.safe_dump(record.spec, sort_keys=False, allow_unicode=True)
    (folder / "spec.yaml").write_text(spec, encoding="utf-8")
    (folder / "result.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    with (folder / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for event in all_events(store, record.id):
            writer.writerows(tidy_rows(event))
    state = store.load_checkpoint(record.id)
    if state is not None:
        import torch

        torch.save(state["network"], folder / "weights.pt")


def all_events(store: Store, run: str) -> Iterator[Event]:
    """Step and evaluation events of a run, in order."""
    seq = 0
    while batch := store.events_since(run, seq, kinds=("step", "evaluation")):
        yield from (event for _, event in batch)
        seq = batch[-1][0]


def tidy_rows(event: Event) -> Iterator[tuple[int, float, str, str, str, float | None]]:
    """One row a number: split ``train``, ``validation`` or ``test``; the task is empty for the sum."""
    values = event.values
    split = values["split"] if event.kind == "evaluation" else "train"
    place = (event.step, event.epoch, split)
    name = "loss" if event.kind == "evaluation" else "step_loss"
    for task, value in values["loss"].items():
        yield (*place, task, name, value)
    if event.kind == "step":
        for task, value in values["weights"].items():
            yield (*place, task, "weight", value)
        for key in ("total", "penalty", "lr"):
            yield (*place, "", key, values.get(key))
        return
    for task, metrics in values["metrics"].items():
        for metric, value in metrics.items():
            yield (*place, task, metric, value)


def summary(result: dict[str, Any]) -> str:
    """A few lines for a person."""
    lines = [f"run {result['run']}: {result['status']} after {result['epochs']} epochs, {result['steps']} steps"]
    if result["seconds"]:
        lines[0] += f", {result['seconds']:.2f} s on {result['device']}"
    if result["parameters"]:
        own = ", ".join(f"{task} {count}" for task, count in result["parameters"]["per_task"].items())
        lines.append(f"parameters: shared {result['parameters']['shared']}, {own}")
    for split, tasks in result["metrics"].items():
        for task, metrics in (tasks or {}).items():
            numbers = "  ".join(f"{name} {'–' if value is None else numeral(value)}" for name, value in metrics.items())
            lines.append(f"{split:<10} {task:<12} {numbers}")
    if result["error"]:
        lines.append(f"error: {result['error']}")
    return "\n".join(lines)
