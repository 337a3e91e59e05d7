"""The samples as tensors on the device, and batches of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.splitting import has_target
from mtl_core.streaming import HostRows, Index, made_ahead, memory_for_data
from mtl_core.tasks import Task

Values = Tensor | HostRows
Gathered = tuple[dict[str, Tensor], dict[str, Tensor]]
"""Inputs and targets of some rows as they are kept."""

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
    """One split on the device, or streamed to it; images stay uint8 until a batch is taken.

    Attributes:
        inputs: per modality (N, …).
        targets: per task (N, …); of a picture that shall be made, the input itself.
        present: (N,) on the CPU, of those tasks that lack some targets: whether a row has one.
        rows: row numbers in the data set.
    """

    inputs: Mapping[str, Values]
    targets: Mapping[str, Values]
    present: Mapping[str, Tensor]
    rows: Tensor

    def __len__(self) -> int:
        return self.rows.shape[0]

    @cached_property
    def streamed(self) -> bool:
        """Whether rows are read when they are asked for, and are not on the device."""
        return any(isinstance(values, HostRows) for values in self.inputs.values())

    @cached_property
    def _made(self) -> dict[str, str]:
        """By task the input that it makes; tasks with targets of their own are not there."""
        places = {id(values): name for name, values in self.inputs.items()}
        return {task: places[id(values)] for task, values in self.targets.items() if id(values) in places}

    def take(self, index: Index) -> Batch:
        """The rows of a CPU index, or of a slice."""
        return self._ready(self._gathered(index), index)

    def _gathered(self, index: Index) -> Gathered:
        """The rows as they are kept; of streamed ones this is the part that waits for a file."""
        device = next(iter(self.inputs.values())).device
        there = index if isinstance(index, slice) else _index_there(index, device)
        inputs = {name: _taken(values, index if self.streamed else there) for name, values in self.inputs.items()}
        targets = {
            name: _taken(values, index if isinstance(values, HostRows) else there)
            for name, values in self.targets.items()
            if name not in self._made
        }
        return inputs, targets

    def _ready(self, gathered: Gathered, index: Index) -> Batch:
        """The rows on the device, as the network reads them."""
        inputs, targets = gathered
        device = next(iter(self.inputs.values())).device
        if self.streamed:
            inputs, targets = ({k: v.to(device, non_blocking=True) for k, v in part.items()} for part in gathered)
        inputs = {name: as_input(values) for name, values in inputs.items()}
        rows = {name: there[index].nonzero().squeeze(1) for name, there in self.present.items()}
        rows = {name: found.to(device) for name, found in rows.items()}
        made = self._made
        targets = {name: inputs[made[name]] if name in made else targets[name] for name in self.targets}
        targets |= {name: targets[name][found] for name, found in rows.items()}
        return Batch(inputs, targets, rows, next(iter(inputs.values())).shape[0])

    def pick(self, index: Index) -> TensorSplit:
        """These rows as a split of their own."""
        inputs = {name: _picked(values, index) for name, values in self.inputs.items()}
        targets = {
            name: inputs[self._made[name]] if name in self._made else _picked(values, index)
            for name, values in self.targets.items()
        }
        present = {name: there[index] for name, there in self.present.items()}
        return TensorSplit(inputs, targets, present, self.rows[index])

    def target(self, task: str) -> Tensor:
        """All targets of a task that are there."""
        values = self.targets[task][:]
        return values[self.present[task].to(values.device)] if task in self.present else values

    @cached_property
    def whole(self) -> Batch:
        """All rows as one batch, the same each time."""
        return self.take(slice(None))

    def in_turn(self, indices: Iterable[Index]) -> Iterator[Batch]:
        """The batches of these indices; streamed ones are made ready ahead, until the iterator is closed."""
        if not self.streamed:
            yield from map(self.take, indices)
            return
        for gathered, index in made_ahead(lambda index: (self._gathered(index), index), indices):
            yield self._ready(gathered, index)

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """All rows in order, for evaluation."""
        if 0 < len(self) <= batch_size:
            yield self.whole
            return
        yield from self.in_turn(slice(start, start + batch_size) for start in range(0, len(self), batch_size))


def _index_there(index: Tensor, device: torch.device) -> Tensor:
    """The index on the device; a GPU is not waited for."""
    return index.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else index.to(device)


def _taken(values: Values, index: Index) -> Tensor:
    """These rows; of a table, and of bytes, ``index_select`` takes a third of the time that brackets do."""
    if isinstance(values, HostRows) or isinstance(index, slice):
        return values[index]
    return values.index_select(0, index.flatten()).view(*index.shape, *values.shape[1:])


def _picked(values: Values, index: Index) -> Values:
    return values.pick(index) if isinstance(values, HostRows) else values[index]


def as_input(values: Tensor) -> Tensor:
    """Pictures in 0..1, channels last; anything else as it is."""
    if values.dtype == torch.uint8:
        values = values / 255
    if values.dim() == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    return values


def to_device(samples: Samples, tasks: tuple[Task, ...], device: torch.device) -> dict[str, TensorSplit]:
    """The splits of the samples with the chosen tasks and the rows that these have.

    They are tensors on the device where they fit there (:func:`mtl_core.streaming.memory_for_data`), else streamed;
    batches are the same bit for bit.
    """
    there = {task.name: torch.from_numpy(has_target(samples, task)) for task in tasks}
    some = torch.stack(list(there.values())).any(0)
    streamed = size_of(samples, tasks) > memory_for_data(device)
    splits = {}
    for split in SPLITS:
        rows = _tensor(samples.splits[split])
        rows = rows[some[rows]]
        moved = {name: _held(values, rows, device, streamed) for name, values in samples.inputs.items()}
        own = [task for task in tasks if task.kind != "generation"]
        aims = {task.name: _aim(samples.targets[task.name], rows, device, streamed) for task in own}
        aims = {task.name: aims[task.name] if task in own else moved[task.modality] for task in tasks}
        present = {name: found[rows] for name, found in there.items() if not bool(found[rows].all())}
        splits[split] = TensorSplit(moved, aims, present, rows)
    return splits


def size_of(samples: Samples, tasks: tuple[Task, ...]) -> int:
    """Bytes of the inputs and of the tasks' targets."""
    targets = [samples.targets[task.name] for task in tasks if task.kind != "generation"]
    return sum(values.nbytes for values in (*samples.inputs.values(), *targets))


def _held(values: NDArray[Any], rows: Tensor, device: torch.device, streamed: bool) -> Values:
    return HostRows(values, rows.numpy(), device) if streamed else _tensor(values)[rows].to(device)


def _aim(values: NDArray[Any], rows: Tensor, device: torch.device, streamed: bool) -> Values:
    """Targets of one number a row are on the device in any case."""
    return _held(values, rows, device, streamed and values.ndim > 1)


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
