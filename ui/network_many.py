"""A network of more tasks than fit beside each other, as its first task, a stack of all between, and its last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mtl_core.layout import Layout, Part
from ui.lines import MOST_BESIDE
from ui.words import t

BETWEEN = "…"
"""Owner of the parts that stand for all tasks but the first and the last."""
COLOUR = "color-mix(in srgb,currentColor 62%,transparent)"


@dataclass(frozen=True)
class Stack:
    """The tasks between the first and the last one.

    Attributes:
        tasks: their names.
        parameters: of all of them together.
    """

    tasks: tuple[str, ...]
    parameters: int

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.tasks)

    def lambda_text(self, lambdas: Mapping[str, float]) -> str:
        """Their λ: one number, or the smallest and the largest."""
        values = [lambdas.get(task, 0.0) for task in self.tasks]
        low, high = f"{min(values):.3g}", f"{max(values):.3g}"
        return f"λ {low}" if low == high else f"λ {low} – {high}"

    def mean_lambda(self, lambdas: Mapping[str, float]) -> float:
        """Mean of their λ, for the width of their arrow."""
        return sum(lambdas.get(task, 0.0) for task in self.tasks) / self.count


def stacked(layout: Layout) -> tuple[Layout, Stack | None]:
    """The layout as it is drawn, and the tasks that it draws as one; none with 8 tasks or fewer."""
    if len(layout.outputs) <= MOST_BESIDE:
        return layout, None
    first, *between, last = layout.outputs
    pattern = between[0]
    kept = [_renamed(part, pattern) for part in layout.parts if part.owner in (None, first, pattern, last)]
    outputs = {
        first: layout.outputs[first],
        BETWEEN: _name(layout.outputs[pattern], pattern),
        last: layout.outputs[last],
    }
    parameters = sum(part.block.parameters() for part in layout.parts if part.owner in set(between))
    return Layout(tuple(kept), outputs), Stack(tuple(between), parameters)


def stack_name(stack: Stack) -> str:
    """What the stack is called in the picture."""
    return t("network.more", count=stack.count)


def _renamed(part: Part, pattern: str) -> Part:
    inputs = tuple(_name(name, pattern) for name in part.inputs)
    return replace(part, owner=BETWEEN if part.owner == pattern else part.owner, inputs=inputs)


def _name(name: str, pattern: str) -> str:
    """The name of a part with the stack as its owner, where it was the pattern's."""
    owner, _, stage = name.partition("/")
    return f"{BETWEEN}/{stage}" if owner == pattern and stage else name
