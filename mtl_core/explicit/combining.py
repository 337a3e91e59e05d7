"""The gradient of a step by formulas: what :mod:`mtl_core.combining` is to networks with a tape."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.combining import Combined, Row
from mtl_core.explicit.engine import Explicit
from mtl_core.explicit.graph import Apart
from mtl_core.explicit.memory import Layer
from mtl_core.weightings.base import Moment, Weighting

Gradients = Mapping[Tensor, Tensor]
"""By parameter."""


def combine(
    explicit: Explicit, batch: Batch, weighting: Weighting, moment: Moment, *, measured: bool = False
) -> tuple[Combined, Gradients]:
    """What :func:`mtl_core.combining.combine` puts into ``.grad``, without a penalty.

    Args:
        explicit: of the network.
        batch: the rows of the step.
        weighting: the method.
        moment: for it; its places are the active tasks.
        measured: whether the tasks' gradients are wanted even if the method does not need them.
    """
    losses, met = explicit.losses(batch), explicit.network.met()
    lambdas, names = moment.lambdas.to(losses), frozenset(task.name for task in moment.tasks)
    scaled = lambdas * moment.of(losses)
    parts = {name: len(parameters) for name, parameters in met.items()}
    began, apart = time.perf_counter(), None
    if met and (measured or weighting.needs_gramian):
        apart = explicit.apart(batch, _of_all(moment, lambdas, losses), names)
    rows = _rows(apart, moment, parts) if apart and measured else None
    if apart and weighting.needs_gramian:
        weights, found = _weighed(explicit, apart, weighting, moment, scaled)
        return Combined(weights, (weights * scaled).sum(), rows, parts), explicit.by_parameter(found)
    seconds = time.perf_counter() - began if apart else 0.0
    if weighting.name == "fixed" or weighting.needs_gramian:
        weights = torch.ones_like(scaled)
    else:
        weights = weighting.weights(scaled, None, moment)
        # a task whose weight came out as exactly 0 is left out: its own parts shall have no gradient
        if weighting.vanishes and 0.0 in (values := weights.tolist()):
            names = frozenset(t.name for t, w in zip(moment.tasks, values, strict=True) if w != 0)
    summed = explicit.descended(batch, _of_all(moment, weights * lambdas, losses), names)
    return Combined(weights, (weights * scaled).sum(), rows, parts, seconds), explicit.by_parameter(summed)


def _weighed(
    explicit: Explicit, apart: Apart, weighting: Weighting, moment: Moment, scaled: Tensor
) -> tuple[Tensor, dict[str, Layer]]:
    """w; and Jᵀw on what several tasks use, each task's own gradient on what it alone uses."""
    reached = list(apart.shared)
    jacobian = _jacobian(apart, moment, reached)
    exact = jacobian.double()
    weights = weighting.weights(scaled, exact @ exact.t(), moment)
    found, own = _unflattened(explicit, weights.to(jacobian) @ jacobian, reached), apart.own
    if weighting.scales_heads:
        factors = {task.name: weight for task, weight in zip(moment.tasks, weights, strict=True)}
        of_part = {name: factors[str(explicit.network.keepers[name])] for name in own}
        own = {name: (of_part[name] * weight, of_part[name] * bias) for name, (weight, bias) in own.items()}
    return weights, found | own


def _of_all(moment: Moment, factors: Tensor, losses: Tensor) -> Tensor:
    """(K,) the factors (A,) of the active tasks in their places, 0 elsewhere."""
    if factors.shape == losses.shape:
        return factors
    whole = torch.zeros_like(losses)
    whole[moment.places] = factors
    return whole


def _jacobian(apart: Apart, moment: Moment, parts: Sequence[str]) -> Tensor:
    """J (A, P): a row for each active task, a column for each number of these parts."""
    names = tuple(task.name for task in moment.tasks)
    columns = []
    for part in parts:
        users, gradients = apart.shared[part]
        flat = torch.cat([values.flatten(1) for values in gradients], dim=1)
        if users != names:
            places = torch.tensor([names.index(user) for user in users], device=flat.device)
            flat = flat.new_zeros(len(names), flat.shape[1]).index_copy_(0, places, flat)
        columns.append(flat)
    return torch.cat(columns, dim=1)


def _unflattened(explicit: Explicit, flat: Tensor, parts: Sequence[str]) -> dict[str, Layer]:
    layers = explicit.layers
    pieces = iter(torch.split(flat, [values.numel() for part in parts for values in layers[part]]))
    return {part: (next(pieces).view_as(layers[part][0]), next(pieces)) for part in parts}


def _rows(apart: Apart, moment: Moment, parts: Iterable[str]) -> list[Row]:
    """J as :class:`mtl_core.combining.Combined` has it: None where a loss does not depend on a parameter."""
    rows: list[list[Tensor | None]] = [[] for _ in moment.tasks]
    for part in parts:
        users, layer = apart.shared.get(part, ((), None))
        for place, task in enumerate(moment.tasks):
            there = task.name in users and layer is not None
            rows[place] += [values[users.index(task.name)] for values in layer] if there and layer else [None, None]
    return list(rows)
