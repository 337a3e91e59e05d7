"""Nested values laid flat: ``{"optimizer": {"lr": 0.1}}`` is ``{"optimizer.lr": 0.1}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def flattened(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves by their dotted paths, in order; entries of a list of mappings by number, other lists whole.

    A mapping or list without entries is a leaf.
    """
    return dict(_leaves(tree, ""))


def _leaves(tree: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        path = f"{prefix}{key}"
        listed = isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value)
        if value and (listed or isinstance(value, Mapping)):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value
