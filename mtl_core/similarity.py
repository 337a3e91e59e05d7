"""How alike the tasks' own columns are, stage by stage: in what they represent (linear CKA), and in their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from mtl_core.batches import TensorSplit
from mtl_core.layout import Layout
from mtl_core.network import Network

MOST_TASKS = 8
"""Tasks, at most, whose columns are held against each other, pair by pair."""
MOST_ROWS, MOST_PICTURES = 512, 256
"""Rows that are looked at, at most; of pictures fewer."""
GRID = 4
"""A feature map is averaged over 4 × 4 fields, so that what is compared still knows where something is."""
TIMES_A_RUN = 50
"""Comparisons of a run, at most: evenly over its epochs."""
DIGITS = 5


def due(epoch: int, epochs: int, every: int) -> bool:
    """Whether the evaluation after ``epoch`` of ``epochs``, with ``every`` epochs between two, compares the columns."""
    return epoch >= epochs or epoch * TIMES_A_RUN // epochs != (epoch - every) * TIMES_A_RUN // epochs


def stages(layout: Layout) -> dict[str, list[str]]:
    """Per stage of the trunk the tasks that have one of their own, where at least two have and there are at most 8."""
    if not 1 < len(layout.outputs) <= MOST_TASKS:
        return {}
    found: dict[str, list[str]] = {}
    for task, parts in layout.columns().items():
        for part in parts:
            found.setdefault(part.stage, []).append(task)
    return {stage: tasks for stage, tasks in found.items() if len(tasks) > 1}


@torch.no_grad()
def describe(network: Network, rows: TensorSplit) -> dict[str, Any]:
    """What an evaluation says of the columns; empty where no stage is there twice.

    ``rows`` how many were looked at · ``stages`` per stage its ``tasks`` and, for their pairs in the order of
    ``itertools.combinations``, ``cka`` and ``distance``. All columns see the same rows, also where tasks have samples
    of their own; the network is in evaluation mode, and no random number of the training is used up.

    Args:
        network: its mode is left as evaluation.
        rows: of the training part; 512 of them at most (256 pictures), evenly taken, are looked at.
    """
    shared = stages(network.layout)
    if not shared or not len(rows):
        return {}
    network.set_mode(training=False)
    pictures = any(values.dim() == 4 for values in rows.inputs.values())
    count = min(MOST_PICTURES if pictures else MOST_ROWS, len(rows))
    batch = rows.take(torch.arange(count) * len(rows) // count)
    seen = trunks(network, batch.inputs)
    found = {stage: _stage(network, stage, tasks, seen) for stage, tasks in shared.items()}
    return {"rows": batch.size, "stages": found}


def trunks(network: Network, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What each part before the heads gives for a batch, in the network's present mode.

    Heads are left out: those that draw masks and pictures are most of the work, and nothing reads them.
    """
    values = {f"input:{modality}": batch for modality, batch in inputs.items()}
    for part in network.layout.parts:
        if part.role in ("trunk", "mixer"):
            values[part.name] = network.module(part)(*(values[name] for name in part.inputs))
    return values


def _stage(network: Network, stage: str, tasks: Sequence[str], seen: Mapping[str, Tensor]) -> dict[str, Any]:
    features = {task: _centred(flat(seen[f"{task}/{stage}"])) for task in tasks}
    own = {task: _product(given, given) for task, given in features.items()}
    weights = {task: _numbers(network.parts[f"{task}/{stage}"]) for task in tasks}
    pairs = list(combinations(tasks, 2))
    similar = [_cka(_product(features[a], features[b]), own[a], own[b]) for a, b in pairs]
    return {
        "tasks": list(tasks),
        "cka": [_rounded(value) for value in similar],
        "distance": [_rounded(relative_distance(weights[a], weights[b])) for a, b in pairs],
    }


def flat(values: Tensor) -> Tensor:
    """What a part gave as rows of features (B, d).

    Maps (B, C, S, S) are averaged over 4 × 4 fields, each of them a row of C features: as features of one row they
    would be more than there are rows, and then everything looks alike. States (B, n, d) are averaged over the words.
    """
    if values.dim() == 4:
        fields = nn.functional.adaptive_avg_pool2d(values.float(), min(GRID, values.shape[-1]))
        return fields.permute(0, 2, 3, 1).flatten(0, 2)
    return values.mean(1) if values.dim() == 3 else values


def linear_cka(x: Tensor, y: Tensor) -> float | None:
    """‖YᵀX‖_F² / (‖XᵀX‖_F ‖YᵀY‖_F) of centred X (B, p) and Y (B, q), in [0, 1]; None where one is constant.

    1 where Y is X up to a rotation and one factor. Kornblith et al. 2019, Similarity of neural network
    representations revisited, equations 3 and 4 with a linear kernel.
    """
    x, y = _centred(x), _centred(y)
    return _cka(_product(x, y), _product(x, x), _product(y, y))


def _centred(values: Tensor) -> Tensor:
    """Each feature with mean 0, the whole of length 1, where it has a length: products of large numbers stay finite."""
    centred = values.double() - values.double().mean(0)
    scaled: Tensor = centred / centred.norm().clamp(min=torch.finfo(torch.float64).tiny)
    return scaled


def _product(x: Tensor, y: Tensor) -> float:
    """‖YᵀX‖_F² = Σ (XXᵀ ∘ YYᵀ), over features or over rows, whichever is less work."""
    if len(x) < max(x.shape[1], y.shape[1]):
        return ((x @ x.T) * (y @ y.T)).sum().item()
    return (y.T @ x).square().sum().item()


def _cka(both: float, first: float, second: float) -> float | None:
    own = math.sqrt(first * second) if first * second > 0 else math.nan
    return min(1.0, both / own) if math.isfinite(both / own) else None


def relative_distance(a: Tensor, b: Tensor) -> float | None:
    """2‖a − b‖ / (‖a‖ + ‖b‖): 0 for equal parameters, 2 for opposite ones; None where both vanish or there is none.

    Two independent vectors of equal length in many dimensions are √2 apart.
    """
    if len(a) != len(b):
        return None
    sums = (a.norm() + b.norm()).item()
    value = 2 * (a - b).norm().item() / sums if sums > 0 else math.nan
    return value if math.isfinite(value) else None


def _numbers(part: nn.Module) -> Tensor:
    """The weights of a part in one vector: without biases and the factors of batch norms, which begin alike."""
    found = [parameter.detach().flatten().double() for parameter in part.parameters() if parameter.dim() > 1]
    return torch.cat(found) if found else torch.zeros(0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
