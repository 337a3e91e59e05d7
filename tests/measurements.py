"""The book of measurements: rows that tests write down, and docs/acceptance.md made of them."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "torchvision", "torchmetrics", "streamlit", "plotly", "pandas", "scikit-learn", "pydantic")


@dataclass
class Measurements:
    """Rows of (what, measured, wanted) in the order in which the tests ran."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: str, wanted: str) -> None:
        """Write down one row."""
        self.rows.append((what, measured, wanted))

    def write(self, path: Path, *, passed: bool) -> None:
        """The rows as a Markdown page that names the machine in general terms."""
        result = "All checks passed." if passed else "**Some checks failed or were skipped.**"
        lines = [
            "# What `make acceptance` measured",
            "",
            "Written by `make acceptance`; not edited by hand.",
            "",
            f"{datetime.now(UTC):%Y-%m-%d} · {machine()}",
            "",
            result,
            "",
            "| what | measured | wanted |",
            "|---|---|---|",
            *(f"| {' | '.join(cell.replace('|', '·') for cell in row)} |" for row in self.rows),
            "",
        ]
        path.write_text("\n".join(lines), encoding="utf-8")


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
