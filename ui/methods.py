"""The methods as the page lists them: made from the registries, filtered and sorted; without Streamlit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from mtl_core.architectures import ARCHITECTURES
from mtl_core.errors import SpecError
from mtl_core.model import Named
from mtl_core.regularizers import REGULARIZERS
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting

Kind = Literal["losses", "gradients", "architecture", "regularizer"]
KINDS: tuple[Kind, ...] = ("losses", "gradients", "architecture", "regularizer")
ORDERS = ("listed", "cost", "year")
PROBES: Mapping[str, dict[str, Any]] = {
    "table": {"dataset": {"name": "wine_quality"}},
    "pictures": {"dataset": {"name": "digits"}},
    "both": {"dataset": {"name": "captioned_scenes"}},
    "one_task": {"dataset": {"name": "digits"}, "tasks": ["digit"]},
    "own_samples": {"dataset": {"name": "wine_colours"}},
}
"""Set-ups that a method is asked to work with, by the key of their words."""
SHOWN_WITH: Mapping[str, tuple[dict[str, Any], ...]] = {
    "weighting": ({},),
    "architecture": ({}, PROBES["pictures"], PROBES["both"]),
    "regularizers": ({"dataset": {"name": "related_tasks"}, "architecture": {"name": "separate"}},),
}
"""Per field of the spec that holds a method: what it is tried on, the first that it works with."""


@dataclass(frozen=True)
class Method:
    """An entry of one of the three registries.

    Attributes:
        name: its key there.
        kind: what it works on.
        model: its class.
    """

    name: str
    kind: Kind
    model: type[Named]

    @property
    def field(self) -> str:
        """The field of a spec that holds it."""
        fields = {"architecture": "architecture", "regularizer": "regularizers"}
        return fields.get(self.kind, "weighting")

    @property
    def source(self) -> str:
        """The paper that defines it."""
        return self.model.source

    @property
    def year(self) -> int | None:
        """Year of the first paper; None where it has none."""
        found = re.search(r"\b(?:19|20)\d\d\b", self.source)
        return int(found[0]) if found else None

    def spec(self, base: Mapping[str, Any]) -> RunSpec | None:
        """The set-up with this method in it; None where the rules of the spec refuse that."""
        one = {"name": self.name}
        try:
            return parse_spec({**base, self.field: [one] if self.kind == "regularizer" else one})
        except SpecError:
            return None

    def example(self) -> RunSpec:
        """A valid spec that shows it.

        Raises:
            ValueError: if none of the set-ups that are tried allows it.
        """
        specs = (self.spec(base) for base in SHOWN_WITH[self.field])
        found = next((spec for spec in specs if spec is not None), None)
        if found is None:
            raise ValueError(f"no example of {self.name}: it is refused with {SHOWN_WITH[self.field]}")
        return found

    def options(self) -> list[tuple[str, str, str]]:
        """Name, default and description of each field of its own; those that all methods of its kind have are left out.

        A mapping by task is empty by default.
        """
        bases: list[Any] = [base for base in self.model.__mro__ if base.__module__.endswith(".base")]
        common = bases[0].model_fields
        own = {name: field for name, field in self.model.model_fields.items() if name not in common}
        return [(name, _shown(field.get_default()), field.description or "") for name, field in own.items()]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "–" if value is None or value == {} else f"{value:g}" if isinstance(value, float) else str(value)


@lru_cache(maxsize=1)
def methods() -> tuple[Method, ...]:
    """All methods, weightings of losses first."""
    found = [Method(n, "gradients" if m.needs_gramian else "losses", m) for n, m in WEIGHTINGS.items()]
    found += [Method(name, "architecture", model) for name, model in ARCHITECTURES.items()]
    found += [Method(name, "regularizer", model) for name, model in REGULARIZERS.items()]
    return tuple(sorted(found, key=lambda method: KINDS.index(method.kind)))


def method_called(name: str) -> Method | None:
    """The method of this name; None where there is none."""
    return next((method for method in methods() if method.name == name), None)


def needs(model: type[Named]) -> list[str]:
    """What a weighting needs at each step, as keys of words; read off its class."""
    if not issubclass(model, Weighting):
        return []
    found = ["passes_k" if model.needs_gramian else "passes_1"]
    found += ["forward"] if model.looks_back else []
    found += ["learns"] if model.learned else ["remembers"] if model.memory is not Weighting.memory else []
    return found + (["draws"] if model.random else [])


@lru_cache(maxsize=128)
def works_with(method: Method) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The probes that the rules of the spec let it work with, and those that they do not.

    The data set whose tasks have samples of their own is a table: what refuses tables is not asked.
    """
    tried = {name: method.spec(probe) is not None for name, probe in PROBES.items()}
    if not tried["table"]:
        del tried["own_samples"]
    return tuple(n for n, works in tried.items() if works), tuple(n for n, works in tried.items() if not works)


@lru_cache(maxsize=128)
def architectures_of(method: Method) -> tuple[str, ...]:
    """The architectures that a weighting works with, on pictures, where all of them work."""
    tried = {name: method.spec(PROBES["pictures"] | {"architecture": {"name": name}}) for name in ARCHITECTURES}
    return tuple(name for name, spec in tried.items() if spec is not None)


def chosen(
    found: Iterable[Method],
    *,
    kind: str | None,
    search: str,
    order: str,
    words: Mapping[str, str],
    costs: Mapping[str, float],
) -> list[Method]:
    """The methods of a kind in which every word of the search occurs, in an order.

    Args:
        found: what there is.
        kind: one of KINDS; None for all.
        search: words, large and small letters alike; empty for all.
        order: one of ORDERS; what has no cost or no year comes last.
        words: per method all that is searched.
        costs: per method its cost.
    """
    asked = search.lower().split()
    kept = [m for m in found if kind in (None, m.kind) and all(word in words[m.name].lower() for word in asked)]
    if order == "cost":
        return sorted(kept, key=lambda method: costs.get(method.name, float("inf")))
    return sorted(kept, key=lambda method: method.year or 9999) if order == "year" else kept
