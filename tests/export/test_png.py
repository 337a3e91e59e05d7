"""Figures as PNG: their size, a curve's colour, their words, and letters that no font has."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtl_core.errors import MTLError
from mtl_core.export import EXPORTS, bundle, png
from mtl_core.export.png import ZOOM, png_of, without_glyph
from mtl_core.export.svg import COLOURS, HEIGHT, WIDTH, Series, chart
from tests.export.helpers import Bench

LINES = [Series("train", [(i, 1.0 / (i + 1)) for i in range(20)]), Series("validation", [(0, 0.9), (19, 0.4)])]


def drawing(title: str = "quality: loss") -> str:
    return chart(title, LINES, x_label="epoch", alone=True)


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def count(found: np.ndarray, colour: str) -> int:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((found == wanted).all(axis=2).sum())


def test_a_drawing_has_its_size_its_colours_and_a_white_ground() -> None:
    found = pixels(png_of(drawing()))
    assert found.shape == (ZOOM * HEIGHT, ZOOM * WIDTH, 3)
    assert count(found, COLOURS[0]) > 2_000
    assert count(found, COLOURS[1]) > 1_000
    assert count(found, COLOURS[2]) == 0
    assert count(found, "#ffffff") > 0.9 * found.shape[0] * found.shape[1]


def test_words_and_numbers_can_be_seen() -> None:
    """The title's line holds ink, and another title other ink."""
    one, other = (pixels(png_of(drawing(title)))[: 16 * ZOOM] for title in ("quality: loss", "good: loss"))
    assert (one < 128).sum() > 500
    assert (one != other).any()


def only(monkeypatch: pytest.MonkeyPatch, **fonts: Any) -> None:
    """Draw with these fonts instead of the machine's."""
    from resvg_py import svg_to_bytes

    def rendered(svg: str, zoom: int) -> bytes:
        return bytes(svg_to_bytes(svg_string=svg, zoom=zoom, background="#fff", skip_system_fonts=True, **fonts))

    monkeypatch.setattr(png, "_rendered", rendered)


def test_letters_that_no_font_has_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="its DejaVu Sans is the font of this test")
    font = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    only(monkeypatch, font_files=[font], font_family="DejaVu Sans")
    assert without_glyph([drawing("quality & <good>, \u00fc u\u0308 \u03bb: loss")]) == []
    assert without_glyph([drawing("\u9152 and \U0001f377: loss")]) == ["\u9152", "\U0001f377"]


def test_a_font_is_found_where_sans_serif_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="its DejaVu Sans is the font of this test")
    files = [f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"]
    only(monkeypatch, font_files=files, font_family="sans-serif", sans_serif_family="Nobody")
    with pytest.raises(MTLError, match="none with Latin letters"):
        without_glyph([drawing()])
    only(monkeypatch, font_files=files, sans_serif_family="Nobody", style_sheet=png.STYLE)
    assert without_glyph([drawing()]) == []


def test_without_a_font_there_is_no_silent_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    with pytest.raises(MTLError, match=r"this machine has none with Latin letters: install one .* as SVG"):
        without_glyph([drawing()])


def test_without_the_library_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MTLError, match="need the library resvg-py: `pip install resvg-py`"):
        png_of(drawing())


def names(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_a_run_gives_the_same_figures_as_svg_and_as_png(bench: Bench, wine: str) -> None:
    drawn, dots = EXPORTS["figures"](bench.store, wine), EXPORTS["figures_png"](bench.store, wine)
    assert [name.removesuffix(".svg") for name in names(drawn.content)] == [
        name.removesuffix(".png") for name in names(dots.content)
    ]
    assert (dots.name.endswith("-figures-png.zip"), dots.left_out) == (True, ())
    assert len(names(bundle(bench.store, [wine], ["figures", "figures_png"]).content)) == 2


def test_a_missing_letter_is_told_with_the_file(bench: Bench, wine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.export.curves.without_glyph", lambda _: ["酒"])
    found = EXPORTS["figures_png"](bench.store, wine)
    assert found.left_out == ("no font of this machine has 酒: the PNG figures show a box, or nothing, in their place",)
    both = bundle(bench.store, [wine], ["spec", "figures_png"])
    assert "left-out.txt" in names(both.content)
    assert "figures_png: no font of this machine has 酒" in both.left_out[0]
