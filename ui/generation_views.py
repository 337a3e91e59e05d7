"""Made pictures: reconstructions beside their inputs, samples through the epochs, ways through the latent space."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.epochs import Arrays
from ui.mask_viewer import as_bytes
from ui.picture_sheet import CELL, Pictures, show_sheet
from ui.words import t

KINDS = ("pictures", "latent")
SHOWN = 12
"""Inputs with their reconstructions, at most."""
COLUMNS = 12
REACH = 2.5
"""Standard deviations by which z is moved at most, as the engine made the pictures."""


def show(kind: str, task: str, found: Arrays | None, run: str) -> None:
    """Draw one of the views.

    Args:
        kind: ``pictures`` or ``latent``.
        task: the generation task.
        found: arrays of a preview; for ``latent`` that of the run's end.
        run: its id.
    """
    if kind == "latent":
        _latent(task, found, run)
    elif found is None or f"sample.{task}" not in found:
        st.caption(t("output.nothing_yet"))
    else:
        _pictures(task, found)


def _pictures(task: str, found: Arrays) -> None:
    rebuilt = found.get(f"reconstruction.{task}")
    if rebuilt is not None:
        inputs = _input_of(found)
        st.caption(t("pictures.rebuilt"))
        count = min(SHOWN, len(rebuilt), len(inputs))
        pairs = np.stack([as_bytes(inputs[:count]), as_bytes(rebuilt[:count])])
        show_sheet(pairs, t("pictures.rebuilt"), "reconstructions")
    st.caption(t("pictures.samples"))
    samples = as_bytes(found[f"sample.{task}"])
    show_sheet(_rows(samples, COLUMNS), t("pictures.samples"), "samples")
    st.page_link("pages/evaluation.py", label=t("pictures.ask"), icon=":material/query_stats:")


def _input_of(found: Arrays) -> NDArray[Any]:
    return next(array for name, array in found.items() if name.startswith("input.") and array.ndim == 4)


def _latent(task: str, found: Arrays | None, run: str) -> None:
    """Ways between samples, and what each direction of z changes."""
    if found is None or f"between.{task}" not in found:
        st.caption(t("pictures.later"))
        return
    between, along = found[f"between.{task}"], found[f"along.{task}"]
    st.caption(t("pictures.between"))
    corners = list(combinations(range(1, along.shape[0] + 1), 2))
    names = [f"{a} → {b}" for a, b in corners[: len(between)]]
    show_sheet(np.stack([as_bytes(way) for way in between]), t("pictures.between"), "between", names)
    st.caption(t("pictures.along"))
    key = f"latent:{run}:{task}"
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        numbers = list(range(1, along.shape[0] + 1))
        sample = st.segmented_control(t("pictures.sample"), numbers, key=f"{key}:sample", default=1, required=True)
        directions = list(range(1, along.shape[1] + 1))
        call: dict[str, Any] = {"key": f"{key}:direction", "default": 1, "required": True}
        direction = st.segmented_control(t("pictures.direction"), directions, **call)
    way = as_bytes(along[int(sample or 1) - 1, int(direction or 1) - 1])
    reach = [f"{value:+.2f}" for value in np.linspace(-REACH, REACH, len(way))]
    place = reach.index(st.select_slider(t("pictures.z"), reach, reach[len(reach) // 2], key=f"{key}:place"))
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        title = t("pictures.at", value=reach[place])
        show_sheet(way[place][None, None], title, "z_one", cell=3 * CELL, width=3 * CELL + 8)
        show_sheet(way[None], t("pictures.along"), "z_way")


def _rows(pictures: Pictures, columns: int) -> Pictures:
    """(n, S, S, C) as (rows, columns, S, S, C), the last row filled up with white."""
    missing = -len(pictures) % columns
    filler = np.full((missing, *pictures.shape[1:]), 255, dtype=np.uint8)
    return np.concatenate([pictures, filler]).reshape(-1, columns, *pictures.shape[1:])
