"""A network picture in words, for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from mtl_core.layout import Layout
from ui.lines import MOST_BESIDE
from ui.network_boxes import count_text, parameters_text
from ui.network_plan import expert_name, gate_text, owner_name, sum_text, two
from ui.network_values import Mixed, mixes, owner_of
from ui.words import t

T = TypeVar("T")


def description(
    layout: Layout, lambdas: Mapping[str, float], names: Mapping[str, str], strength: float, values: Mixed
) -> str:
    """What is shared, each task's λ and size, what ties them, and how the network mixes."""
    shared = layout.shared_parts()
    first = t("network.describe_shared", count=len(shared)) if shared else t("network.nothing_shared")
    parts = [f"{first} ({parameters_text(layout, None)})"] if shared else [first]
    if len(layout.outputs) > MOST_BESIDE:
        all_lambdas = [lambdas.get(task, 0.0) for task in layout.outputs]
        span = f"{min(all_lambdas):.3g} – {max(all_lambdas):.3g}"
        own = count_text(sum(part.block.parameters() for part in layout.parts if part.owner is not None))
        parts.append(t("network.describe_many", count=len(all_lambdas), value=span, parameters=own))
    else:
        for task in layout.outputs:
            value, own = f"{lambdas.get(task, 0.0):.3g}", parameters_text(layout, task)
            parts.append(t("network.describe_task", task=names.get(task, task), value=value, parameters=own))
    if strength > 0:
        parts.append(t("network.tied", value=f"{strength:.3g}"))
    if mixes(layout):
        parts += [t("network.describe_told" if values.told else "network.describe_start"), *_mixing(names, values)]
    return ". ".join(parts) + "."


def _mixing(names: Mapping[str, str], values: Mixed) -> Iterator[str]:
    """One sentence a task on stitches and masks, one a gate; of a few tasks."""
    for task, own in list(_by_owner(values.stitches).items())[:MOST_BESIDE]:
        share = sum(row[task] for row in own) / len(own)
        said = {"count": len(own), "task": owner_name(task, names), "share": two(share)}
        yield t("network.describe_stitch", **said)
    levels = len({gate.rpartition("/")[2] for gate in values.gates})
    for gate, row in list(values.gates.items())[:MOST_BESIDE]:
        named = {expert_name(expert, names): value for expert, value in row.items() if value > 0}
        yield gate_text(gate, sum_text(named, {}), names, levels)
    for task, means in list(_by_owner(values.masks).items())[:MOST_BESIDE]:
        said = {"count": len(means), "task": owner_name(task, names), "value": two(sum(means) / len(means))}
        yield t("network.describe_masks", **said)


def _by_owner(table: Mapping[str, T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for name, value in table.items():
        found.setdefault(owner_of(name), []).append(value)
    return found
