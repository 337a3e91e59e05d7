"""The samples as tensors on the device, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.tasks import Task

UNLABELLED = 255
"""Of a mask: a pixel without a class."""


@dataclass(frozen=True)
class Batch:
    """Some rows, ready for the network.

    Attributes:
        inputs: per modality (B, …); images float32 in 0..1, channels last.
        targets: per task (B_t, …), of the rows that have one.
        rows: the row numbers (B_t,) within the batch, of those tasks that have no target for every row.
        size: B.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    rows: dict[str, Tensor]
    size: int

    def count(self, task: str) -> int:
        """Rows that have a target for the task."""
        return self.targets[task].shape[0]  # len of a tensor takes ten times as long


@dataclass(frozen=True)
class TensorSplit:
    """One split on the device; images stay uint8 until a batch is taken.

    Attributes:
        inputs: per modality (N, …).
        targets: per task (N, …).
        present: (N,) on the CPU, of those tasks that lack some targets: whether a row has one.
        rows: row numbers in the data set.
    """

    inputs: Mapping[str, Tensor]
    targets: Mapping[str, Tensor]
    present: Mapping[str, Tensor]
    rows: Tensor

    def __len__(self) -> int:
        return self.rows.shape[0]

    def take(self, index: Tensor | slice) -> Batch:
        """The rows of a CPU index, or of a slice."""
        device = next(iter(self.inputs.values())).device
        here = index if isinstance(index, slice) else index.to(device)
        inputs = {name: _as_input(values[here]) for name, values in self.inputs.items()}
        rows = {name: there[index].nonzero().squeeze(1) for name, there in self.present.items()}
        rows = {name: found.to(device) for name, found in rows.items()}
        targets = {name: _as_target(values[here]) for name, values in self.targets.items()}
        targets |= {name: targets[name][found] for name, found in rows.items()}
        return Batch(inputs, targets, rows, len(self.rows[index]))

    def pick(self, index: Tensor | slice) -> TensorSplit:
        """These rows as a split of their own."""
        inputs = {name: values[index] for name, values in self.inputs.items()}
        targets = {name: values[index] for name, values in self.targets.items()}
        present = {name: there[index] for name, there in self.present.items()}
        return TensorSplit(inputs, targets, present, self.rows[index])

    def target(self, task: str) -> Tensor:
        """All targets of a task that are there."""
        values = self.targets[task]
        return values[self.present[task].to(values.device)] if task in self.present else values

    @cached_property
    def whole(self) -> Batch:
        """All rows as one batch, the same each time."""
        return self.take(slice(None))

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """All rows in order, for evaluation."""
        if 0 < len(self) <= batch_size:
            yield self.whole
            return
        for start in range(0, len(self), batch_size):
            yield self.take(slice(start, start + batch_size))


def _as_input(values: Tensor) -> Tensor:
    if values.dtype == torch.uint8:
        values = values.float() / 255
    if values.dim() == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    return values


def _as_target(values: Tensor) -> Tensor:
    """A picture that shall be made is compared as it enters; anything else stays as it is."""
    return _as_input(values) if values.dim() == 4 else values


def has_target(task: Task, target: Tensor) -> Tensor:
    """(N,) whether each row has a target: no NaN, no −1, not every pixel 255."""
    if task.kind == "generation":
        return torch.ones(len(target), dtype=torch.bool)
    if task.kind == "regression":
        return ~torch.isnan(target)
    if task.kind == "segmentation":
        return (target != UNLABELLED).flatten(1).any(1)
    return target >= 0


def to_device(samples: Samples, tasks: tuple[Task, ...], device: torch.device) -> dict[str, TensorSplit]:
    """The splits of the samples as tensors on the device, with the chosen tasks and the rows that these have."""
    inputs = {name: _tensor(values) for name, values in samples.inputs.items()}
    targets = {
        task.name: inputs[task.modality] if task.kind == "generation" else _tensor(samples.targets[task.name])
        for task in tasks
    }
    there = {task.name: has_target(task, targets[task.name]) for task in tasks}
    some = torch.stack(list(there.values())).any(0)
    splits = {}
    for split in SPLITS:
        rows = _tensor(samples.splits[split])
        rows = rows[some[rows]]
        moved = {name: values[rows].to(device) for name, values in inputs.items()}
        aims = {
            task.name: moved[task.modality] if task.kind == "generation" else targets[task.name][rows].to(device)
            for task in tasks
        }
        present = {name: found[rows] for name, found in there.items() if not bool(found[rows].all())}
        splits[split] = TensorSplit(moved, aims, present, rows)
    return splits


def _tensor(values: NDArray[Any]) -> Tensor:
    """The array as a tensor, copied where torch could otherwise write into what is not its own."""
    return torch.from_numpy(np.require(values, requirements=["C", "W"]))


def sources(split: TensorSplit) -> list[Tensor]:
    """The rows by source: those that have targets of the same tasks are one (see ``batch_policy``)."""
    if not split.present:
        return [torch.arange(len(split))]
    patterns = torch.stack(list(split.present.values()), dim=1)
    _, source = torch.unique(patterns, dim=0, return_inverse=True)
    return [(source == i).nonzero().squeeze(1) for i in range(int(source.max()) + 1)]


def quotas(sizes: list[int], exponent: float) -> list[int]:
    """Rows that an epoch of Σ n_s rows draws from each source: shares p_s ∝ n_s^exponent, rounded to that sum."""
    total = sum(sizes)
    powers = [float(size) ** exponent for size in sizes]
    wanted = [total * power / sum(powers) for power in powers]
    counts = [int(value) for value in wanted]
    by_rest = sorted(range(len(sizes)), key=lambda i: (counts[i] - wanted[i], i))
    for i in by_rest[: total - sum(counts)]:
        counts[i] += 1
    return counts


def drawn(parts: list[Tensor], exponent: float, generator: torch.Generator) -> Tensor:
    """The rows of one epoch, in order: each source gone through in a shuffle as often as its quota asks."""
    rows = sum(len(part) for part in parts)
    if exponent == 1 or len(parts) == 1:
        return torch.randperm(rows, generator=generator)
    chosen = []
    for part, quota in zip(parts, quotas([len(part) for part in parts], exponent), strict=True):
        rounds = -(-quota // len(part))
        passes = [part[torch.randperm(len(part), generator=generator)] for _ in range(rounds)]
        chosen.append(torch.cat([part[:0], *passes])[:quota])
    together = torch.cat(chosen)
    return together[torch.randperm(rows, generator=generator)]


def epoch_order(parts: list[Tensor], batch_size: int, seed: int, epoch: int, exponent: float = 1.0) -> list[Tensor]:
    """The batches of one epoch as index tensors: a shuffle that depends on seed and epoch alone.

    A last batch of a single row joins the one before it: batch norm cannot normalise one row.

    Args:
        parts: the rows by source, from :func:`sources`.
        batch_size: rows of a batch.
        seed: of the run.
        epoch: counted from 0.
        exponent: of the batch policy; 1 draws every row once.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = list(torch.split(drawn(parts, exponent, generator), batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1 < batch_size:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Number of batches that :func:`epoch_order` gives."""
    whole, rest = divmod(rows, batch_size)
    return whole + (rest > 1 or (rest == 1 and not whole))
