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
            feeds = [_rows_of(values, chosen, name, part.owner, rows) for name in part.inputs]
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

    def in_use(self) -> list[nn.Parameter]:
        """All parameters on the way from inputs to outputs: those of generators apart from it are left out."""
        names = [part.name for part in self.layout.parts if part.role != "generator"]
        return [parameter for name in names for parameter in self.parts[name].parameters()]

    def set_mode(
        self, training: bool, resting: frozenset[str | None] = frozenset(), frozen: frozenset[str | None] = frozenset()
    ) -> None:
        """Training or evaluation mode; the parts of ``resting`` owners (None: what is shared) stay in evaluation mode.

        So that not even the running statistics of their batch norms move. The parameters of ``frozen`` owners have
        no gradient, whatever the loss.
        """
        self.train(training)
        for part in self.layout.parts if training else ():
            module = self.parts[part.name]
            module.requires_grad_(part.owner not in frozen)
            if part.owner in resting:
                module.eval()


def _rows_of(
    values: Mapping[str, Tensor],
    chosen: dict[tuple[str, str], Tensor],
    name: str,
    owner: str | None,
    rows: Mapping[str, Tensor],
) -> Tensor:
    """What feeds a part: of what the task does not own itself, only the task's rows.

    Of vectors they are taken for all such tasks at once: one gradient of the whole instead of one a task.
    """
    if owner not in rows or owner is None or name.startswith(f"{owner}/"):
        return values[name]
    if (owner, name) not in chosen:
        together = rows if values[name].dim() == 2 else {owner: rows[owner]}
        taken = values[name][torch.cat(list(together.values()))]
        parts = torch.split(taken, [len(index) for index in together.values()])  # type: ignore[no-untyped-call]
        chosen.update({(task, name): part for task, part in zip(together, parts, strict=True)})
    return chosen[owner, name]


def part_seed(seed: int, name: str) -> int:
    """A 63-bit seed from the run's seed and a name, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
