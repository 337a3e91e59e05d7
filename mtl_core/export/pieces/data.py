"""Rows of a split, and batches of them; counterpart of :mod:`mtl_core.batches`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def part_seed(seed: int, name: str) -> int:
    """A 63-bit seed from the run's seed and a name, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@dataclass
class Batch:
    """Some rows: inputs by name, targets by task."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]


@dataclass
class Split:
    """All rows of a split; pictures stay as they are stored until a batch is taken."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    size: int

    def take(self, index: Tensor | slice) -> Batch:
        """These rows as a batch."""
        inputs = {name: as_input(values[index]) for name, values in self.inputs.items()}
        return Batch(inputs, {task: values[index] for task, values in self.targets.items()})

    def target(self, task: str) -> Tensor:
        """All targets of a task."""
        return self.targets[task]


def as_input(values: Tensor) -> Tensor:
    """Pictures as numbers from 0 to 1, channels last; tables and words as they are."""
    if values.dtype == torch.uint8:
        values = values.float() / 255
    return values.contiguous(memory_format=torch.channels_last) if values.dim() == 4 else values


def read_split(
    arrays: Mapping[str, Any], rows: str, inputs: Mapping[str, str], targets: Mapping[str, str], device: torch.device
) -> Split:
    """The rows of a split: its row numbers, and the inputs and targets by their names in the file."""
    chosen = torch.from_numpy(arrays[rows])
    given = {name: torch.from_numpy(arrays[key])[chosen].to(device) for name, key in inputs.items()}
    wanted = {task: torch.from_numpy(arrays[key])[chosen].to(device) for task, key in targets.items()}
    return Split(given, wanted, len(chosen))


def shuffled(rows: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """The batches of one epoch: every row once, in an order that depends on seed and epoch alone."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return cut(torch.randperm(rows, generator=generator), batch_size)


def cut(order: Tensor, batch_size: int) -> list[Tensor]:
    """Rows in batches; a last batch of a single row joins the one before it."""
    batches = list(torch.split(order, batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1 < batch_size:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
