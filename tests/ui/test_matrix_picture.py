"""A matrix as one picture: its pixels are its values, its order is found, its names are safe and fit."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from html import unescape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from ui.matrix_picture import MOST_LABELS, clustered, matrix_picture
from ui.matrix_scale import ABOVE, BELOW, rgb, scale_of
from ui.pixels import png


def drawn(values: Any, **changes: Any) -> str:
    table = np.asarray(values, dtype=float)
    rows, columns = ([f"{side}{i}" for i in range(n)] for side, n in zip("rc", table.shape, strict=True))
    call: dict[str, Any] = {"order": "as is", "diverging": True, "label": "A matrix"} | changes
    return matrix_picture(table, call.pop("rows", rows), call.pop("columns", columns), **call)


def pixels(markup: str) -> np.ndarray:
    """(rows, columns, 4) of the picture in the markup."""
    found = re.search(r'src="data:image/png;base64,([^"]+)"', markup)
    assert found
    return np.asarray(Image.open(io.BytesIO(b64decode(found[1]))).convert("RGBA"))


def data(markup: str, name: str) -> Any:
    found = re.search(f'data-{name}="([^"]*)"', markup)
    assert found
    return json.loads(unescape(found[1]))


def test_every_entry_is_a_pixel_and_zero_is_see_through() -> None:
    seen = pixels(drawn([[2.0, 0.0, -1.0], [-2.0, 1.0, np.nan]]))
    assert seen.shape == (2, 3, 4)
    assert seen[0, 0].tolist() == [*rgb(ABOVE), 255]
    assert seen[1, 0].tolist() == [*rgb(BELOW), 255]
    assert seen[0, 1, 3] == 0
    assert seen[0, 2].tolist() == [*rgb(BELOW), seen[1, 1, 3]], "-1 and 1 are equally strong"
    assert 0 < seen[1, 2, 3] < 100, "a missing value is grey"


def test_values_of_one_sign_have_one_hue_and_no_middle() -> None:
    markup = drawn([[1.0, 2.0], [3.0, 5.0]], diverging=False)
    alpha = pixels(markup)[..., 3]
    assert alpha[0, 0] == 0
    assert alpha[1, 1] == 255
    assert alpha[0, 0] < alpha[0, 1] < alpha[1, 0] < alpha[1, 1]
    assert data(markup, "scale") == [1.0, 5.0]
    assert BELOW not in markup


@pytest.mark.parametrize(
    ("values", "limit", "ends"), [([0.2, -0.5], None, (-0.5, 0.5)), ([0.2], 1.0, (-1, 1)), ([0.0], None, (-1, 1))]
)
def test_a_diverging_scale_reaches_equally_far(
    values: list[float], limit: float | None, ends: tuple[float, float]
) -> None:
    scale = scale_of(np.array(values), diverging=True, limit=limit)
    assert (scale.low, scale.high) == ends
    assert scale.indices(np.array([0.0]))[0] == 128


def test_a_constant_matrix_and_one_of_nothing_are_drawn() -> None:
    assert (pixels(drawn(np.ones((3, 3)), diverging=False))[..., 3] == 0).all()
    assert pixels(drawn(np.full((2, 2), np.nan))).shape == (2, 2, 4)
    assert "img" not in drawn(np.zeros((0, 3)))


def blocks() -> np.ndarray:
    """Correlations of 12 tasks in three groups that are dealt round."""
    group = np.arange(12) % 3
    return np.where(group[:, None] == group[None, :], 0.9, -0.2) + 0.1 * np.eye(12)


def test_clustering_puts_groups_side_by_side_in_one_order_for_both_sides() -> None:
    names = [f"t{i}" for i in range(12)]
    markup = drawn(blocks(), rows=names, columns=names, order="clustered")
    assert data(markup, "rows") == data(markup, "columns")
    groups = [int(name[1:]) % 3 for name in data(markup, "rows")]
    assert sum(a != b for a, b in pairwise(groups)) == 2, groups
    assert drawn(blocks(), rows=names, columns=names, order="clustered") == markup
    assert data(drawn(blocks(), rows=names, columns=names), "rows") == names


def test_two_pictures_can_share_the_order_of_one() -> None:
    names = [f"t{i}" for i in range(12)]
    own = drawn(blocks(), rows=names, columns=names, order="clustered")
    noise = np.random.default_rng(2).normal(size=(12, 12))
    other = drawn(noise, rows=names, columns=names, order="clustered", like=blocks())
    assert data(other, "rows") == data(own, "rows")
    with pytest.raises(ValueError, match=r"must fit the matrix, got \(3, 3\)"):
        drawn(blocks(), rows=names, columns=names, order="clustered", like=np.eye(3))


def test_clustering_is_a_permutation_with_the_first_row_before_the_last() -> None:
    random = np.random.default_rng(0).normal(size=(139, 139))
    random[3, 4] = np.nan
    order = clustered(random)
    assert sorted(order) == list(range(139))
    assert order.index(0) < order.index(138)
    assert clustered(np.ones((2, 5))) == [0, 1]
    assert sorted(clustered(np.zeros((5, 5)))) == [0, 1, 2, 3, 4]


def test_rows_and_columns_of_different_names_have_orders_of_their_own() -> None:
    table = blocks()[:, :6]
    markup = drawn(table, order="clustered")
    assert sorted(data(markup, "columns")) == [f"c{i}" for i in range(6)]
    shown = b64decode(re.search(r'data-values="([^"]+)"', markup)[1])  # type: ignore[index]
    scale = scale_of(table, diverging=True)
    rows, columns = ([int(name[1:]) for name in data(markup, side)] for side in ("rows", "columns"))
    assert shown == scale.indices(table[np.ix_(rows, columns)]).tobytes(), "what is pointed at is what is drawn"


@pytest.mark.parametrize("count", [2, 22, 23, 40, 139])
def test_names_fit_and_the_whole_is_small(count: int) -> None:
    names = [f"school_{i}" for i in range(count)]
    markup = drawn(np.corrcoef(np.random.default_rng(1).normal(size=(count, 9))), rows=names, columns=names)
    sides = re.search(r'<div class="sides">(.*?)</div>', markup)
    assert sides
    spans = re.findall(r"<span( class=\"fine\")?", sides[1])
    assert 2 <= len(spans) <= 2 * MOST_LABELS
    assert sum(not fine for fine in spans) <= MOST_LABELS
    assert len(markup) < 9_000 + 3.2 * count**2
    assert ('class="numbers"' in markup) == (count <= 8)
    ElementTree.fromstring(re.sub(r"<(img[^>]*)>", r"<\1/>", markup.replace("hidden", "")))  # noqa: S314


def test_names_from_outside_are_escaped() -> None:
    names = ['<script>"x"&', "b"]
    markup = drawn(np.eye(2), rows=names, columns=names, label="<b>")
    assert "<script>" not in markup
    assert "<b>" not in markup
    assert data(markup, "rows") == names


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2 row and 2 column names must fit the matrix, got \(2, 3\)"):
        matrix_picture(np.zeros((2, 3)), ["a", "b"], ["a", "b"], order="as is", diverging=True, label="")
    with pytest.raises(ValueError, match="order must be one of as is, clustered, got 'sorted'"):
        drawn(np.eye(2), order="sorted")


def test_a_png_is_what_other_programs_read() -> None:
    indices = np.arange(6, dtype=np.uint8).reshape(2, 3)
    palette = np.column_stack([np.arange(6) * 40, np.zeros(6), np.zeros(6), np.full(6, 200)]).astype(np.uint8)
    seen = np.asarray(Image.open(io.BytesIO(png(indices, palette))).convert("RGBA"))
    assert seen[..., 0].tolist() == [[0, 40, 80], [120, 160, 200]]
    assert (seen[..., 3] == 200).all()
