"""Parallel coordinates whose axes can be brushed, and what they are brushed to: Streamlit's own chart does not tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.component_key import component_key
from ui.frontend import source
from ui.parts import plotly_or_problem
from ui.words import t

if TYPE_CHECKING:
    import plotly.graph_objects as go

Ranges = tuple[tuple[tuple[float, float], ...], ...]
"""Of each axis the stretches that are brushed, low end first; none where it is not."""
RANGES = "ranges"
BUTTON = 28
"""Room for the button below, in px."""

_COMPONENT = st.components.v2.component(
    "mtl_parallel",
    css=source("parallel.css"),
    js=source("plotly_loader.js") + source("parallel.js"),
    isolate_styles=False,
)


def parallel_view(figure: go.Figure, *, key: str, height: int, text_alternative: str) -> None:
    """Draw parallel coordinates, or bring those under the same key up to date; what is brushed stays brushed.

    Args:
        figure: with one trace of that kind.
        key: keeps the node the same one; :func:`brushed` is asked with it.
        height: of the picture, in px; a button below it takes a little more.
        text_alternative: what it shows, in words.
    """
    script, problem = plotly_or_problem()
    words = {"failed": t("chart.failed"), "retry": t("chart.retry"), "clear": t("tradeoff.unbrush")}
    _COMPONENT(
        key=component_key(key),
        height=height + BUTTON,
        data={
            "figure": figure.to_json(),
            "ranges": json.dumps(brushed(key)),
            "script": script,
            "problem": problem,
            "height": height + BUTTON,
            "label": text_alternative,
            "words": json.dumps(words),
        },
        default={RANGES: "[]"},
        on_ranges_change=lambda: None,
    )


def brushed(key: str) -> Ranges:
    """What the axes are brushed to; empty before the component was there, or for what is no list of stretches."""
    told = (st.session_state.get(component_key(key)) or {}).get(RANGES)
    return parsed(told) if isinstance(told, str) else ()


def parsed(text: str) -> Ranges:
    """The stretches in a text that came from a browser; none where it is anything else."""
    try:
        axes = json.loads(text)
        found = tuple(tuple(_stretch(*ends) for ends in axis) for axis in axes)
    except (ValueError, TypeError):
        return ()
    return found if all(isfinite(end) for axis in found for ends in axis for end in ends) else ()


def _stretch(one: Any, other: Any) -> tuple[float, float]:
    low, high = sorted((float(one), float(other)))
    return low, high


def inside(values: Sequence[float], ranges: Ranges) -> bool:
    """Whether a line goes through a brushed stretch of every axis that has one; ends count in, up to rounding.

    Args:
        values: of the line, one an axis.
        ranges: of the axes; those beyond their number are not brushed.
    """
    pairs = zip(values, ranges, strict=False)
    return all(not axis or any(_between(value, *ends) for ends in axis) for value, axis in pairs)


def _between(value: float, low: float, high: float) -> bool:
    room = 1e-9 * max(abs(low), abs(high), high - low)
    return low - room <= value <= high + room
