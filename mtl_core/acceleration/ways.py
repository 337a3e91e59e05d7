"""Ways to take a step, and what was chosen of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Precision = Literal["fp32", "bf16"]
Taken = Literal["eager", "compile", "cuda_graph"]
IN_WORDS: Mapping[Taken, str] = {"eager": "", "compile": ", compiled", "cuda_graph": ", CUDA graph"}


@dataclass(frozen=True)
class Way:
    """How a step is taken.

    Attributes:
        precision: of forward and backward pass; bf16 by autocast, the parameters stay in float32.
        taken: operation by operation, with a compiled network, or as one CUDA graph.
    """

    precision: Precision = "fp32"
    taken: Taken = "eager"

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.precision}{IN_WORDS[self.taken]}"


PLAIN = Way()


@dataclass(frozen=True)
class Choice:
    """The way that a run takes.

    Attributes:
        way: the chosen one.
        why: in words.
        measured: by the name of each way that was tried what it showed: ``ms`` a step, ``setup`` seconds before the
            first one, ``why`` it was not taken.
        final: False while it is still to be measured.
    """

    way: Way
    why: str
    measured: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    final: bool = True

    def values(self) -> dict[str, Any]:
        """Plain values, for events, the result and checkpoints."""
        return {
            "chosen": self.way.name,
            "precision": self.way.precision,
            "taken": self.way.taken,
            "why": self.why,
            "measured": {name: dict(found) for name, found in self.measured.items()},
            "final": self.final,
        }


def choice_of(values: Mapping[str, Any]) -> Choice:
    """What :meth:`Choice.values` gave."""
    way = Way(values["precision"], values["taken"])
    return Choice(way, values["why"], values["measured"], values["final"])
