"""A whole matrix as one picture: a pixel an entry, names where they fit, the value where one points."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtl_core.numerals import typeset
from ui.matrix_scale import Scale, scale_of
from ui.network_shapes import text_width
from ui.pixels import data_uri, png
from ui.words import t

ORDERS = ("as is", "clustered")
MOST_LABELS = 22
"""Names along a side of 300 px, at most; a wide page has room for twice as many."""
WIDEST_CELL, WIDEST = 46, 620
"""px; a small matrix is not blown up, a large one fills its place up to the second."""
MOST_PRINTED = 8
"""Rows and columns, at most, of a matrix whose numbers are printed too."""
LABEL, LONGEST_LABEL = 11.0, 130.0
TALLEST, FLATTEST = 1.5, 0.42
"""Height of the picture by its width, at most and at least: entries of a long matrix are not square."""


def matrix_picture(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    order: str,
    diverging: bool,
    label: str,
    limit: float | None = None,
    like: ArrayLike | None = None,
) -> str:
    """The matrix as HTML for :func:`ui.markup.show_markup`, about 3 bytes an entry.

    Args:
        values: (rows, columns) numbers; NaN where one is missing.
        rows: a name each.
        columns: a name each.
        order: ``as is``, or ``clustered``: rows, and columns, that resemble each other stand side by side; a matrix
            over the same names both ways keeps one order for both.
        diverging: for signed values: 0 is the background, orange below, blue above.
        label: what the picture shows, in words.
        limit: end of a diverging scale (1 for correlations); left out: the largest absolute value.
        like: a matrix over the same names whose clusters give the order, so that two pictures can be compared.

    Raises:
        ValueError: if the names do not fit the matrix, or the order is unknown.
    """
    table, model = (np.asarray(given, dtype=np.float64) for given in (values, values if like is None else like))
    for given in (table, model):
        if given.shape != (len(rows), len(columns)):
            raise ValueError(f"{len(rows)} row and {len(columns)} column names must fit the matrix, got {given.shape}")
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}, got {order!r}")
    if not table.size:
        return f'<figure class="matrix"><figcaption>{escape(t("matrix.empty"))}</figcaption></figure>'
    down, across = arranged(model, rows, columns) if order == "clustered" else (range(len(rows)), range(len(columns)))
    table = table[np.ix_(down, across)]
    scale = scale_of(table, diverging=diverging, limit=limit)
    names = [rows[i] for i in down], [columns[j] for j in across]
    return (
        f'<figure class="matrix"{_values(table, scale, *names)}>{_frame(table, scale, *names, label)}'
        f"{_legend(table, scale)}<output hidden></output></figure>"
    )


def arranged(table: NDArray[np.float64], rows: Sequence[str], columns: Sequence[str]) -> tuple[list[int], list[int]]:
    """Row and column numbers in the order of :func:`clustered`; of one order where both have the same names."""
    down = clustered(table)
    return down, down if list(rows) == list(columns) else clustered(table.T)


def clustered(table: NDArray[np.float64]) -> list[int]:
    """Row numbers in the order of the leaves of a tree of average linkage over Euclidean distances.

    Neighbouring leaves are as near as the tree lets them be (Bar-Joseph, Gifford and Jaakkola 2001, Fast optimal leaf
    ordering for hierarchical clustering); of the two directions the one in which the first row comes before the last.
    """
    if len(table) < 3:
        return list(range(len(table)))
    from scipy.cluster.hierarchy import leaves_list, linkage  # 0.5 s, which no other view need wait for
    from scipy.spatial.distance import pdist

    tree = linkage(pdist(np.nan_to_num(table)), "average", optimal_ordering=True)
    order: list[int] = leaves_list(tree).tolist()
    return order if order.index(0) < order.index(len(table) - 1) else order[::-1]


def _values(table: NDArray[np.float64], scale: Scale, rows: Sequence[str], columns: Sequence[str]) -> str:
    """What the browser needs to say a value where one points: to 1/254 of the scale, exact where it is printed."""
    data: dict[str, Any] = {
        "values": b64encode(scale.indices(table).tobytes()).decode(),
        "scale": json.dumps([scale.low, scale.high]),
        "rows": json.dumps(list(rows), ensure_ascii=False),
        "columns": json.dumps(list(columns), ensure_ascii=False),
        "missing": t("matrix.missing"),
    }
    return "".join(f' data-{name}="{escape(text)}"' for name, text in data.items())


def _frame(table: NDArray[np.float64], scale: Scale, rows: Sequence[str], columns: Sequence[str], label: str) -> str:
    beside, above = _room(rows), _room(columns) if _turned(columns) else 18
    height, width = table.shape
    aspect = min(TALLEST, max(FLATTEST, height / width)) if min(height, width) > 1 else height / width
    widest = beside + min(WIDEST, WIDEST_CELL * width)
    words = f"{label}. {_range(table)}"
    crowded = " crowded" if max(height, width) > MOST_PRINTED else ""
    return (
        f'<div class="frame{crowded}" style="max-width:{widest:.0f}px;--beside:{beside:.0f}px">'
        f'<div class="heads{" turned" if _turned(columns) else ""}" style="height:{above:.0f}px">'
        f"{_labels(columns, 'left', MOST_LABELS)}</div>"
        f'<div class="sides">{_labels(rows, "top", max(1, int(MOST_LABELS * min(1.0, aspect))))}</div>'
        f'<div class="cells" style="aspect-ratio:1/{aspect:.3f}"><img alt="{escape(words)}" draggable="false" '
        f'src="{data_uri(png(scale.indices(table), scale.palette()))}">{_printed(table)}</div></div>'
    )


def _labels(names: Sequence[str], side: str, most: int) -> str:
    """The names that fit, each at the middle of its entry; every second one only where the page is wide."""
    crowded = len(names) > most
    step = -(-len(names) // (2 * most)) if crowded else 1
    spans = []
    for i in range(0, len(names), step):
        look = ' class="fine"' if crowded and i // step % 2 else ""
        spans.append(f'<span{look} style="{side}:{100 * (i + 0.5) / len(names):.2f}%">{escape(names[i])}</span>')
    return "".join(spans)


def _printed(table: NDArray[np.float64]) -> str:
    """The numbers themselves, where there are few."""
    height, width = table.shape
    if height > MOST_PRINTED or width > MOST_PRINTED:
        return ""
    spans = [
        f'<span style="left:{100 * (j + 0.5) / width:.2f}%;top:{100 * (i + 0.5) / height:.2f}%">{_number(value)}</span>'
        for i, line in enumerate(table)
        for j, value in enumerate(line)
    ]
    return f'<div class="numbers" aria-hidden="true">{"".join(spans)}</div>'


def _legend(table: NDArray[np.float64], scale: Scale) -> str:
    ticks = "".join(f'<span style="left:{100 * place:.0f}%">{_number(value)}</span>' for place, value in scale.ticks())
    missing = "" if np.isfinite(table).all() else f'<i class="gap"></i><small>{escape(t("matrix.missing"))}</small>'
    bar = f'<div class="scale"><i style="background:{scale.gradient()}"></i>{ticks}</div>'
    return f"<figcaption>{bar}{missing}</figcaption>"


def _range(table: NDArray[np.float64]) -> str:
    known = table[np.isfinite(table)]
    low, high = (_number(known.min()), _number(known.max())) if len(known) else ("–", "–")
    return t("matrix.range", rows=table.shape[0], columns=table.shape[1], low=low, high=high)


def _number(value: float) -> str:
    """Two digits, with a true minus; nothing but a dash where it is missing."""
    if not np.isfinite(value):
        return "–"
    size = abs(float(value))
    return typeset(float(value), ".2g" if size < 100 else ".0f" if size < 1e6 else ".1e")


def _turned(names: Sequence[str]) -> bool:
    """Whether the names above are turned: beside each other they need more room than an entry has."""
    return max(map(len, names)) > 3 or len(names) > 12


def _room(names: Sequence[str]) -> float:
    return min(LONGEST_LABEL, max(text_width(name, LABEL) for name in names)) + 10
