"""Tiles, a line of text and a bar of progress as HTML of our own: one message where Streamlit's elements take many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from mtl_core.numerals import MINUS

BOLD = re.compile(r"\*\*(.+?)\*\*")


def dot(colour: str) -> str:
    """A dot in a task's colour."""
    return f'<span class="dot" style="color:{escape(colour)}">●</span>'


def tile(
    name: str,
    value: str,
    *,
    tip: str,
    colour: str = "",
    change: str | None = None,
    good: bool | None = None,
    note: str = "",
) -> str:
    """A number with its name.

    Args:
        name: of the number.
        value: as text.
        tip: what it is, for whoever points at the question mark.
        colour: of its task, for a dot before the name.
        change: how far it lies from another number, with a sign; or what else stands below it.
        good: whether that is an improvement; None where it is neither better nor worse.
        note: words after it.
    """
    before = f"{dot(colour)} " if colour else ""
    sign = {"+": "↑ ", "-": "↓ "}.get((change or "")[:1], "")
    look = "" if good is None else " good" if good else " bad"
    shown = f"<span>{sign}{escape(change).replace('-', MINUS)}</span>" if change else ""
    below = f'<p class="change{look}">{shown}{f" <small>{escape(note)}</small>" if note else ""}</p>'
    mark = f'<span class="tip" role="note" tabindex="0" aria-label="{escape(tip)}" data-tip="{escape(tip)}">?</span>'
    number = f'<p class="value">{escape(value)}</p>{below if change or note else ""}'
    return f'<div class="tile"><p class="name"><span>{before}{escape(name)}</span>{mark}</p>{number}</div>'


def list_tile(name: str, rows: Sequence[tuple[str, str]], colour: str) -> str:
    """Names with their values below each other."""
    lines = "".join(f"<li>{dot(colour)} {escape(what)} <b>{escape(value)}</b></li>" for what, value in rows)
    return f'<div class="tile"><p class="name">{escape(name)}</p><ul>{lines or "<li>–</li>"}</ul></div>'


def tiles(each: Sequence[str]) -> str:
    """Tiles beside each other, as many as there is room for."""
    return f'<div class="tiles">{"".join(each)}</div>'


def note(text: str) -> str:
    """A quiet line; ``**bold**`` is bold."""
    words = BOLD.sub(r"<b>\1</b>", escape(text))
    return f'<p class="note">{words}</p>'


def alert(text: str) -> str:
    """Something that a person shall notice."""
    return f'<p class="alert" role="alert">{escape(text)}</p>'


def progress(share: float, text: str) -> str:
    """A bar with words above it.

    Args:
        share: 0..1.
        text: how far it is.
    """
    done = f"{100 * share:.1f}"
    call = (
        f'role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{done}" aria-label="{escape(text)}"'
    )
    return f'<div class="progress"><p>{escape(text)}</p><div {call}><i style="width:{done}%"></i></div></div>'
