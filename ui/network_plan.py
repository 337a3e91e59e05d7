"""What a network picture draws where a network mixes: boxes, nodes, strands, and what begins at a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mtl_core.layout import SHARED, Layout
from mtl_core.numerals import typeset
from ui.network_nodes import Node, Point, Strand
from ui.network_routes import Ways
from ui.network_shapes import Grid
from ui.words import t


@dataclass(frozen=True)
class Plan:
    """A picture before it is drawn.

    Attributes:
        layout: its boxes' parts, without mixers; each input is the part, before any mixer, that it comes from.
        grid: the boxes.
        ways: lines around boxes.
        nodes: where something is mixed.
        strands: what leads to the nodes.
        roots: the node at which a line (source, target) of the layout begins.
        feeds: more arrows: from where, to which box.
    """

    layout: Layout
    grid: Grid
    ways: Ways
    nodes: tuple[Node, ...] = ()
    strands: tuple[Strand, ...] = ()
    roots: Mapping[tuple[str, str], Node] = field(default_factory=dict)
    feeds: tuple[tuple[Point, str], ...] = ()


def two(value: float) -> str:
    """A weight as it is printed: two decimals, with a true minus."""
    return typeset(value, ".2f")


def sum_text(row: Mapping[str, float], names: Mapping[str, str]) -> str:
    """``0.90 quality + 0.10 good``."""
    return " + ".join(f"{two(value)} {names.get(key, key)}" for key, value in row.items())


def owner_name(owner: str | None, names: Mapping[str, str]) -> str:
    """A task's display name, or the word for what is shared."""
    return t("network.shared") if owner is None else names.get(owner, owner)


def number_of(expert: str) -> int:
    """From 1."""
    return int(expert.rpartition("/expert")[2]) + 1


def expert_name(expert: str, names: Mapping[str, str]) -> str:
    """``Expert 2 (shared)``."""
    owner = expert.rpartition("/")[0]
    owned = owner_name(None if owner == SHARED else owner, names)
    return f"{t('network.expert', number=number_of(expert))} ({owned})"


def gate_text(gate: str, sums: str, names: Mapping[str, str], levels: int) -> str:
    """What a gate lets through, in words.

    Args:
        gate: name of its part.
        sums: of the experts, see :func:`sum_text`.
        names: display names of tasks.
        levels: of experts in the network; of one the level is not told.
    """
    owner, _, place = gate.rpartition("/gate")
    task = owner_name(None if owner == SHARED else owner, names)
    if levels < 2:
        return t("network.gate", task=task, sum=sums)
    return t("network.gate_level", task=task, level=int(place) + 1, sum=sums)
