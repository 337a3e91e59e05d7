"""Network: the torch module of a layout."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mtl_core.layout import Layout


class Network(nn.Module):
    """``inputs -> {task: output}``: each part of the layout once, in its order.

    Each part is initialised by torch's default from a generator of its own, seeded by the
    run's seed and the part's name: the same part starts at the same numbers in every
    architecture that has it.

    Args:
        layout: the parts and what feeds them.
        seed: the run's seed.
    """

    def __init__(self, layout: Layout, seed: int) -> None:
        super().__init__()
        self.layout = layout
        self.parts = nn.ModuleDict()
        for part in layout.parts:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(part_seed(seed, part.name))
                self.parts[part.name] = part.block.build()

    def forward(self, inputs: Mapping[str, Tensor], rows: Mapping[str, Tensor] | None = None) -> dict[str, Any]:
        """Outputs of the tasks for a batch of each modality; logits for classes.

        Args:
            inputs: (B, …) per modality.
            rows: row numbers (B_t,) of those tasks that need only some rows: their own parts see these rows alone,
                and a task that needs none has no output. Left out: every task needs all rows.
        """
        rows = rows or {}
        values: dict[str, Tensor] = {f"input:{modality}": batch for modality, batch in inputs.items()}
        chosen: dict[tuple[str, str], Tensor] = {}
        for part in self.layout.parts:
            index = rows.get(part.owner or "")
            if part.role == "generator" or (index is not None and not len(index)):
                continue
            feeds = [_rows_of(values, chosen, name, part.owner, index) for name in part.inputs]
            values[part.name] = self.parts[part.name](*feeds)
        return {task: values[name] for task, name in self.layout.outputs.items() if name in values}

    def tied(self, heads: bool) -> dict[str, list[nn.Parameter]]:
        """What a regularizer ties (:meth:`mtl_core.layout.Layout.tied`): per task its parameters, alike in all.

        Of heads the weights only: a bias is not penalised.
        """
        return {
            task: [
                parameter
                for part in parts
                for parameter in self.parts[part.name].parameters()
                if part.role == "trunk" or parameter.dim() > 1
            ]
            for task, parts in self.layout.tied(heads).items()
        }

    def set_mode(self, training: bool, resting: frozenset[str] = frozenset()) -> None:
        """Training or evaluation mode; parts of ``resting`` tasks (weight 0) stay in evaluation mode.

        So that not even the running statistics of their batch norms move.
        """
        self.train(training)
        if training:
            for part in self.layout.parts:
                if part.owner in resting:
                    self.parts[part.name].eval()


def _rows_of(
    values: Mapping[str, Tensor],
    chosen: dict[tuple[str, str], Tensor],
    name: str,
    owner: str | None,
    index: Tensor | None,
) -> Tensor:
    """What feeds a part: of what the task does not own itself, only the task's rows, taken once a task."""
    if index is None or owner is None or name.startswith(f"{owner}/"):
        return values[name]
    if (owner, name) not in chosen:
        chosen[owner, name] = values[name][index]
    return chosen[owner, name]


def part_seed(seed: int, name: str) -> int:
    """A 63-bit seed from the run's seed and a name, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
