"""What was measured: rows of ``results.json``, the README's table, and what has fallen behind."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import in_words
from benchmarks.pairs import Found, Pair

FILE = Path(__file__).with_name("results.json")
README = Path(__file__).resolve().parents[1] / "README.md"
MARK = "<!-- speeds: written by `python -m benchmarks` -->"
ALLOWED = 0.8
"""A ratio below this share of the committed one has fallen behind."""
Row = dict[str, Any]
FIRST = (
    "click_to_result/result",
    "click_to_result/first point",
    "wine_training/each epoch",
    "wine_training/each tenth",
    "images/patches, 1 thread",
    "images/patches, 2 threads",
    "many_runs/64 batches of 64",
    "several_processes/8 runs",
    "gradient_methods/table",
    "gradient_methods/torchjd table",
    "gradient_methods/libmtl table",
    "gradient_methods/masks",
    "solvers/nash",
    "many_runs/agreement",
    "browser/refresh",
    "viewers/40 p95",
)
"""Pairs that the README shows first."""


def row_of(pair: Pair, found: Found | str) -> Row:
    """A pair as the file has it; of one that was not measured, why."""
    row: Row = {"a": pair.a, "b": pair.b, "target": pair.target, "lower": pair.lower, "unit": pair.unit}
    row["threads"] = pair.threads
    if isinstance(found, str):
        return row | {"not_measured": found}
    values = sorted(found.values)
    low, high = _quartiles(values)
    return row | {
        "ratio": _short(statistics.median(values)),
        "quartiles": [_short(low), _short(high)],
        "rounds": len(values),
        "seconds_a": None if found.a is None else _short(found.a),
        "seconds_b": None if found.b is None else _short(found.b),
        "notes": found.notes,
    }


def _quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def _short(value: float) -> float:
    """Four significant digits."""
    return float(f"{value:.4g}")


def met(row: Mapping[str, Any]) -> bool | None:
    """Whether the target is met; None where nothing was measured."""
    if "ratio" not in row:
        return None
    return bool(row["ratio"] <= row["target"] if row["lower"] else row["ratio"] >= row["target"])


def fallen(now: Mapping[str, Any], committed: Mapping[str, Any]) -> bool:
    """Whether a ratio is more than 20 % worse than the committed one; figures with a unit are not guarded."""
    if now.get("unit") != "×" or "ratio" not in committed:
        return False
    if "ratio" not in now:
        return True
    if now["lower"]:
        return bool(now["ratio"] > committed["ratio"] / ALLOWED)
    return bool(now["ratio"] < committed["ratio"] * ALLOWED)


def read(file: Path = FILE) -> dict[str, Any]:
    """The committed results; empty ones where there are none yet."""
    if not file.is_file():
        return {"machine": {}, "pairs": {}}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def write(results: Mapping[str, Any], file: Path = FILE) -> None:
    """Keep results."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def line(name: str, row: Mapping[str, Any]) -> str:
    """A pair in one line of plain text."""
    aim = f"{'≤' if row['lower'] else '≥'} {row['target']:g} {row['unit']}"
    if "not_measured" in row:
        return f"{name:44} {aim:>10}   not measured: {row['not_measured']}"
    low, high = row["quartiles"]
    sign = "" if met(row) else "  missed"
    return f"{name:44} {aim:>10}   {row['ratio']:.4g} {row['unit']} ({low:.3g}–{high:.3g}){sign}"


def table(results: Mapping[str, Any]) -> str:
    """The README's tables: what matters most, what misses its aim, and, folded, all in the order of the file."""
    pairs = results["pairs"]
    judged = {name: met(row) for name, row in pairs.items() if met(row) is not None}
    missed = {name: pairs[name] for name, good in judged.items() if not good}
    first = {name: pairs[name] for name in FIRST if name in pairs}
    lines = [f"{in_words(results['machine'])}; one thread unless said.", "", *_rows(first), ""]
    lines += [
        f"{len(judged) - len(missed)} of {len(judged)} aims are met. {'These are missed:' if missed else ''}".strip()
    ]
    lines += ["", *_rows(missed)] if missed else []
    lines += ["", f"<details><summary>All {len(pairs)} measurements</summary>", "", *_rows(pairs), "", "</details>"]
    return "\n".join(lines)


def _rows(pairs: Mapping[str, Row]) -> list[str]:
    """A table of these pairs."""
    lines = ["| work | against | aim | measured (quartiles) |", "|---|---|---|---|"]
    for row in pairs.values():
        aim = f"{'≤' if row['lower'] else '≥'} {row['target']:g} {row['unit']}".strip()
        against = row["a"] if row["threads"] == 1 else f"{row['a']}, {row['threads']} threads"
        lines.append(f"| {row['b']} | {against} | {aim} | {_measured(row)} |")
    return lines


def _measured(row: Mapping[str, Any]) -> str:
    if "not_measured" in row:
        return f"not measured: {row['not_measured']}"
    low, high = row["quartiles"]
    shown = f"{row['ratio']:.3g} {row['unit']}".strip()
    more = f"; {row['notes']['shown']}" if "shown" in row.get("notes", {}) else ""
    return f"{f'**{shown}**' if met(row) else shown} ({low:.3g}–{high:.3g}){more}"


def written(readme: str, results: Mapping[str, Any]) -> str:
    """The README with this table between its marks.

    Raises:
        ValueError: if the marks are not there exactly twice.
    """
    parts = readme.split(MARK)
    if len(parts) != 3:
        raise ValueError(f"the README must have {MARK} twice, around the table; it has it {len(parts) - 1} times")
    return f"{parts[0]}{MARK}\n{table(results)}\n{MARK}{parts[2]}"
