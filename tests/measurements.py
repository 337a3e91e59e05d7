"""The book of measurements: rows that tests write down, and docs/acceptance.md made of them."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path

PACKAGES = ("torch", "torchvision", "torchmetrics", "streamlit", "plotly", "pandas", "scikit-learn", "pydantic")
GOES_ON = "…"
"""How a row begins that belongs to the row before it."""
HEAD = "| what | measured | wanted | day |"

Row = tuple[str, str, str, str]


@dataclass
class Measurements:
    """Rows of (what, measured, wanted) in the order in which the tests ran."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: str, wanted: str) -> None:
        """Write down one row."""
        self.rows.append((what, measured, wanted))

    def write(self, path: Path, *, outcome: str, day: date | None = None) -> None:
        """The rows as a Markdown page that names the machine in general terms.

        Rows of the page that were not measured this time stay, each with the day on which it was.

        Args:
            path: of the page; what is there is read first.
            outcome: how the tests ended, in words.
            day: of the measurements; today where left out.
        """
        today = f"{day or datetime.now(UTC).date():%Y-%m-%d}"
        new = [tuple(cell.replace("|", "·") for cell in (*row, today)) for row in self.rows]
        lines = [
            "# What `make acceptance` measured",
            "",
            "Written by tests that run with `--acceptance`, not by hand. A row has the day of its last measurement.",
            "",
            f"The last time: {today} · {outcome}, {len(new)} of the rows below measured · {machine()}",
            "",
            HEAD,
            "|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in merged(rows_of(path), [(a, b, c, d) for a, b, c, d in new])),
            "",
        ]
        path.write_text("\n".join(lines), encoding="utf-8")


def rows_of(path: Path) -> list[Row]:
    """The rows of a page that is there; none of one without days."""
    if not path.exists() or HEAD not in (text := path.read_text(encoding="utf-8")):
        return []
    lines = text.split(HEAD)[1].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if line.startswith("|")]
    return [(what, measured, wanted, day) for what, measured, wanted, day in cells]


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """The old rows with what was measured anew in its place; what is new comes last."""
    groups = _groups(old) | _groups(new)
    return [row for rows in groups.values() for row in rows]


def _groups(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows by the one that each group begins with."""
    firsts: list[str] = []
    for what, *_ in rows:
        firsts.append(firsts[-1] if firsts and what.startswith(GOES_ON) else what)
    return {
        first: [row for _, row in pairs]
        for first, pairs in groupby(zip(firsts, rows, strict=True), key=lambda pair: pair[0])
    }


def report(book: Measurements) -> list[str]:
    """The rows as lines for the terminal."""
    return [f"measured: {what}: {measured} (wanted {wanted})" for what, measured, wanted in book.rows]


def machine() -> str:
    """Cores, system, Python and packages, in one line without names of hosts or folders."""
    installed = []
    for name in PACKAGES:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            installed.append(f"{name} missing")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.system()}, Python {platform.python_version()}, {', '.join(installed)}"
