"""The samples as tensors on the device, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.tasks import Task

Batch = tuple[dict[str, Tensor], dict[str, Tensor]]


@dataclass(frozen=True)
class TensorSplit:
    """One split on the device; images stay uint8 until a batch is taken.

    Attributes:
        inputs: per modality (N, …).
        targets: per task (N, …).
        rows: row numbers in the data set.
    """

    inputs: Mapping[str, Tensor]
    targets: Mapping[str, Tensor]
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: Tensor | slice) -> Batch:
        """Inputs (float32; images scaled to 0..1, channels last) and targets of these rows."""
        inputs = {name: _as_input(values[index]) for name, values in self.inputs.items()}
        return inputs, {name: values[index] for name, values in self.targets.items()}

    def head(self, rows: int) -> TensorSplit:
        """The first ``rows`` rows."""
        cut = slice(0, rows)
        inputs = {k: v[cut] for k, v in self.inputs.items()}
        return TensorSplit(inputs, {k: v[cut] for k, v in self.targets.items()}, self.rows[cut])

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """All rows in order, for evaluation."""
        for start in range(0, len(self), batch_size):
            yield self.take(slice(start, start + batch_size))


def _as_input(values: Tensor) -> Tensor:
    if values.dtype == torch.uint8:
        values = values.float() / 255
    if values.dim() == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    return values


def to_device(samples: Samples, tasks: tuple[Task, ...], device: torch.device) -> dict[str, TensorSplit]:
    """The splits of the samples as tensors on the device, with the chosen tasks only."""
    splits = {}
    for split in SPLITS:
        rows = samples.splits[split]
        inputs = {k: torch.from_numpy(np.ascontiguousarray(v[rows])).to(device) for k, v in samples.inputs.items()}
        targets = {
            task.name: torch.from_numpy(np.ascontiguousarray(samples.targets[task.name][rows])).to(device)
            for task in tasks
        }
        splits[split] = TensorSplit(inputs, targets, torch.from_numpy(np.ascontiguousarray(rows)))
    return splits


def epoch_order(rows: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """The batches of one epoch as index tensors: a shuffle that depends on seed and epoch alone.

    A last batch of a single row joins the one before it: batch norm cannot normalise one row.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = list(torch.split(torch.randperm(rows, generator=generator), batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1 < batch_size:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Number of batches that :func:`epoch_order` gives."""
    whole, rest = divmod(rows, batch_size)
    return whole + (rest > 1 or (rest == 1 and not whole))
