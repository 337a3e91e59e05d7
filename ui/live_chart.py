"""A chart that grows without flicker: Plotly mounted once, then only its data replaced.

Zoom, hover and hidden series survive every update, because the node in the page stays the same
and Plotly is told by a constant ``uirevision`` that the view is still the user's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import streamlit as st

from ui.chart_data import ChartData, Mark, Trace
from ui.frontend import source
from ui.words import t

__all__ = ["ChartData", "Mark", "Trace", "install_plotly", "live_chart", "preload_plotly"]

STATIC_FOLDER = Path(__file__).parent.parent / "static"
"""Beside app.py: what Streamlit serves under ``app/static/`` (server.enableStaticServing)."""

DRAWER = source("plotly_loader.js") + source("packed.js") + source("sketch.js") + source("live_chart.js")
"""What draws a chart in the browser."""
_CHART = st.components.v2.component(
    "mtl_live_chart",
    css=source("live_chart.css"),
    js=source("chart_loader.js"),  # a component's source travels with every update: the drawer is fetched once instead
    isolate_styles=False,
)
_WHOLE = st.components.v2.component(
    "mtl_live_chart_whole", css=source("live_chart.css"), js=DRAWER, isolate_styles=False
)
"""For a server whose static folder cannot be written."""
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
    script, problem = script_or_problem()
    (_WHOLE if problem else _CHART)(
        key=key,
        height=height,
        data={
            "chart": figure.text,
            "height": height,
            "drawer": "" if problem else drawer_url(),
            "script": script,
            "problem": problem,
            "label": text_alternative or figure.y_title,
            "summary": figure.summary or figure.empty,
            "words": json.dumps({"failed": t("chart.failed"), "retry": t("chart.retry")}),
        },
    )


def preload_plotly(*, key: str = "mtl_preload") -> None:
    """Begin to load Plotly's script with the page, in the background; call once near the page's end."""
    _PRELOAD(key=key, data={"script": script_or_problem()[0]}, height="content")


def script_or_problem() -> tuple[str, str]:
    """(URL of Plotly's script, ""), or ("", what stands in the way of it and of the drawer)."""
    try:
        drawer_url()
        return plotly_url(), ""
    except OSError as error:
        return "", f"({error})"


@lru_cache(maxsize=1)
def plotly_url() -> str:
    """Where the browser finds Plotly's script; puts the file there first if need be."""
    return static_url(install_plotly(STATIC_FOLDER))


@lru_cache(maxsize=1)
def drawer_url() -> str:
    """The same of what draws charts."""
    return static_url(install_drawer(STATIC_FOLDER))


def static_url(name: str) -> str:
    """Where the browser finds a file of the static folder."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/static/{name}"


def install_drawer(folder: Path) -> str:
    """Put what draws charts into ``folder`` as a script of its own; returns the file's name, which carries its hash.

    Raises:
        OSError: if the folder cannot be written.
    """
    text = f"(() => {{\n{DRAWER.replace('export default function', 'window.mtlLiveChart = function')}\n}})();\n"
    name = f"chart-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(aside, 0o644)
        os.replace(aside, folder / name)
    return name


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
