"""Names of columns, tasks and data sets: what may stand in them, and how the others are made usable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from mtl_core.layout import SHARED
from mtl_core.userdata.findings import Finding, finding
from mtl_core.userdata.limits import LONGEST_NAME


def usable_names(header: Sequence[str]) -> tuple[tuple[str, ...], list[Finding]]:
    """Names without control characters, none empty, long or twice; and what was changed."""
    names: dict[str, None] = {}
    found = []
    for i, given in enumerate(header):
        name, why = clean(given)[:LONGEST_NAME].strip(), ""
        if not name:
            name, why = f"column {i + 1}", "empty"
        elif len(clean(given)) > LONGEST_NAME:
            why = "long"
        if name in names:
            why = "twice"
            name = next(f"{name} ({n})" for n in range(2, len(header) + 2) if f"{name} ({n})" not in names)
        names[name] = None
        if why:
            found.append(finding(f"renamed_{why}", name, old=given[:40], new=name, most=LONGEST_NAME))
    return tuple(names), found


def clean(text: str) -> str:
    """Text in Unicode's composed form, without control and direction characters, white space as single spaces."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(" " if letter.isspace() else letter for letter in composed)
    return " ".join("".join(c for c in visible if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).split())


def task_name(column: str, taken: Sequence[str]) -> str:
    """The name of a target's task: letters, digits, spaces, ``_`` and ``-``, since names stand in dotted paths.

    Args:
        column: the target's name.
        taken: names of other tasks.
    """
    name = re.sub(r"[^\w\- ]+", "_", column).strip("_ ") or "target"
    name = f"{name}_" if name == SHARED else name
    same = [name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))]
    return next(candidate for candidate in same if candidate not in taken)


def slug(name: str) -> str:
    """Small Latin letters, digits and single hyphens, at most 30; ``data`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-") or "data"


def similar_names(names: Sequence[str]) -> list[Finding]:
    """Names that differ only in case, spaces and punctuation."""
    first: dict[str, str] = {}
    found = []
    for name in names:
        key = re.sub(r"[\W_]+", "", name.casefold())
        if key and key in first:
            found.append(finding("similar_names", name, other=first[key]))
        first.setdefault(key, name)
    return found
