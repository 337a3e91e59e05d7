"""Which type a column is taken for, and what it is suggested for."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.userdata.manifest import Choice
from tests.userdata.makers import flats, looked_at

N = 60


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"{i * 0.37:.2f}" for i in range(N)], "numeric"),
        ([str(i % 3) for i in range(N)], "numeric"),
        ([f"1e{i % 5}" for i in range(N)], "numeric"),
        (["?"] * 30 + [str(i % 7) for i in range(30)], "numeric"),
        (["oops"] + [str(i % 7) for i in range(N - 1)], "numeric"),
        ([["red", "blue"][i % 2] for i in range(N)], "categorical"),
        ([f"2024-{i % 12 + 1:02d}-03" for i in range(N)], "date"),
        ([f"{i % 28 + 1}.3.2021 10:30" for i in range(N)], "date"),
        ([f"12:{i % 60:02d}" for i in range(N)], "date"),
        ([f"a sentence with the word {chr(97 + i % 26)}{i}" for i in range(N)], "text"),
        (["NA"] * N, "empty"),
        ([f"=A{i % 4}+1" for i in range(N)], "categorical"),
    ],
)
def test_types(cells: list[str], kind: str) -> None:
    found = looked_at({"x": cells, "y": [i % 2 for i in range(N)]}).columns[0]
    assert found.type == kind


def test_decimal_commas_are_read_where_there_are_more_of_them() -> None:
    from mtl_core.userdata.inspection import inspect

    text = "x;y\n" + "".join(f"{i},5;{i}.5\n" for i in range(20))
    first, second = inspect(text.encode(), "t.csv").columns
    assert (first.type, first.decimal) == ("numeric", ",")
    assert (second.type, second.decimal) == ("numeric", ".")


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("x", [str(i) for i in range(100, 100 + N)], True),
        ("customer_id", [str(7 * i + i * i) for i in range(N)], True),
        ("customerId", [str(7 * i + i * i) for i in range(N)], True),
        ("编号", [str(3 * i) for i in range(N)], True),
        ("x", [str(7 * i + i * i) for i in range(N)], False),
        ("width", [f"{i * 0.31:.2f}" for i in range(N)], False),
        ("x", [f"AB-{i:05d}" for i in range(N)], True),
        ("x", [f"AB-{i // 2:05d}" for i in range(N)], False),
        ("idea", [str(7 * i + i * i) for i in range(N)], False),
    ],
)
def test_what_names_the_row_is_seen(name: str, cells: list[str], expected: bool) -> None:
    found = looked_at({name: cells, "y": [i % 2 for i in range(N)]})
    assert found.columns[0].id_like == expected
    assert ("id_like" in [one.code for one in found.findings]) == expected


def test_a_constant_column_is_seen_even_with_holes() -> None:
    found = looked_at({"x": ["7", "?"] * 30, "y": list(range(N))})
    assert found.columns[0].constant
    assert found.suggested["x"].role == "ignore"


def suggestions(columns: dict[str, list[Any]]) -> dict[str, tuple[str, str | None]]:
    return {name: (choice.role, choice.kind) for name, choice in looked_at(columns).suggested.items()}


def test_suggestions_for_a_mixed_table() -> None:
    assert suggestions(flats()) == {
        "flat id": ("ignore", None),
        "area": ("input", "numeric"),
        "age": ("input", "numeric"),
        "district": ("input", "categorical"),
        "rent": ("input", "numeric"),
        "quiet": ("target", "binary"),
    }


def test_targets_are_known_by_their_names() -> None:
    values = {"label_a": ["x", "y", "z"] * 20, "w": [i * 0.7 for i in range(N)], "target": [i * 0.3 for i in range(N)]}
    found = suggestions({**values, "b": [i % 5 for i in range(N)]})
    assert found["label_a"] == ("target", "multiclass")
    assert found["target"] == ("target", "regression")
    assert found["b"] == ("input", "numeric")


def test_a_choice_whose_kind_is_not_of_its_role_is_refused() -> None:
    with pytest.raises(ValueError, match="a target is regression, binary"):
        Choice(role="target", kind="numeric")
    with pytest.raises(ValueError, match="an input is numeric, categorical"):
        Choice(role="input", kind="binary")
