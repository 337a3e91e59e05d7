"""Measures every claim of speed as a paired ratio, and writes the README's table: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import results
from benchmarks.machine import in_words, load, machine
from benchmarks.results import Row
from benchmarks.subjects import SUBJECTS

PROJECT = Path(__file__).resolve().parents[1]
THREADS = (1, 2)


def fresh(only: str, *, quick: bool) -> Iterator[tuple[str, Row]]:
    """Measure the pairs whose names begin like this; each subject and number of threads in a fresh process.

    Raises:
        RuntimeError: after all others, if a subject broke.
    """
    broken = []
    for subject in SUBJECTS:
        if not (subject.startswith(only) or only.startswith(subject)):
            continue
        for threads in THREADS:
            command = [sys.executable, "-m", "benchmarks.inside", subject, str(threads), "--only", only]
            environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
            with subprocess.Popen(
                command + ["--quick"] * quick, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
            ) as child:
                assert child.stdout is not None
                for text in child.stdout:
                    if text.startswith('{"'):
                        for name, row in json.loads(text).items():
                            yield name, row | {"measured": datetime.now(UTC).date().isoformat(), "load": load()}
            if child.returncode:
                broken.append(f"{subject} (code {child.returncode})")
    if broken:
        raise RuntimeError(f"these broke, see above: {', '.join(broken)}")


def kept(rows: dict[str, Row]) -> None:
    """Put rows into results.json, in the subjects' order, and the table into the README; rows of no pair go."""
    known = {pair.name for subject in SUBJECTS for pair in importlib.import_module(f"benchmarks.{subject}").PAIRS}
    merged = {name: row for name, row in (results.read()["pairs"] | rows).items() if name in known}
    order = {subject: place for place, subject in enumerate(SUBJECTS)}
    names = sorted(merged, key=lambda name: order.get(name.split("/")[0], len(order)))
    found = {"machine": machine(), "pairs": {name: merged[name] for name in names}}
    results.write(found)
    readme = results.README.read_text(encoding="utf-8")
    if results.MARK in readme:
        results.README.write_text(results.written(readme, found), encoding="utf-8", newline="\n")


def fallen_behind(rows: dict[str, Row]) -> list[str]:
    """Lines on the pairs more than 20 % below the committed table; each was measured a second time, at full length."""
    committed, lines = results.read()["pairs"], []
    for name, row in rows.items():
        if name not in committed or not results.fallen(row, committed[name]):
            continue
        again = dict(fresh(name, quick=False)).get(name, row)
        if results.fallen(again, committed[name]):
            now = again.get("ratio", again.get("not_measured"))
            lines.append(f"{name}: {now}, the committed table has {committed[name]['ratio']}")
    return lines


def main() -> int:
    """Measure, print a line a pair; keep what was found, or hold it against what was kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, at most three minutes; nothing is written")
    parser.add_argument("--check", action="store_true", help="fail where a ratio is 20 %% below the committed table")
    parser.add_argument("--only", default="", metavar="NAME", help="pairs whose names begin like this")
    parser.add_argument("--write", action="store_true", help="keep the results of a quick measurement too")
    asked = parser.parse_args()
    print(in_words(machine()), flush=True)
    began, rows = time.monotonic(), {}
    broken = False
    try:
        for name, row in fresh(asked.only, quick=asked.quick):
            rows[name] = row
            print(results.line(name, row), flush=True)
    except RuntimeError as error:  # what the others gave is kept
        broken = True
        print(error, file=sys.stderr)
    print(f"{len(rows)} pairs in {time.monotonic() - began:.0f} s")
    if asked.check:
        behind = fallen_behind(rows)
        print("\n".join(behind) or "no ratio is more than 20 % below the committed table")
        return 1 if behind or broken else 0
    if asked.write or not asked.quick:
        kept(rows)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
