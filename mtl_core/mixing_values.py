"""What stitches, gates and masks are while a run goes on: numbers and pictures for the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.batches import Batch, TensorSplit
from mtl_core.evaluation import PICTURES
from mtl_core.layout import Part
from mtl_core.mixing import Gate, Mask, Stitch
from mtl_core.network import Network

if TYPE_CHECKING:
    from mtl_core.session import Session

ROWS = 512
"""Training rows, at most, over which gates are averaged."""
ROWS_BEHIND = 128
"""The same, of gates that read what experts give: these have to be computed first."""
MOST_COLUMNS = 12
"""Tasks, at most, whose K×K stitches are told."""


def describe(session: Session) -> dict[str, Any]:
    """What the network mixes by now; empty for architectures without mixers.

    ``stitches``: per stage α (K, K), a row for the task that goes on and a column for whose features it takes; means
    over units where there is an α for each; of at most 12 tasks. ``gates``: per gate the mean weight of each expert
    over at most 512 rows of the training sample (128 behind experts), of those that the gate's task has; None where it
    has none of them.
    ``masks``: per task and stage the mean of the mask, over as many training rows as a preview shows.
    """
    network = session.network
    if all(part.role != "mixer" for part in network.layout.parts):
        return {}
    found: dict[str, Any] = {"stitches": _stitches(network), "gates": {}, "masks": {}}
    for behind, rows in ((False, ROWS), (True, ROWS_BEHIND)):
        for part, weights in _seen(network, session.train_sample, _gates(network, behind), rows):
            found["gates"][part.name] = weights.mean(0).tolist() if len(weights) else None
    for part, mask in _seen(network, session.train_sample, _masks(network), PICTURES):
        stages = found["masks"].setdefault(str(part.owner), {})
        stages[_stage(part)] = mask.mean().item() if len(mask) else None
    return {name: values for name, values in found.items() if values}


def pictured(network: Network, split: TensorSplit) -> dict[str, NDArray[Any]]:
    """``mask_mean.<task>.<stage>``: (S, S) each mask, its mean over channels and the pictures that a preview shows."""
    return {
        f"mask_mean.{part.owner}.{_stage(part)}": mask.float().mean((0, 1)).cpu().numpy().astype(np.float32)
        for part, mask in _seen(network, split, _masks(network), PICTURES)
        if len(mask)
    }


def _stitches(network: Network) -> dict[str, list[list[float] | None]]:
    """Per stage α (K, K); None for the row of a task that goes on from no mix of that stage.

    So it is where one head reads the code and another one only the maps.
    """
    found: dict[str, list[list[float] | None]] = {}
    for part in network.layout.parts:
        if isinstance(part.block, Stitch) and part.block.columns <= MOST_COLUMNS:
            (alpha,) = network.parts[part.name].parameters()
            rows = found.setdefault(_stage(part), [None] * part.block.columns)
            rows[part.block.own] = alpha.detach().reshape(part.block.columns, -1).mean(1).tolist()
    return found


def _gates(network: Network, behind: bool) -> list[Part]:
    """The gates that read what experts give, or those that read the inputs alone."""
    gates = [part for part in network.layout.parts if isinstance(part.block, Gate)]
    return [part for part in gates if behind == any(not name.startswith("input:") for name in part.inputs)]


def _masks(network: Network) -> list[Part]:
    return [part for part in network.layout.parts if isinstance(part.block, Mask)]


@torch.no_grad()
def _seen(network: Network, split: TensorSplit, mixers: list[Part], rows: int) -> Iterator[tuple[Part, Tensor]]:
    """What each of these parts gives in evaluation mode for the first rows of a split; an empty one for none."""
    if not mixers or not len(split):
        return
    batch: Batch = split.take(slice(0, rows))
    network.set_mode(training=False)
    seen: dict[str, Tensor] = {}
    network(batch.inputs, batch.rows, seen=seen, only=network.layout.leading_to([part.name for part in mixers]))
    nothing = torch.zeros(0)
    for part in mixers:
        yield part, seen.get(part.name, nothing)


def _stage(part: Part) -> str:
    """The stage that a stitch or mask belongs to."""
    return part.stage.split("_", 1)[1]
