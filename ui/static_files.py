"""Files that the browser fetches once from ``app/static/``: the page's own script, and Plotly's."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import streamlit as st

STATIC_FOLDER = Path(__file__).parent.parent / "static"
"""Beside app.py: what Streamlit serves under ``app/static/`` (server.enableStaticServing)."""


def static_url(name: str) -> str:
    """Where the browser finds a file of the static folder."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/static/{name}"


def install_script(folder: Path, text: str) -> str:
    """Put a script into ``folder``; returns the file's name, which carries its hash.

    Raises:
        OSError: if the folder cannot be written.
    """
    name = f"mtl-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
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
