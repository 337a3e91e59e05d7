"""From what the board tells to a question: rows, values, drawings and pictures of one's own."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtl_core.errors import DataError, MTLError
from mtl_core.spec import RunSpec, parse_spec
from ui import predict_question
from ui.predict_question import drawing, own_picture, packed, question_of

WINE = parse_spec({"dataset": "wine_quality"})
DIGITS = parse_spec({"dataset": "digits"})
MNIST = parse_spec({"dataset": "mnist"})
FASHION = parse_spec({"dataset": "fashion_mnist"})
SHAPES = parse_spec({"dataset": {"name": "shapes", "options": {"size": 16}}})


def one(side: int = 84) -> np.ndarray:
    """An upright stroke, white on black."""
    ink = np.zeros((side, side), np.uint8)
    ink[side // 8 : -side // 8, side // 2 - side // 16 : side // 2 + side // 16] = 255
    return ink


def file_of(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """A picture file of (H, W) or (H, W, 3) bytes."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def asked(**fields: Any) -> dict[str, Any]:
    return {"seq": 1, "row": 4, "source": "row", **fields}


def pixels_of(question: dict[str, Any], side: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(question["image"]), np.uint8).reshape(-1, side, side)


@pytest.mark.parametrize(
    ("given", "question"),
    [
        ({}, {"row": 4}),
        ({"source": "own of long ago", "start": 3, "ink": "…"}, {"row": 4}),
        ({"table": [1.0, None]}, {"row": 4, "table": [1.0, None]}),
        ({"text": "red circle"}, {"row": 4, "text": "red circle"}),
        ({"source": "z", "start": 2, "ways": [0.5]}, {"row": 4, "start": 2, "ways": [0.5]}),
    ],
)
def test_what_is_asked_is_what_was_touched(given: dict[str, Any], question: dict[str, Any]) -> None:
    assert question_of(WINE, asked(**given), None) == question


def test_before_there_is_a_board_the_first_row_is_asked() -> None:
    assert question_of(WINE, {"seq": 0, "row": 0, "source": "row"}, None) == {"row": 0}


@pytest.mark.parametrize("spec", [DIGITS, MNIST], ids=["digits", "mnist"])
def test_a_drawing_is_framed_as_the_data_sets_own_pictures(spec: RunSpec) -> None:
    question = question_of(spec, asked(source="draw", ink=packed(one())), None)
    assert question["row"] == 4
    np.testing.assert_array_equal(pixels_of(question, 28)[0], spec.dataset.build().drawn(one()))


@pytest.mark.parametrize(
    ("spec", "ink", "words"),
    [
        (DIGITS, packed(np.zeros((84, 84), np.uint8)), "the drawing is empty; draw a digit first"),
        (DIGITS, "", "the drawing must be a square of bytes, found 0; draw again"),
        (DIGITS, packed(np.zeros(85, np.uint8)), "the drawing must be a square of bytes, found 85; draw again"),
        (DIGITS, "a!", "the drawing must be base64"),
        (DIGITS, "ä", "the drawing must be base64"),
        (SHAPES, packed(one()), "shapes has no pictures that one draws; choose one of the test set"),
    ],
)
def test_a_drawing_that_is_none_is_told_of(spec: RunSpec, ink: str, words: str) -> None:
    with pytest.raises(MTLError, match=words):
        drawing(spec, ink)


def test_a_picture_is_asked_for_before_it_is_there() -> None:
    with pytest.raises(MTLError, match="choose a picture file first"):
        question_of(DIGITS, asked(source="own"), None)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP"])
def test_dark_on_light_is_turned_round(kind: str) -> None:
    """A photo of a digit on paper is read as white ink on a black canvas."""
    options = {"lossless": True} if kind == "WEBP" else {}
    light_on_dark = own_picture(DIGITS, file_of(one(112), kind, **options))
    np.testing.assert_array_equal(own_picture(DIGITS, file_of(255 - one(112), kind, **options)), light_on_dark)
    assert light_on_dark.shape == (1, 28, 28)
    np.testing.assert_array_equal(light_on_dark[0], DIGITS.dataset.build().drawn(one(112)))


def test_paper_need_not_be_white_nor_ink_black() -> None:
    grey = np.where(one(112) > 0, 60, 190).astype(np.uint8)
    np.testing.assert_array_equal(own_picture(MNIST, file_of(grey)), own_picture(MNIST, file_of(255 - one(112))))


def test_the_size_of_a_photo_does_not_matter() -> None:
    """But for the grey at the edges of its strokes, which may make the box a pixel larger."""
    small, large = (own_picture(MNIST, file_of(one(side))).ravel() for side in (112, 560))
    assert np.corrcoef(small, large)[0, 1] > 0.85


def test_a_shadow_on_the_paper_is_no_ink() -> None:
    """A photo is brighter on one side, and its sensor adds noise; the digit is found all the same."""
    random = np.random.default_rng(0)
    paper = np.linspace(205, 150, 112)[None, :] + random.normal(0, 5, (112, 112))
    photo = np.where(one(112) > 0, 40 + random.normal(0, 5, (112, 112)), paper).clip(0, 255).astype(np.uint8)
    for spec in (MNIST, DIGITS):
        clean = own_picture(spec, file_of(one(112))).ravel()
        assert np.corrcoef(own_picture(spec, file_of(photo)).ravel(), clean)[0, 1] > 0.97


def test_grey_pictures_that_one_does_not_draw_keep_their_place() -> None:
    """Only turned round and made smaller: a shirt is no digit."""
    shirt = np.zeros((112, 112), np.uint8)
    shirt[8:40, 8:40] = 200
    picture = own_picture(FASHION, file_of(shirt))
    assert picture.shape == (1, 28, 28)
    expected = np.zeros((28, 28), np.uint8)
    expected[2:10, 2:10] = 200
    np.testing.assert_array_equal(picture[0], expected)


def test_colours_stay_as_they_are() -> None:
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[..., 0], colours[:32, :, 2] = 250, 80
    picture = own_picture(SHAPES, file_of(colours))
    assert (picture.shape, picture.dtype) == ((3, 16, 16), np.uint8)
    assert set(picture[0].ravel().tolist()) == {250}
    assert (picture[2, 0, 0], picture[2, -1, 0], picture[1].max()) == (80, 0, 0)


def test_a_colour_photo_for_a_grey_network_is_its_brightness() -> None:
    photo = np.repeat(one(112)[..., None], 3, axis=2)
    np.testing.assert_array_equal(own_picture(DIGITS, file_of(photo)), own_picture(DIGITS, file_of(one(112))))


@pytest.mark.parametrize("spec", [DIGITS, FASHION, SHAPES], ids=["digits", "fashion", "shapes"])
@pytest.mark.parametrize(
    "content",
    [b"", b"no picture at all", file_of(one(112))[:100], b"%PDF-1.4 and so on"],
    ids=["empty", "text", "cut off", "another kind"],
)
def test_a_file_that_is_no_picture_is_told_of(spec: RunSpec, content: bytes) -> None:
    with pytest.raises(DataError, match="your picture"):
        own_picture(spec, content)


def test_a_picture_of_too_many_pixels_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_question, "MOST_PIXELS", 112 * 112 - 1)
    with pytest.raises(DataError, match=r"your picture.*pixels"):
        own_picture(DIGITS, file_of(one(112)))


def test_a_blank_sheet_is_no_digit() -> None:
    for grey in (0, 128, 255):
        with pytest.raises(DataError, match="the drawing is empty"):
            own_picture(DIGITS, file_of(np.full((112, 112), grey, np.uint8)))
