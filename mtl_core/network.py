"""Network: the torch module of a layout."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

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

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Outputs of all tasks for a batch of each modality; logits for classes."""
        values = {f"input:{modality}": batch for modality, batch in inputs.items()}
        for part in self.layout.parts:
            values[part.name] = self.parts[part.name](*(values[name] for name in part.inputs))
        return {task: values[name] for task, name in self.layout.outputs.items()}

    def columns(self) -> list[list[nn.Parameter]]:
        """Each task's own trunk parameters, matching across tasks; what regularizers tie."""
        columns = self.layout.columns()
        return [[p for part in parts for p in self.parts[part.name].parameters()] for parts in columns.values()]

    def set_mode(self, training: bool, resting: frozenset[str] = frozenset()) -> None:
        """Training or evaluation mode; parts of ``resting`` tasks (weight 0) stay in evaluation mode.

        So that not even the running statistics of their batch norms move.
        """
        self.train(training)
        if training:
            for part in self.layout.parts:
                if part.owner in resting:
                    self.parts[part.name].eval()


def part_seed(seed: int, name: str) -> int:
    """A 63-bit seed from the run's seed and a name, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
