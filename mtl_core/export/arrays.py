"""The data of a run as arrays: what it trained on, row by row, without anything that could be executed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.errors import DataError, MTLError
from mtl_core.export.naming import identifiers
from mtl_core.runs.records import RunRecord
from mtl_core.settings import data_folder
from mtl_core.splitting import has_target
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mtl_core.spec import RunSpec

MOST_BYTES = 4_000_000_000
"""Bytes of all arrays, at most: they are put together in memory."""


@dataclass(frozen=True)
class Prepared:
    """The arrays of ``data.npz``, and what they are.

    Attributes:
        arrays: by key.
        inputs, targets, splits: the key of each input, each task's targets, each split's row numbers.
        sizes: rows of each split.
        lacking: tasks that have no target in some row of a split.
        sources: how many kinds of training rows there are, by the tasks that they have targets of.
    """

    arrays: Mapping[str, NDArray[Any]]
    inputs: Mapping[str, str]
    targets: Mapping[str, str]
    splits: Mapping[str, str]
    sizes: Mapping[str, int]
    lacking: frozenset[str]
    sources: int

    def npz(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **self.arrays)  # type: ignore[arg-type]
        return buffer.getvalue()


def prepared(record: RunRecord, spec: RunSpec) -> Prepared:
    """The arrays that a run trained on, read again.

    Raises:
        DataError: where the data are not those of the run any more.
        MTLError: where they are too large for one file in memory.
    """
    tasks = spec.task_list()
    samples = _samples(record, spec, tasks)
    there = {task.name: has_target(samples, task) for task in tasks}
    some = np.asarray(np.stack(list(there.values())).any(axis=0))
    rows = {split: samples.splits[split][some[samples.splits[split]]] for split in SPLITS}
    _check(record, samples, {split: len(chosen) for split, chosen in rows.items()})
    names = identifiers([f"input:{name}" for name in spec.dataset.inputs()] + [f"target:{name}" for name in there])
    inputs = {name: names[f"input:{name}"] for name in spec.dataset.inputs()}
    targets = {name: names[f"target:{name}"] for name in there}
    splits = {split: f"split_{split}" for split in SPLITS if len(rows[split])}
    arrays = {key: samples.inputs[name] for name, key in inputs.items()}
    arrays |= {key: samples.targets[name] for name, key in targets.items()}
    arrays |= {key: rows[split].astype(np.int64) for split, key in splits.items()}
    if (size := sum(values.nbytes for values in arrays.values())) > MOST_BYTES:
        raise MTLError(
            f"the data of run {record.id} take {size / 1e9:.1f} GB, more than {MOST_BYTES / 1e9:.0f} GB for one file; "
            "export the spec, which `train` takes where the data are, or the weights"
        )
    lacking = frozenset(task for task, found in there.items() if any(not found[rows[s]].all() for s in splits))
    patterns = np.stack([found[rows["train"]] for found in there.values()], axis=1)
    return Prepared(
        {key: np.ascontiguousarray(values) for key, values in arrays.items()},
        inputs,
        targets,
        splits,
        {split: len(rows[split]) for split in splits},
        lacking,
        len(np.unique(patterns, axis=0)),
    )


def _samples(record: RunRecord, spec: RunSpec, tasks: tuple[Task, ...]) -> Samples:
    """The samples as a run with this spec has them, from the run's data folder; imports torch."""
    from mtl_core.opening import load_samples

    with data_folder(record.data_dir):
        loading = load_samples(spec, tasks)
        while True:
            try:
                next(loading)
            except StopIteration as loaded:
                samples: Samples = loaded.value
                return samples


def _check(record: RunRecord, samples: Samples, sizes: Mapping[str, int]) -> None:
    """The rows are from where the run's were, and as many."""
    data = (record.result or {}).get("data") or {}
    then, now = (data.get("source"), data.get("sizes")), (samples.source, dict(sizes))
    if then != now:
        name = record.spec["dataset"]["name"]
        raise DataError(
            f"run {record.id} was trained on {name} from {then[0]!r} with {then[1]} rows, and the data folder "
            f"now gives {now[0]!r} with {now[1]}: put its data back, or export its spec, metrics or report"
        )
