"""Texts that people typed, made safe to stand in Markdown: a name is never a link, a picture or a colour."""

from __future__ import annotations

import re

SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~:$&^=-])")


def plain(text: str) -> str:
    """The text as Markdown that shows it letter by letter."""
    return SPECIAL.sub(r"\\\1", text)
