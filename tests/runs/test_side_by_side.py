"""Runs side by side, and nested values laid flat."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.errors import RunNotFound
from mtl_core.flat import flattened
from mtl_core.runs.side_by_side import differences, side_by_side
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec


def test_leaves_have_dotted_paths() -> None:
    tree: dict[str, Any] = {
        "a": {"b": 1, "c": {"d": [1, 2]}},
        "terms": [{"name": "x", "strength": 0.1}, {"name": "y"}],
        "nothing": {},
        "none": [],
        "null": None,
    }
    assert flattened(tree) == {
        "a.b": 1,
        "a.c.d": [1, 2],
        "terms.0.name": "x",
        "terms.0.strength": 0.1,
        "terms.1.name": "y",
        "nothing": {},
        "none": [],
        "null": None,
    }
    assert flattened({}) == {}


def test_only_what_differs_is_told() -> None:
    raw = [{}, {"epochs": 7}, {"epochs": 7, "architecture": "soft"}]
    found = differences([parse_spec(one).model_dump(mode="json") for one in raw])
    assert found == {
        "architecture.name": ("hard", "hard", "soft"),
        "regularizers": ([], [], None),
        "epochs": (100, 7, 7),
        "regularizers.0.name": (None, None, "l2_distance"),
        "regularizers.0.strength": (None, None, 0.01),
    }
    assert differences([{"a": 1}]) == {}
    assert differences([]) == {}


def test_runs_without_numbers_have_empty_columns(store: Store) -> None:
    run = store.create(parse_spec({}), "me")
    found = side_by_side(store, [run, run])
    assert (found.runs, found.statuses, found.steps) == ((run, run), ("queued", "queued"), (0, 0))
    assert (found.parameters, found.differences, found.metrics) == ((None, None), {}, {"validation": {}, "test": {}})
    with pytest.raises(RunNotFound):
        side_by_side(store, [run, "nobody"])
