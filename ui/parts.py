"""What the page's own script draws: charts, markup and masks; the browser fetches it once.

Streamlit sends a component's source with every update of it. Here that is a stub of a few lines: it fetches the
script, and hands it the data.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Any

import streamlit as st

from ui import static_files
from ui.component_key import component_key
from ui.frontend import source

PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "chart": (("plotly_loader", "packed", "sketch", "chart_layout", "moved_lines", "live_chart"), ("live_chart",)),
    "markup": (("matrix", "markup"), ("markup", "matrix", "multiples", "preview", "sheet", "tiles")),
    "feed": (("feed",), ()),
    "masks": (("masks",), ("in_text", "masks")),
}
"""Scripts and styles of each."""
BARE = ("chart",)
"""Plotly needs the page's own styles, so there is no shadow root around it."""


def mount(part: str, data: dict[str, Any], *, key: str, height: Any = "content", **call: Any) -> None:
    """Show a part, or bring the one under the same key up to date.

    Args:
        part: of :data:`PARTS`.
        data: for its script.
        key: keeps its node the same one.
        height: in px, or as Streamlit has it.
        call: callbacks of Streamlit's components.
    """
    url, problem = script_or_problem()
    made = (_WHOLE if problem else _SLIM)[part]
    made(data=data if problem else data | {"parts": url}, key=component_key(key), height=height, **call)


@cache
def script() -> str:
    """The text of the page's own script."""
    drawers = (f'"{part}": (() => {{\n{_sources(scripts)}}})(),' for part, (scripts, _) in PARTS.items())
    styles = {part: "".join(source(f"{name}.css") for name in names) for part, (_, names) in PARTS.items()}
    parts = f"const PARTS = {{\n{chr(10).join(drawers)}\n}};\n"
    body = f"const STYLES = {json.dumps(styles)};\nconst slots = new Map();\n{parts}{source('parts.js')}"
    return f"(() => {{\n{body}}})();\n"


def _sources(names: tuple[str, ...]) -> str:
    return "".join(source(f"{name}.js").replace("export default function", "return function") for name in names)


def _component(part: str, before: str = "", suffix: str = "") -> Any:
    name = f"mtl_{'live_' if part in BARE else ''}{part}{suffix}"
    js = before + source("stub.js").replace("PART", part)
    return st.components.v2.component(name, js=js, isolate_styles=part not in BARE)


_SLIM = {part: _component(part) for part in PARTS}
_WHOLE = {part: _component(part, f"if (!window.mtl) {script()}\n", "_whole") for part in PARTS}
"""With the script in it, for a server whose static folder cannot be written."""


def script_or_problem() -> tuple[str, str]:
    """(URL of the page's own script, ""), or ("", what stands in its way)."""
    try:
        return script_url(), ""
    except OSError as error:
        return "", f"({error})"


def plotly_or_problem() -> tuple[str, str]:
    """The same of Plotly's."""
    try:
        return plotly_url(), ""
    except OSError as error:
        return "", f"({error})"


@lru_cache(maxsize=1)
def plotly_url() -> str:
    """Where the browser finds Plotly's script; puts the file there first if need be."""
    return static_files.static_url(static_files.install_plotly(static_files.STATIC_FOLDER))


@lru_cache(maxsize=1)
def script_url() -> str:
    """The same of the page's own script."""
    return static_files.static_url(static_files.install_script(static_files.STATIC_FOLDER, script()))
