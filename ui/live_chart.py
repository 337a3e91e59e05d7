"""A chart that grows without flicker: Plotly mounted once, then only its data replaced.

Zoom, hover and hidden series survive every update, because the node in the page stays the same
and Plotly is told by a constant ``uirevision`` that the view is still the user's.
"""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from ui import parts
from ui.chart_data import ChartData, Mark, Trace
from ui.frontend import source
from ui.sent import Sent, panel
from ui.words import t

__all__ = ["ChartData", "Mark", "Trace", "chart_update", "live_chart", "preload_plotly"]

_PRELOAD = st.components.v2.component(
    "mtl_preload",
    css=source("hidden.css"),
    js=source("plotly_loader.js") + source("preload.js"),
)


def live_chart(
    figure: ChartData, *, key: str, height: int = 320, text_alternative: str = "", slot: Sent | None = None
) -> None:
    """Draw a chart, or bring the one under the same key up to date: in a panel only what is new travels.

    Args:
        figure: what it shows; series of at most 400 points (:mod:`ui.series` thins them).
        key: keeps the chart the same one from run to run of the script.
        height: in px; taken at once, so that nothing jumps when the chart appears.
        text_alternative: what the chart shows, in words; the last value of each series is added.
        slot: the panel that feeds it under its key, if it stands outside of it (:func:`ui.feed.feed`).

    Raises:
        ValueError: if a trace's x and y differ in length.
    """
    sent = slot or panel()
    data = chart_update(figure, sent, key=key, height=height, text_alternative=text_alternative)
    call: dict[str, Any] = {"on_whole_change": sent.forget} if sent and not slot else {}
    parts.mount("chart", data | ({"slot": key} if slot else {}), key=key, height=height, **call)


def chart_update(
    figure: ChartData, sent: Sent | None, *, key: str, height: int = 320, text_alternative: str = ""
) -> dict[str, object]:
    """What travels to a browser that has got so much; arguments as of :func:`live_chart`."""
    script, problem = parts.plotly_or_problem()
    still: dict[str, object] = {
        "height": height,
        "script": script,
        "problem": problem,
        "label": text_alternative or figure.y_title,
        "words": json.dumps({"failed": t("chart.failed"), "retry": t("chart.retry")}),
    }
    known = sent.chart(key, figure, still) if sent else None
    data: dict[str, object] = {"now": figure.token, "summary": figure.summary or figure.empty}
    return data | ({"base": known.token, "chart": figure.since(known)} if known else {"chart": figure.text} | still)


def preload_plotly(*, key: str = "mtl_preload") -> None:
    """Begin to load Plotly's script with the page, in the background; call once near the page's end."""
    _PRELOAD(key=key, data={"script": parts.plotly_or_problem()[0]}, height="content")
