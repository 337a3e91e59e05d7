"""What a drawing becomes among a data set's pictures: centred by mass, set upright, or left where it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mtl_core.datasets import DATASETS
from mtl_core.datasets.drawing import INNER, as_it_is, by_height, by_mass
from mtl_core.errors import DataError

Pixels = np.ndarray
DRAWN = ("digits", "mnist", "multi_mnist")
SIDE = 28


def canvas(*strokes: tuple[slice, slice], side: int = 84) -> Pixels:
    """A black square with white boxes."""
    ink = np.zeros((side, side), dtype=np.uint8)
    for rows, columns in strokes:
        ink[rows, columns] = 255
    return ink


def seven(down: int = 0, right: int = 0) -> Pixels:
    """A bar on top of a stem, so that mass and box have different middles."""
    return canvas(
        (slice(10 + down, 16 + down), slice(12 + right, 40 + right)),
        (slice(16 + down, 60 + down), slice(32 + right, 40 + right)),
    )


def slanted(lean: float) -> Pixels:
    """A straight stroke that goes ``lean`` columns to the left with each row."""
    ink = canvas()
    for row in range(12, 72):
        middle = 42 - round(lean * (row - 42))
        ink[row, middle - 3 : middle + 4] = 255
    return ink


def middle(picture: Pixels) -> tuple[float, float]:
    """Row and column of the centre of mass."""
    weight = picture.astype(float)
    return tuple(float((axis * weight).sum() / weight.sum()) for axis in np.indices(picture.shape))


def box(picture: Pixels) -> tuple[int, int, int, int]:
    """First and last row and column with ink."""
    rows, columns = np.nonzero(picture >= 16)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def lean(picture: Pixels) -> float:
    """Columns by which the ink goes left with each row: the slope of its regression line."""
    rows, columns = np.indices(picture.shape)
    weight = picture.astype(float)
    y, x = rows - np.average(rows, weights=weight), columns - np.average(columns, weights=weight)
    return -float((weight * x * y).sum() / (weight * y * y).sum())


@pytest.mark.parametrize(
    ("drawn", "long"),
    [(seven(), 0), (seven().T.copy(), 1), (canvas((slice(0, 84), slice(0, 84))), 0), (slanted(0.5), 0)],
    ids=["seven", "lying", "full", "slanted"],
)
def test_by_mass_fills_20_of_28_with_its_mass_in_the_middle(drawn: Pixels, long: int) -> None:
    picture = by_mass(drawn, SIDE)
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE), np.uint8)
    top, bottom, left, right = box(picture)
    assert (bottom - top + 1, right - left + 1)[long] == round(SIDE * INNER) == 20
    assert middle(picture) == pytest.approx((13.5, 13.5), abs=0.5)


def test_by_mass_does_not_cut_ink_off() -> None:
    """Of one whose mass lies at its edge the box reaches the border instead of leaving the picture."""
    heavy = canvas((slice(0, 80), slice(0, 2)), (slice(70, 80), slice(0, 80)))
    picture = by_mass(heavy, SIDE)
    top, bottom, left, right = box(picture)
    assert (bottom - top + 1, right - left + 1) == (20, 20)


def test_where_one_draws_does_not_matter() -> None:
    for framed in (lambda ink: by_mass(ink, SIDE), lambda ink: by_height(ink, 32, 24, 0.25)):
        np.testing.assert_array_equal(framed(seven()), framed(seven(20, 30)))


def test_by_height_is_as_high_as_the_picture_and_in_its_middle() -> None:
    picture = by_height(seven(), 32, 24, 0.0)
    top, bottom, left, right = box(picture)
    assert (picture.shape, picture.dtype, top, bottom) == ((32, 32), np.uint8, 0, 31)
    assert (left + right) / 2 == pytest.approx(15.5, abs=0.5)


@pytest.mark.parametrize("how", [-0.6, -0.3, 0.3, 0.6])
def test_by_height_sets_a_slanted_stroke_upright(how: float) -> None:
    drawn = slanted(how)
    assert lean(drawn) == pytest.approx(how, abs=0.03)
    upright = by_height(drawn, 32, 24, 0.0)
    assert lean(upright) == pytest.approx(0, abs=0.05)
    _, _, left, right = box(upright)
    assert right - left + 1 <= 7, "of 7/60 of its height, and the edges of the pixels"


def test_by_height_thickens_thin_strokes_until_there_is_ink_enough() -> None:
    thin = canvas((slice(4, 80), slice(40, 42)))
    without, least = by_height(thin, 32, 24, 0.0), 0.25
    assert without.mean() < 255 * least
    assert by_height(thin, 32, 24, least).mean() >= 255 * least
    thick = canvas((slice(4, 80), slice(10, 70)))
    np.testing.assert_array_equal(by_height(thick, 32, 24, least), by_height(thick, 32, 24, 0.0))


@pytest.mark.parametrize("widest", [1, 12, 24, 32])
def test_by_height_is_at_most_so_wide(widest: int) -> None:
    wide = canvas((slice(40, 46), slice(2, 82)), (slice(30, 40), slice(2, 10)), (slice(30, 40), slice(74, 82)))
    _, _, left, right = box(by_height(wide, 32, widest, 0.0))
    assert right - left + 1 <= widest


def test_as_it_is_moves_nothing() -> None:
    drawn = canvas((slice(0, 3), slice(0, 3)), (slice(81, 84), slice(42, 45)))
    picture = as_it_is(drawn, SIDE)
    assert sorted(zip(*np.nonzero(picture), strict=True)) == [(0, 0), (27, 14)]
    assert set(picture[picture > 0].tolist()) == {255}


@pytest.mark.parametrize("ink", [canvas(), np.full((84, 84), 15, np.uint8)], ids=["black", "below what counts as ink"])
@pytest.mark.parametrize(
    "framed",
    [lambda ink: by_mass(ink, SIDE), lambda ink: by_height(ink, 32, 24, 0.25), lambda ink: as_it_is(ink, SIDE)],
    ids=["by_mass", "by_height", "as_it_is"],
)
def test_an_empty_drawing_is_told_in_words(framed: Callable[[Pixels], Pixels], ink: Pixels) -> None:
    with pytest.raises(DataError, match="the drawing is empty; draw a digit first"):
        framed(ink)


@pytest.mark.parametrize("shape", [(0, 0), (84,), (84, 84, 3)])
def test_a_drawing_is_a_picture_of_grey_values(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"found the shape \("):
        by_mass(np.zeros(shape, dtype=np.uint8), SIDE)


@pytest.mark.parametrize("ink", [canvas((slice(40, 41), slice(40, 41))), canvas((slice(0, 84), slice(0, 84)))])
def test_a_dot_and_a_full_canvas_are_framed_too(ink: Pixels) -> None:
    for name in DRAWN:
        picture = DATASETS[name].model_validate({"name": name}).drawn(ink)
        assert picture is not None
        assert picture.max() > 0


@pytest.mark.parametrize("name", DATASETS)
def test_which_data_sets_have_pictures_that_one_draws(name: str) -> None:
    dataset = DATASETS[name].model_validate({"name": name})
    picture = dataset.drawn(seven())
    if name not in DRAWN:
        assert picture is None
        return
    assert picture is not None
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE), np.uint8)
    assert picture.max() > 127
    with pytest.raises(DataError, match="the drawing is empty"):
        dataset.drawn(canvas())
