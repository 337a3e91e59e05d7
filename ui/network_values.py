"""How strongly a network mixes, per stitch, gate and mask: told by a run, or as a run begins. For its picture."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtl_core.layout import Layout, Part
from mtl_core.mixing import Mask, Mixture, Stitch
from ui.network_many import BETWEEN

UNTRAINED_MASK = 0.5
"""Mean of a mask whose scores are spread evenly around 0."""
Rows = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Mixed:
    """What a picture draws of the mixing.

    Attributes:
        stitches: per stitch (a part's name) the α of each column's owner.
        gates: per gate the weight of each expert (``<owner>/expert<i>``).
        masks: per mask its mean.
        told: whether a run told them; else they are those of a network at its beginning.
    """

    stitches: Rows = field(default_factory=dict)
    gates: Rows = field(default_factory=dict)
    masks: dict[str, float] = field(default_factory=dict)
    told: bool = False


def mixes(layout: Layout) -> bool:
    """Whether a network has stitches, gates or masks."""
    return any(part.role == "mixer" for part in layout.parts)


def mixed(layout: Layout, values: Mapping[str, Any]) -> Mixed:
    """The numbers of each mixer of a layout.

    Args:
        layout: the whole network.
        values: what an evaluation says of its mixing, empty for none.
    """
    found = Mixed(told=bool(values))
    for part in layout.parts:
        if isinstance(part.block, Stitch):
            found.stitches[part.name] = _stitch(part, part.block, values)
        elif isinstance(part.block, Mixture):
            gate, *experts = part.inputs
            told = values.get("gates", {}).get(gate) or [1 / len(experts)] * len(experts)
            found.gates[gate] = dict(zip(map(expert_of, experts), told, strict=True))
        elif isinstance(part.block, Mask):
            mean = values.get("masks", {}).get(part.owner, {}).get(mixed_stage(part))
            found.masks[part.name] = UNTRAINED_MASK if mean is None else float(mean)
    return found


def expert_of(name: str) -> str:
    """``<owner>/expert<i>`` of the name of an expert's part."""
    return re.sub(r"/(expert\d+)_[^/]*$", r"/\1", name)


def mixed_stage(part: Part) -> str:
    """The stage that a stitch, a mixture or a mask belongs to."""
    return part.stage.split("_", 1)[1]


def _stitch(part: Part, block: Stitch, values: Mapping[str, Any]) -> dict[str, float]:
    rows = values.get("stitches", {}).get(mixed_stage(part))
    row: Sequence[float] | None = rows[block.own] if rows else None
    if row is None:
        other = (1 - block.diagonal) / max(1, block.columns - 1)
        row = [block.diagonal if i == block.own else other for i in range(block.columns)]
    return dict(zip(map(owner_of, part.inputs), row, strict=True))


def owner_of(name: str) -> str:
    """The owner in a part's name."""
    return name.rpartition("/")[0]


def folded(found: Mixed, between: Collection[str]) -> Mixed:
    """The same with the tasks between the first and the last as one: what it gives is a sum, what it takes a mean."""

    def rows(table: Rows) -> Rows:
        gathered: dict[str, list[dict[str, float]]] = {}
        for name, row in table.items():
            gathered.setdefault(_folded(name, between), []).append(_summed(row, between))
        return {name: {key: _mean(row[key] for row in group) for key in group[0]} for name, group in gathered.items()}

    masks: dict[str, list[float]] = {}
    for name, value in found.masks.items():
        masks.setdefault(_folded(name, between), []).append(value)
    means = {name: _mean(values) for name, values in masks.items()}
    return Mixed(rows(found.stitches), rows(found.gates), means, found.told)


def _summed(row: Mapping[str, float], between: Collection[str]) -> dict[str, float]:
    total: dict[str, float] = {}
    for key, value in row.items():
        name = BETWEEN if key in between else _folded(key, between)
        total[name] = total.get(name, 0.0) + value
    return total


def _folded(name: str, between: Collection[str]) -> str:
    owner, _, stage = name.rpartition("/")
    return f"{BETWEEN}/{stage}" if owner in between else name


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)
