"""Pictures and masks in a file, streamed as what does not fit the device: against rows that are there, and DataLoader.

All three give the same batches; what is timed is training on them. The network is that of the data set's defaults.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.engine_overhead import opened
from benchmarks.pairs import Found, Pair, Way, prepared
from mtl_core import batches
from mtl_core.batches import Batch, TensorSplit, epoch_order, to_device
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.stepping import take_step

ROWS, QUICK_ROWS, BATCH, PROCESSES = 3_000, 1_000, 64, 2
Feeding = Callable[[TensorSplit, list[Tensor]], Iterable[Batch]]


class Indexed(Dataset[Any]):
    """Rows by an index of them, read in a worker process."""

    def __init__(self, split: TensorSplit) -> None:
        self.split = split

    def __getitem__(self, index: Tensor) -> Any:
        inputs = {name: values[index] for name, values in self.split.inputs.items()}
        return inputs, {name: values[index] for name, values in self.split.targets.items()}


def by_loader(split: TensorSplit, order: list[Tensor]) -> Iterator[Batch]:
    """The same batches by torch's DataLoader with worker processes."""
    loader: Any = DataLoader(Indexed(split), sampler=order, batch_size=None, num_workers=PROCESSES, prefetch_factor=4)  # type: ignore[arg-type]
    for inputs, targets in loader:
        read = {name: batches.as_input(values) for name, values in inputs.items()}
        yield Batch(read, targets, {}, len(next(iter(read.values()))))


@contextmanager
def in_files(session: Session) -> Iterator[dict[str, TensorSplit]]:
    """The splits with pictures and masks mapped from files, streamed."""
    samples = session.samples
    with tempfile.TemporaryDirectory() as folder, patch.object(batches, "memory_for_data", lambda _: 0):
        inputs = {name: _mapped(Path(folder) / name, values) for name, values in samples.inputs.items()}
        wide = {name: values for name, values in samples.targets.items() if values.ndim > 1}
        targets = {name: _mapped(Path(folder) / name, values) for name, values in wide.items()}
        targets = {**samples.targets, **targets}
        yield to_device(replace(samples, inputs=inputs, targets=targets), session.tasks, session.device)


def _mapped(path: Path, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    np.save(path.with_suffix(".npy"), values)
    found: np.ndarray[Any, Any] = np.load(path.with_suffix(".npy"), mmap_mode="c")
    return found


def _against(others: Feeding, *, on_device: bool) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        rows = QUICK_ROWS if rounds < 3 else ROWS
        data = {"name": "shapes", "options": {"rows": rows}, "validation": 0}
        fields: dict[str, Any] = {"dataset": data, "tasks": ["shape", "mask"], "batch_size": BATCH, "device": "cpu"}
        spec = parse_spec(fields | {"gradients": {"every": 0}})
        session = opened(spec)
        with in_files(session) as files:
            whole = torch.arange(len(files["train"]))

            def way(split: TensorSplit, feeding: Feeding) -> Way:
                trained = opened(spec)
                order = epoch_order([whole], BATCH, spec.seed, 0)
                return lambda: _train(trained, feeding(split, order))

            theirs = session.splits["train"] if on_device else files["train"]
            timed = prepared(
                lambda: way(theirs, others), lambda: way(files["train"], TensorSplit.in_turn), rounds, warm=False
            )
        a_second = [round(len(whole) / min(seconds)) for seconds in (timed.a, timed.b)]
        return timed.gain(images_a_second_a=a_second[0], images_a_second_b=a_second[1], rows=len(whole))

    return measure


def _train(session: Session, given: Iterable[Batch]) -> None:
    for batch in given:
        take_step(session, batch)
        session.step += 1


OURS = "64×64 pictures and masks in a file, batches of 64, streamed by threads"
PAIRS = (
    Pair(
        "streaming/on the device",
        "the same rows on the device",
        OURS,
        0.95,
        _against(TensorSplit.in_turn, on_device=True),
        rounds=3,
        quick=0,
    ),
    Pair(
        "streaming/DataLoader",
        "the same file through torch's DataLoader with two worker processes",
        OURS,
        1.0,
        _against(by_loader, on_device=False),
        rounds=3,
        quick=0,
    ),
)
