"""Dotted paths in nested mappings: ``weighting.lambdas.quality``, ``regularizers.0.strength``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

_MISSING = object()
NAMED = ("dataset", "architecture", "weighting", "optimizer", "lr_schedule", "batch_policy", "generation")
"""Fields of a spec for which a bare name may stand."""


def get_path(tree: Any, path: str, default: Any = None) -> Any:
    """The value at a path, or ``default`` where there is none."""
    for key in path.split("."):
        if isinstance(tree, Mapping):
            tree = tree.get(key, _MISSING)
        elif isinstance(tree, list) and key.isdigit() and int(key) < len(tree):
            tree = tree[int(key)]
        else:
            tree = getattr(tree, key, _MISSING)
        if tree is _MISSING:
            return default
    return tree


def set_path(tree: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A deep copy of the tree with the value at the path; missing mappings are made on the way.

    Raises:
        KeyError: where the path leads through a number or text, or to an entry that a list lacks.
    """
    result = deepcopy(dict(tree))
    node: Any = result
    *way, last = path.split(".")
    for key in way:
        if isinstance(node, list):
            node = node[_index(node, key, path)]
        else:
            if node.get(key) is None:
                node[key] = {}
            elif isinstance(node[key], str) and key in NAMED:
                node[key] = {"name": node[key]}
            node = node[key]
        if not isinstance(node, dict | list):
            raise KeyError(f"{path}: {key!r} holds {node!r}, which has no fields")
    if isinstance(node, list):
        node[_index(node, last, path)] = value
    else:
        node[last] = value
    return result


def _index(node: list[Any], key: str, path: str) -> int:
    if not key.isdigit() or int(key) >= len(node):
        raise KeyError(f"{path}: {key!r} is no entry of a list of {len(node)}")
    return int(key)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``over`` on top, mapping by mapping; neither is changed."""
    result = deepcopy(dict(base))
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def difference(tree: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """What is in ``tree`` and differs from ``base``; lists and values whole, mappings key by key."""
    changed: dict[str, Any] = {}
    for key, value in tree.items():
        if key not in base:
            changed[key] = value
        elif isinstance(value, Mapping) and isinstance(base[key], Mapping):
            inner = difference(value, base[key])
            if inner:
                changed[key] = inner
        elif value != base[key]:
            changed[key] = value
    return changed
