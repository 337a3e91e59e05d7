"""Figures as PNG: the SVG drawings as pixels, by resvg, which needs no library of the system but a font."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import escape, unescape
from unicodedata import category, normalize

from mtl_core.errors import MTLError

ZOOM = 3
"""Pixels a unit of the drawing: a figure of 460 × 250 has 1380 × 750."""
BACKGROUND = "#ffffff"
CELL = 24
"""Pixels of the square in which a letter is tried."""
UNKNOWN = "\U0010fffd"
"""A letter for private use, which no font has."""
FAMILIES = (
    "sans-serif, Arial, Helvetica, 'DejaVu Sans', 'Liberation Sans', 'Noto Sans', 'Open Sans', Roboto, Ubuntu, "
    "Cantarell, FreeSans, 'Segoe UI', 'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Zen Hei'"
)
"""Fonts in the order in which they are looked for: on some machines ``sans-serif`` alone names none that is there."""
STYLE = f"text {{ font-family: {FAMILIES} }}"
BASIC = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


def png_of(svg: str) -> bytes:
    """A drawing as PNG, on white.

    Args:
        svg: of :func:`mtl_core.export.svg.chart`, with ``alone``.

    Raises:
        MTLError: where the library resvg-py is not there.
    """
    return _rendered(svg, ZOOM)


def without_glyph(svgs: Iterable[str]) -> list[str]:
    """Letters of the drawings that no font of this machine has: in a PNG they are missing, or an empty box.

    Every letter is drawn by itself and held against one that nobody has.

    Raises:
        MTLError: where even digits or Latin letters are missing: words and numbers need a font.
    """
    texts = " ".join(unescape(text) for svg in svgs for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    alone = {letter for letter in normalize("NFC", texts) if category(letter)[0] not in "CMZ"}
    letters = sorted(alone | BASIC)
    missing = [letter for letter, drawn in zip(letters, _drawn(letters), strict=True) if not drawn]
    if BASIC & set(missing):
        raise MTLError(
            "PNG figures need a font, and this machine has none with Latin letters: install one (on Debian the package "
            "fonts-dejavu-core), or export the figures as SVG"
        )
    return missing


def _drawn(letters: list[str]) -> list[bool]:
    """Of each letter whether it leaves a trace, and another than a letter that no font has."""
    import numpy as np
    from PIL import Image

    middle, baseline = CELL // 2, CELL * 3 // 4
    tried = [*letters, UNKNOWN]
    cells = [
        f'<text x="{i * CELL + middle}" y="{baseline}" text-anchor="middle">{escape(letter)}</text>'
        for i, letter in enumerate(tried)
    ]
    size = f'width="{CELL * len(tried)}" height="{CELL}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="14">{"".join(cells)}</svg>'
    with Image.open(io.BytesIO(_rendered(svg, 1))) as image:
        pixels = np.asarray(image.convert("L")).reshape(CELL, len(tried), CELL)
    dark, box = (pixels < 255).any(axis=(0, 2)), (pixels == pixels[:, -1:]).all(axis=(0, 2))
    return [bool(drawn) for drawn in (dark & ~box)[:-1]]


def _rendered(svg: str, zoom: int) -> bytes:
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MTLError(
            "PNG figures need the library resvg-py: `pip install resvg-py`, or export the figures as SVG"
        ) from error
    return bytes(svg_to_bytes(svg_string=svg, zoom=zoom, background=BACKGROUND, style_sheet=STYLE))
