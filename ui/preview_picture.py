"""The first rows or pictures of a data set as HTML: a table with its columns' names, a grid with captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.datasets.base import Preview
from ui.mask_viewer import as_bytes
from ui.pixels import data_uri, photograph
from ui.words import t

MOST_COLUMNS = 60
LONG_CAPTION = 14
"""Letters from which a caption is a sentence, and its picture as wide as one."""


def preview_markup(preview: Preview, colours: Mapping[str, str]) -> str:
    """What there is to see of a data set: pictures above rows; empty where there is neither.

    Args:
        preview: of the data set.
        colours: of each task; a column of a task's name has its colour.
    """
    parts = []
    if preview.images is not None and len(preview.images):
        parts.append(_pictures(preview.images, preview.captions))
    if preview.rows:
        parts.append(_table(preview.columns, preview.rows, colours))
    return "".join(parts)


def _pictures(images: NDArray[np.uint8], captions: Sequence[str]) -> str:
    words = [*captions[: len(images)], *[""] * (len(images) - len(captions))]
    named = zip(as_bytes(images), words, strict=True)
    size = " sentences" if max(map(len, captions), default=0) > LONG_CAPTION else ""
    figures = "".join(_figure(picture, str(caption)) for picture, caption in named)
    return f'<div class="pictures{size}">{figures}</div>'


def _figure(picture: NDArray[np.uint8], caption: str) -> str:
    """A picture (S, S, 1 or 3) over its caption."""
    under = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{escape(caption)}" src="{data_uri(photograph(picture))}">{under}</figure>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], colours: Mapping[str, str]) -> str:
    """The rows; columns that are tasks stand first, where they are seen without scrolling."""
    order = sorted(range(len(columns)), key=lambda i: columns[i] not in colours)[:MOST_COLUMNS]
    heads = "".join(_head(columns[i], rows[0][i], colours.get(columns[i])) for i in order)
    lines = "".join(f"<tr>{''.join(_cell(row[i]) for i in order)}</tr>" for row in rows)
    more = len(columns) - len(order)
    note = f'<p class="quiet">{escape(t("preview.more_columns", count=more))}</p>' if more else ""
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="rows" tabindex="0" role="region" aria-label="{escape(t("preview.rows"))}">{table}</div>{note}'


def _head(name: str, value: Any, colour: str | None) -> str:
    look = f' style="color:{colour}" title="{escape(t("preview.target"))}"' if colour else ""
    return f'<th scope="col"{_side(value)}{look}>{escape(name)}</th>'


def _cell(value: Any) -> str:
    text = escape(cell_text(value))
    return f'<td{_side(value)} title="{text}">{text}</td>'


def _side(value: Any) -> str:
    """Numbers stand on the right."""
    return "" if isinstance(value, str) else ' class="number"'


def cell_text(value: Any) -> str:
    """A value as a person writes it: whole numbers without a point, others to 5 digits, – where it is missing."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.5g}"
    return str(value)
