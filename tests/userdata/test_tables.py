"""From texts to arrays: the order of classes, rare categories, holes, sentences, equal rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.errors import SpecError
from mtl_core.userdata.adding import Report, examine
from mtl_core.userdata.pictures import dense_masks, resized
from mtl_core.userdata.prepared import equal_rows
from mtl_core.userdata.tables import ordered
from tests.userdata.makers import looked_at, uses

N = 40


def report(column: list[Any], kind: str, **more: Any) -> Report:
    """The report on a column ``c`` of this kind, beside an input ``x`` and a target ``y``."""
    rest = {"x": [i * 0.37 % 1 for i in range(len(column))], "y": [i * 0.71 % 1 for i in range(len(column))]}
    return examine(looked_at({"c": column, **rest}, **more), uses(c=kind, x="numeric", y="regression"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["yes", "no"], ["no", "yes"]),
        (["No", "Yes"], ["No", "Yes"]),
        (["true", "false"], ["false", "true"]),
        (["pos", "neg"], ["neg", "pos"]),
        (["good", "bad"], ["bad", "good"]),
        (["是", "否"], ["否", "是"]),
        (["10", "9", "-1"], ["-1", "9", "10"]),
        (["1.5", "1"], ["1", "1.5"]),
        (["b", "B", "a"], ["a", "B", "b"]),
        (["yes", "maybe"], ["maybe", "yes"]),
        (["red", "no"], ["no", "red"]),
    ],
)
def test_classes_have_an_order_that_a_person_expects(values: list[str], expected: list[str]) -> None:
    assert [values[i] for i in ordered(values)] == expected


def test_a_number_written_in_several_ways_is_one_class() -> None:
    found = report((["3", "3.0", "03", "4", "+4"] * 8), "binary")
    (column,) = [c for c in found.prepared.columns if c.name == "c"]
    assert column.classes == ["3", "4"]
    assert found.prepared.of(column)[:5].tolist() == [0, 0, 0, 1, 1]


def test_every_class_is_kept_and_missing_ones_are_minus_one() -> None:
    found = report((["b", "a", "?", "c", ""] * 7 + ["d"] * 5), "multiclass")
    assert found.tasks[0].classes == ("a", "b", "c", "d")
    assert found.prepared.arrays["c0"][:5].tolist() == [1, 0, -1, 2, -1]


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        (
            ["a", "b", "c", "d"] * 10,
            "binary",
            "must have exactly 2 different values to be binary; it has 4: a, b, c, d",
        ),
        (["a"] * N, "binary", "it has 1: a"),
        (
            [f"v{i}" for i in range(300)],
            "multiclass",
            r"must have 2 to 200 different values .* it has 300: v0, .* … \(\+295\)",
        ),
        (["red", "blue"] * 20, "regression", "must hold numbers to be regression; 40 of 40 values are none"),
        (["?"] * N, "numeric", "must hold numbers"),
    ],
)
def test_a_kind_that_does_not_fit_is_refused_with_what_is_there(column: list[str], kind: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        report(column, kind)
    assert [problem.field for problem in caught.value.problems] == ["columns.c.kind"]


def test_all_bad_columns_are_named_at_once() -> None:
    columns = {"a": ["x", "y"] * 20, "b": ["p", "q"] * 20, "x": list(range(0, 80, 2)), "y": ["u", "v"] * 20}
    with pytest.raises(SpecError) as caught:
        examine(looked_at(columns), uses(a="numeric", b="regression", y="binary"))
    assert [problem.field for problem in caught.value.problems] == ["columns.a.kind", "columns.b.kind"]
    with pytest.raises(SpecError, match="no such column; there are a, b, x, y"):
        examine(looked_at(columns), uses(z="numeric"))


def test_rare_categories_and_holes_share_a_column() -> None:
    found = report((["a"] * 20 + ["b"] * 15 + ["c", "d"] + ["?"] * 3), "categorical")
    (column,) = [c for c in found.prepared.columns if c.name == "c"]
    assert (column.categories, column.rest, column.width) == (["a", "b"], True, 3)
    assert found.prepared.of(column)[[0, 20, 35, 36, 37]].tolist() == [0, 1, 2, 2, -1]
    assert [one.values["count"] for one in found.findings if one.code == "rare_categories"] == [2]


def test_at_most_fifty_categories_have_a_column() -> None:
    found = report([f"k{i % 80}" for i in range(800)], "categorical")
    assert found.width == 50 + 1 + 1


@pytest.mark.parametrize(
    ("holes", "indicator"), [(0, False), (1, False), (2, True), (200, True), (398, True), (399, False)]
)
def test_a_column_says_where_values_are_missing_if_they_are_neither_rare_nor_all(holes: int, indicator: bool) -> None:
    found = report((["?"] * holes + [str(i * 0.5) for i in range(400 - holes)]), "numeric")
    assert found.prepared.columns[0].indicator == indicator
    assert np.isnan(found.prepared.arrays["c0"]).sum() == holes


def test_infinite_and_enormous_numbers_count_as_missing_and_are_named() -> None:
    found = report((["1e400", "-1e31", "1e29"] + ["5"] * (N - 3)), "numeric")
    assert np.isnan(found.prepared.arrays["c0"][:4]).tolist() == [True, True, False, False]
    (one,) = [one for one in found.findings if one.code == "not_numbers"]
    assert one.values["places"] == "2: '1e400', 3: '-1e31'"


def test_sentences_become_words_and_long_ones_are_cut() -> None:
    texts = [f"The small {colour} thing: number {i}!" for i, colour in enumerate(["red", "blue"] * 20)]
    texts[3] = "word " * 150
    found = report([text.strip() for text in texts], "text")
    prepared = found.prepared
    assert prepared.sentences is not None
    assert prepared.sentences.length == 100
    assert prepared.arrays["c0"].shape == (N, 100)
    assert [prepared.words[number - 2] for number in prepared.arrays["c0"][0][:4]] == ["the", "small", "red", "thing"]
    assert [one.values["count"] for one in found.findings if one.code == "long_texts"] == [1]


def test_rows_without_any_target_are_left_out() -> None:
    columns = {"x": list(range(0, 60, 2)), "y": ["?" if i % 3 == 0 else i * 0.3 for i in range(30)]}
    found = examine(looked_at(columns), uses(x="numeric", y="regression"))
    assert found.rows == 20
    assert found.prepared.arrays["c0"][:3].tolist() == [2, 4, 8]


def test_equal_rows_have_equal_numbers_whatever_their_kind() -> None:
    numbers = np.array([1.0, np.nan, 1.0, -0.0, 0.0, np.nan])
    codes = np.array([0, 1, 0, 2, 2, 1], np.int32)
    pictures = np.zeros((6, 1, 32, 32), np.uint8)
    pictures[5, 0, 31, 31] = 1
    assert len(np.unique(equal_rows([numbers, codes]))) == 3
    groups = equal_rows([numbers, codes, pictures])
    assert groups[0] == groups[2]
    assert groups[3] == groups[4]
    assert groups[1] != groups[5]
    many = np.random.default_rng(0).normal(size=(20_000, 3))
    assert len(np.unique(equal_rows([many]))) == 20_000
    swapped = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert len(np.unique(equal_rows([swapped]))) == 2


def test_masks_become_dense_and_are_resized_without_new_values() -> None:
    masks = np.zeros((2, 32, 32), np.uint8)
    masks[:, 8:16, 8:16], masks[:, 20:, 20:] = 7, 255
    dense, values, found = dense_masks(masks, "m")
    assert values == [0, 7]
    assert found == []
    assert set(np.unique(resized(dense, 48, nearest=True))) == {0, 1, 255}
    picture = np.zeros((1, 3, 32, 32), np.uint8)
    picture[..., 16:] = 200
    smaller = resized(picture, 64)
    assert smaller.shape == (1, 3, 64, 64)
    assert smaller.mean() == pytest.approx(100, abs=1)
