"""A chart that grows without flicker: Plotly mounted once, then only its data replaced.

Zoom, hover and hidden series survive every update, because the node in the page stays the same
and Plotly is told by a constant ``uirevision`` that the view is still the user's.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import streamlit as st

from ui.chart_data import ChartData, Mark, Trace, text_summary
from ui.frontend import source
from ui.packing import packed
from ui.words import t

__all__ = ["ChartData", "Mark", "Trace", "install_plotly", "live_chart", "preload_plotly"]

STATIC_FOLDER = Path(__file__).parent.parent / "static"
"""Beside app.py: what Streamlit serves under ``app/static/`` (server.enableStaticServing)."""

_CHART = st.components.v2.component(
    "mtl_live_chart",
    css=source("live_chart.css"),
    js=source("plotly_loader.js") + source("packed.js") + source("sketch.js") + source("live_chart.js"),
    isolate_styles=False,
)
_PRELOAD = st.components.v2.component(
    "mtl_preload",
    css=source("hidden.css"),
    js=source("plotly_loader.js") + source("preload.js"),
)


def live_chart(figure: ChartData, *, key: str, height: int = 320, text_alternative: str = "") -> None:
    """Draw a chart, or bring the one under the same key up to date.

    Args:
        figure: what it shows; series of at most 400 points (:mod:`ui.series` thins them).
        key: keeps the chart the same one from run to run of the script.
        height: in px; taken at once, so that nothing jumps when the chart appears.
        text_alternative: what the chart shows, in words; the last value of each series is added.

    Raises:
        ValueError: if a trace's x and y differ in length.
    """
    summary = text_summary(figure)
    script, problem = script_or_problem()
    _CHART(
        key=key,
        height=height,
        data={
            "chart": chart_text(figure),
            "height": height,
            "script": script,
            "problem": problem,
            "label": text_alternative or figure.y_title,
            "summary": summary or figure.empty,
            "words": json.dumps({"failed": t("chart.failed"), "retry": t("chart.retry")}),
        },
    )


def chart_text(figure: ChartData) -> str:
    """What travels to the browser at each update; as text, because Streamlit looks at lists with pandas."""
    return json.dumps(packed(figure.as_json()), separators=(",", ":"), ensure_ascii=False)


def preload_plotly(*, key: str = "mtl_preload") -> None:
    """Begin to load Plotly's script with the page, in the background; call once near the page's end."""
    _PRELOAD(key=key, data={"script": script_or_problem()[0]}, height="content")


def script_or_problem() -> tuple[str, str]:
    """(URL of Plotly's script, ""), or ("", what stands in the way of it)."""
    try:
        return plotly_url(), ""
    except OSError as error:
        return "", f"({error})"


@lru_cache(maxsize=1)
def plotly_url() -> str:
    """Where the browser finds Plotly's script; puts the file there first if need be."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/static/{install_plotly(STATIC_FOLDER)}"


def install_plotly(folder: Path) -> str:
    """Put plotly.min.js of the installed Python package into ``folder``; returns the file's name.

    The name carries the version, so that a browser's cached copy of another version is never used.
    Written aside and renamed into place; older versions are removed.

    Raises:
        OSError: if the folder cannot be written; the chart then shows its fallback message.
    """
    from importlib.metadata import version
    from importlib.util import find_spec

    name = f"plotly-{version('plotly')}.min.js"
    if (folder / name).exists():
        return name
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise OSError("plotly is not installed; pip install -r requirements.txt")
    original = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    folder.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=folder, suffix=".part")
    os.close(handle)
    shutil.copyfile(original, aside)
    os.chmod(aside, 0o644)
    os.replace(aside, folder / name)
    for old in folder.glob("plotly-*.min.js"):
        if old.name != name:
            old.unlink(missing_ok=True)
    return name
