"""Dotted paths: get, set, merge and difference."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.paths import difference, get_path, merged, set_path

TREE: dict[str, Any] = {"a": {"b": [1, {"c": 2}]}, "n": None, "architecture": "hard"}


@pytest.mark.parametrize(("path", "value"), [("a.b.0", 1), ("a.b.1.c", 2), ("n", None), ("a.b.2", "no"), ("x.y", "no")])
def test_get_path(path: str, value: Any) -> None:
    assert get_path(TREE, path, "no") == value


@pytest.mark.parametrize("path", ["a.b.0", "a.b.1.c", "n.m", "new.deep.er", "architecture.name"])
def test_set_path_changes_a_copy(path: str) -> None:
    before = repr(TREE)
    assert get_path(set_path(TREE, path, 9), path) == 9
    assert repr(TREE) == before


def test_set_path_turns_a_bare_name_into_a_mapping() -> None:
    changed = set_path(TREE, "architecture.hidden", [8])
    assert changed["architecture"] == {"name": "hard", "hidden": [8]}


@pytest.mark.parametrize("path", ["a.b.7", "a.b.x", "a.b.0.c"])
def test_set_path_refuses_what_leads_nowhere(path: str) -> None:
    with pytest.raises(KeyError, match=path.replace(".", r"\.")):
        set_path(TREE, path, 1)


def test_merging_back_a_difference_gives_the_tree() -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": 2}
    tree = {"a": {"b": 1, "c": [2]}, "d": 3, "e": {"f": 4}}
    assert difference(tree, base) == {"a": {"c": [2]}, "d": 3, "e": {"f": 4}}
    assert merged(base, difference(tree, base)) == tree
    assert difference(base, base) == {}
