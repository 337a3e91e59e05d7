"""Names and values as they are written in a script: nothing that a data set is called can become code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any

WIDTH = 120


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """A Python name for each name, all different: ``quality/head`` becomes ``quality_head``."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "part"
        plain = f"_{plain}" if plain[0].isdigit() or keyword.iskeyword(plain) else plain
        number, unique = 2, plain
        while unique in found.values():
            unique, number = f"{plain}_{number}", number + 1
        found[name] = unique
    return found


def literal(value: Any) -> str:
    """A plain value as Python writes it; texts in double quotes where they hold none."""
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\'" not in text else text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def assigned(name: str, value: Any) -> str:
    """``name = value``, entry by entry on lines of their own where one line is too long."""
    line = f"{name} = {literal(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        entries = [f"{literal(key)}: {literal(item)}" for key, item in value.items()]
    else:
        entries = [literal(item) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([f"{name} = {opening}", *(f"    {entry}," for entry in entries), closing])


def call(function: str, arguments: Iterable[str], indent: str = "") -> str:
    """``function(a, b)``, an argument a line where one line is too long."""
    given = list(arguments)
    line = f"{function}({', '.join(given)})"
    if len(indent) + len(line) <= WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"{indent}    {argument}," for argument in given), f"{indent})"])


def plain(text: str) -> str:
    """A person's text as it may stand in a docstring or comment: one line, without quotes and backslashes."""
    return " ".join(re.sub(r"[\"'\\]|[^\S ]|[\x00-\x1f\x7f]", " ", text).split())
