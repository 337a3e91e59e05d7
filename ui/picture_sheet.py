"""Many small pictures as one: rows and columns of them, enlarged pixel by pixel."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.markup import show_markup

GAP = 2
CELL = 64
"""px of a picture on the page; smaller ones are enlarged, pixel by pixel."""
Pictures = NDArray[np.uint8]


def show_sheet(
    pictures: Pictures, words: str, key: str, names: Sequence[str] = (), *, cell: int = CELL, width: int | None = None
) -> None:
    """Show (rows, columns, S, S, C) pictures as one, with a name before each row where there are names.

    Args:
        pictures: C is 1 or 3.
        words: what they are, for who cannot see them.
        key: of the element.
        names: of the rows.
        cell: px of a picture on the page, at most.
        width: px of the whole; left out: as wide as there is room.
    """
    columns = pictures.shape[1]
    body = b64encode(png(sheet(pictures))).decode()
    look = f"image-rendering:pixelated;width:100%;max-width:{columns * (cell + GAP)}px;display:block;border-radius:6px"
    image = f'<img alt="{escape(words)}" src="data:image/png;base64,{body}" style="{look}">'
    if names:
        lines = "".join(f'<div style="flex:1;display:flex;align-items:center">{escape(name)}</div>' for name in names)
        left = f'<div style="display:flex;flex-direction:column;font-size:11px;white-space:nowrap">{lines}</div>'
        image = f'<div style="display:flex;gap:8px">{left}<div style="flex:1">{image}</div></div>'
    with st.container(width=width or "stretch"):
        show_markup(image, key=f"sheet:{key}")


def sheet(pictures: Pictures) -> Pictures:
    """(rows, columns, S, S, 1 or 3) pictures in one (H, W, 4), a see-through line apart."""
    rows, columns, height, width, channels = pictures.shape
    whole = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4), 0, dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + GAP), column * (width + GAP)
            place = whole[top : top + height, left : left + width]
            place[..., :3] = pictures[row, column] if channels == 3 else np.repeat(pictures[row, column], 3, axis=2)
            place[..., 3] = 255
    return whole


def png(picture: Pictures) -> bytes:
    """(H, W, 4) as a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=4)
    return file.getvalue()
