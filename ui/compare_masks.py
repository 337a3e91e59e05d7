"""The same pictures with the masks of several runs below each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import hub, tiles
from ui.colours import BACKGROUND_CLASS, CLASS_PALETTE
from ui.epochs import Arrays, load, of_split
from ui.hub import RunView
from ui.markup import show_markup
from ui.mask_viewer import as_bytes
from ui.pixels import data_uri, photograph, png
from ui.words import t

PICTURES = 6


def masks(views: Sequence[RunView], names: Sequence[str]) -> None:
    """For each task with masks that two runs have on the same data: picture, truth, and what each run draws."""
    for task in _tasks(views):
        found = []
        for view, name in zip(views, names, strict=True):
            split = tiles.shown_split(view)
            arrays = load(hub.hub().source, view, of_split(view, split), None)
            if arrays is not None and f"prediction.{task}" in arrays:
                found.append((view, name, arrays))
        alike = [one for one in found if _same(found[0][2], one[2])]
        if len(alike) < 2:
            continue
        st.markdown(f"**{t('compare_runs.masks', task=task)}**")
        show_markup(sheet([(name, arrays) for _, name, arrays in alike], task), key=f"compare_masks:{task}")


def _tasks(views: Sequence[RunView]) -> list[str]:
    """Segmentation tasks that at least two of the runs have."""
    counts: dict[str, int] = {}
    for view in views:
        for task in view.series.started.get("tasks", []):
            if task["kind"] == "segmentation":
                counts[task["name"]] = counts.get(task["name"], 0) + 1
    return [task for task, count in counts.items() if count > 1]


def _same(one: Arrays, other: Arrays) -> bool:
    """Whether two runs show the same pictures."""
    a, b = one.get("input.image"), other.get("input.image")
    return a is not None and b is not None and a.shape == b.shape and bool((a[:PICTURES] == b[:PICTURES]).all())


def sheet(found: Sequence[tuple[str, Arrays]], task: str) -> str:
    """A row of pictures, a row of true masks, and a row for each run, as HTML.

    Args:
        found: name and preview arrays of each run.
        task: of the masks.
    """
    first = found[0][1]
    pictures = as_bytes(first["input.image"][:PICTURES])
    rows = [(t("compare_runs.picture"), [data_uri(photograph(picture)) for picture in pictures])]
    rows.append((t("chart.true"), _drawn(first[f"target.{task}"])))
    rows += [(name, _drawn(arrays[f"prediction.{task}"])) for name, arrays in found]
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{_image(uri, name)}</td>' for uri in uris)}</tr>"
        for name, uris in rows
    )
    return f'<table class="sheet">{body}</table>'


def _drawn(indices: NDArray[Any]) -> list[str]:
    return [data_uri(png(mask.astype(np.uint8), _PALETTE)) for mask in indices[:PICTURES]]


def _image(uri: str, name: str) -> str:
    return f'<img src="{uri}" alt="{escape(name)}">'


def _rgba(colour: str) -> list[int]:
    digits = colour.lstrip("#").ljust(8, "f")
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4, 6)]


_PALETTE = np.array(
    [_rgba(BACKGROUND_CLASS), *[_rgba(CLASS_PALETTE[i % len(CLASS_PALETTE)]) for i in range(254)], [0, 0, 0, 0]],
    dtype=np.uint8,
)
