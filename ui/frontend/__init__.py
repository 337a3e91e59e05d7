"""The browser's share of the components: one .js and one .css file each, loaded as text."""

from __future__ import annotations

from pathlib import Path


def source(name: str) -> str:
    """The text of a file of this folder, e.g. ``live_chart.js``."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
