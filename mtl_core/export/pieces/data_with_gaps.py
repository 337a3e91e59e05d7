"""Rows of a split of which some lack targets of some tasks, and batches of them; else as in the module ``data``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtl_core.export.pieces.data import as_input, cut


@dataclass
class Batch:
    """Some rows: inputs by name; targets by task, and of tasks that lack some which rows of the batch have one."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    rows: dict[str, Tensor]
    size: int


@dataclass
class Split:
    """All rows of a split; ``present`` says of tasks that lack some targets which rows have one."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    present: dict[str, Tensor]
    size: int

    def take(self, index: Tensor | slice) -> Batch:
        """These rows as a batch."""
        inputs = {name: as_input(values[index]) for name, values in self.inputs.items()}
        rows = {task: there[index].nonzero().squeeze(1) for task, there in self.present.items()}
        targets = {task: values[index] for task, values in self.targets.items()}
        targets |= {task: targets[task][found] for task, found in rows.items()}
        size = len(next(iter(inputs.values())))
        return Batch(inputs, targets, rows, size)

    def target(self, task: str) -> Tensor:
        """All targets of a task that are there."""
        values = self.targets[task]
        return values[self.present[task]] if task in self.present else values


def read_split(
    arrays: Mapping[str, Any], rows: str, inputs: Mapping[str, str], targets: Mapping[str, str], device: torch.device
) -> Split:
    """The rows of a split in the file's arrays.

    Args:
        arrays: of ``data.npz``.
        rows: the array of the split's row numbers.
        inputs: the array of each input.
        targets: the array of each task's targets; a missing one is NaN, -1, or 255 at every pixel.
        device: where to put them.
    """
    chosen = torch.from_numpy(arrays[rows])
    given = {name: torch.from_numpy(arrays[key])[chosen].to(device) for name, key in inputs.items()}
    wanted = {task: torch.from_numpy(arrays[key])[chosen].to(device) for task, key in targets.items()}
    there = {task: has_target(values) for task, values in wanted.items()}
    present = {task: found for task, found in there.items() if not bool(found.all())}
    return Split(given, wanted, present, len(chosen))


def has_target(values: Tensor) -> Tensor:
    """(N,) whether each row has a target."""
    if values.dim() == 3:
        return (values != 255).flatten(1).any(1)
    return ~torch.isnan(values) if values.is_floating_point() else values >= 0


def sources(split: Split) -> list[Tensor]:
    """The rows by source: those that have targets of the same tasks are one."""
    if not split.present:
        return [torch.arange(split.size)]
    patterns = torch.stack([there.cpu() for there in split.present.values()], dim=1)
    _, source = torch.unique(patterns, dim=0, return_inverse=True)
    return [(source == i).nonzero().squeeze(1) for i in range(int(source.max()) + 1)]


def drawn_by_source(parts: list[Tensor], batch_size: int, seed: int, epoch: int, exponent: float) -> list[Tensor]:
    """The batches of one epoch: of each source a share ∝ size ** exponent, gone through again where it is too small."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    rows = sum(len(part) for part in parts)
    powers = [float(len(part)) ** exponent for part in parts]
    wanted = [rows * power / sum(powers) for power in powers]
    counts = [int(value) for value in wanted]
    by_rest = sorted(range(len(parts)), key=lambda i: (counts[i] - wanted[i], i))
    for i in by_rest[: rows - sum(counts)]:
        counts[i] += 1
    chosen = []
    for part, count in zip(parts, counts, strict=True):
        passes = [part[torch.randperm(len(part), generator=generator)] for _ in range(-(-count // len(part)))]
        chosen.append(torch.cat([part[:0], *passes])[:count])
    together = torch.cat(chosen)
    return cut(together[torch.randperm(rows, generator=generator)], batch_size)
