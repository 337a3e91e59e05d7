"""How cost grows with tasks, samples, parameters and models at once, as slopes on log-log paper.

    python -m benchmarks.growth [--axis tasks] [--quick] [--draw] [--table]

One thread; each point in a fresh process. Writes benchmarks/growth.json, and a picture of each axis into docs/growth/.
A slope of 1 is cost in proportion, 0 is cost that does not grow. ``--quick`` measures a few points and keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.growth_picture import Fit, Line, Panel, Place, picture
from benchmarks.machine import in_words, load, machine
from mtl_core.numerals import typeset

FILE = Path(__file__).with_name("growth.json")
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "growth"
POINTS = "benchmarks.growth_points"
END = 3
"""Points whose slope is that in the end: there the parts of the cost that do not grow matter least."""
NOTICED = 1.0
"""Megabytes below which memory is noise."""
Found = dict[str, Any]
Point = dict[str, Any]


@dataclass(frozen=True)
class Growing:
    """What grows.

    Attributes:
        title: of the picture, with what stays as it is.
        x_label: what its x counts.
        series: lines of the picture.
        sizes: of the points.
        quick: of a quick measurement's points.
    """

    title: str
    x_label: str
    series: Sequence[str]
    sizes: Sequence[int]
    quick: Sequence[int]


WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
SAMPLES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
BATCHES = ("batches of 64", "full batch")
AXES: Mapping[str, Growing] = {
    "tasks": Growing(
        "More tasks: 2 000 samples, batches of 64", "tasks", ("fixed", "mgda"), (2, 4, 8, 16, 32, 64, 139), (2, 139)
    ),
    "samples": Growing("More samples: two tasks", "samples in the data set", BATCHES, SAMPLES, (1_000, 100_000)),
    "parameters": Growing(
        "Wider layers: two of them, two tasks", "parameters of the network", ("batches of 64",), WIDTHS, (16, 512)
    ),
    "models at once": Growing(
        "More models in a sweep: two tasks, 2 000 samples, one worker",
        "models",
        BATCHES,
        (1, 4, 16, 64, 256, 1024),
        (1, 64),
    ),
}


def points(axis: str, *, quick: bool) -> Iterator[Point]:
    """Measure an axis point by point, each in a process that has done nothing before.

    A quick measurement forks them from one that has imported torch, where the system can: the memory that they share
    is not theirs, so that theirs is rough.
    """
    forks = quick and "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload([POINTS])
    growing = AXES[axis]
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as fresh:
        for series in growing.series:
            for size in growing.quick if quick else growing.sizes:
                found = fresh.submit(_measured, axis, series, size, 0.1 if quick else 1.0).result()
                yield {"series": series, "size": size} | {name: _short(value) for name, value in found.items()}


def _measured(axis: str, series: str, size: int, seconds: float) -> dict[str, float]:
    from benchmarks.growth_points import measured

    return measured(axis, series, size, seconds)


def _short(value: float) -> float:
    """Four significant digits, of a whole number all."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Of the straight line through the points on log-log paper, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def fit(drawn: Sequence[Place]) -> Fit:
    """The first and the last place of that line."""
    x, y = zip(*drawn, strict=True)
    middle, steep = float(np.mean(np.log(x))), slope(x, y)
    height = float(np.mean(np.log(y)))
    first, last = (math.exp(height + steep * (math.log(at) - middle)) for at in (x[0], x[-1]))
    return (x[0], first), (x[-1], last)


def slopes(drawn: Sequence[Place]) -> tuple[str, str]:
    """Of all points, and of the last three, two digits each."""
    whole, end = (typeset(slope(*zip(*part, strict=True)), ".2f") for part in (drawn, drawn[-END:]))
    return whole, end


def line_of(name: str, found: Sequence[Point], value: str, factor: float = 1.0, least: float = 0.0) -> Line:
    """The points of a series for a panel, and their slope in words.

    Args:
        name: of the series.
        found: its points.
        value: what of them is drawn.
        factor: to the panel's unit.
        least: what is less, in that unit, is left out.
    """
    drawn = [(point["x"], point[value] * factor) for point in found if point[value] * factor > least]
    if len(drawn) < END:
        return Line(name, f"{name}: never above {max(point[value] * factor for point in found):.2g}", drawn)
    whole, end = slopes(drawn)
    words = f"{name}: slope {whole} (dashed), in the end {end}"
    return Line(name, words, drawn, (fit(drawn), fit(drawn[-END:])))


def panels(axis: str, found: Sequence[Point]) -> tuple[Panel, Panel]:
    """Time and memory of an axis."""
    of = {name: [point for point in found if point["series"] == name] for name in AXES[axis].series}
    idle = round(float(np.median([point["megabytes"] - point["added"] for point in found])))
    times = [line_of(name, mine, "seconds", 1e3) for name, mine in of.items()]
    memory = [line_of(name, mine, "added", least=NOTICED) for name, mine in of.items()]
    return Panel("Milliseconds a step", times), Panel(f"Memory in MB, beyond the {idle} MB of an idle process", memory)


def draw(found: Found, folder: Path = PICTURES) -> list[Path]:
    """Write a picture for each axis that was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for axis, measured in found["axes"].items():
        growing = AXES[axis]
        path = folder / f"{axis.split()[0]}.svg"
        svg = picture(growing.title, growing.x_label, panels(axis, measured["points"]))
        path.write_text(svg + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


def table(found: Found) -> str:
    """What was found, as a table for the README."""
    lines = [f"{in_words(found['machine'])}; one thread.", ""]
    lines += ["| what grows | | ms a step | slope (in the end) | memory, MB | slope of what is added |"]
    lines += ["|---|---|---|---|---|---|"]
    for axis, measured in found["axes"].items():
        for series in AXES[axis].series:
            lines.append(f"| {axis} | {series} | {_cells([p for p in measured['points'] if p['series'] == series])} |")
    return "\n".join(lines)


def _cells(mine: Sequence[Point]) -> str:
    """The rest of a row: from the first point to the last, and the slopes."""
    first, last = mine[0], mine[-1]
    before, after = (
        f"{ms:,.0f}" if ms >= 100 else f"{ms:.2g}" for ms in (first["seconds"] * 1e3, last["seconds"] * 1e3)
    )
    span = f"{first['x']:,} … {last['x']:,}: {before} → {after}"
    noticed = [(point["x"], point["added"]) for point in mine if point["added"] > NOTICED]
    memory = "{} ({})".format(*slopes(noticed)) if len(noticed) >= END else "–"
    time = "{} ({})".format(*slopes([(point["x"], point["seconds"]) for point in mine]))
    return f"{span} | {time} | {first['megabytes']:.0f} → {last['megabytes']:.0f} | {memory}"


def read(file: Path = FILE) -> Found:
    """What was kept; nothing where there is nothing yet."""
    if not file.is_file():
        return {"machine": {}, "axes": {}}
    found: Found = json.loads(file.read_text(encoding="utf-8"))
    return found


def write(found: Found, file: Path = FILE) -> None:
    """Keep it, the axes in their order."""
    ordered = found | {"axes": {axis: found["axes"][axis] for axis in AXES if axis in found["axes"]}}
    file.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8", newline="\n")


def measure(axes: Sequence[str], *, quick: bool) -> Found:
    """Measure these axes; a line a point as it comes."""
    found: Found = {"machine": machine(), "axes": {}}
    for axis in axes:
        mine = []
        for point in points(axis, quick=quick):
            mine.append(point)
            numbers = f"{1 / point['seconds']:10.1f} steps/s {point['megabytes']:8.0f} MB (+{point['added']:.1f})"
            print(f"{axis:15} {point['series']:14} {point['x']:>9,} {numbers}", flush=True)
        found["axes"][axis] = {"date": datetime.now(UTC).date().isoformat(), "load": load(), "points": mine}
    return found


def main() -> None:
    """Measure what is asked for and keep it; draw; print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--axis", choices=list(AXES), help="this one alone; the others stay as they were kept")
    parser.add_argument("--quick", action="store_true", help="a few points, roughly; nothing is kept")
    parser.add_argument("--draw", action="store_true", help="draw what was kept again, without measuring")
    parser.add_argument("--table", action="store_true", help="print what was kept as a table, without measuring")
    asked = parser.parse_args()
    found = read()
    if not (asked.draw or asked.table):
        print(in_words(machine()), flush=True)
        now = measure([asked.axis] if asked.axis else list(AXES), quick=asked.quick)
        if asked.quick:
            print(table(now))
            return
        found = now | {"axes": found["axes"] | now["axes"]}
        write(found)
    if not asked.table:
        print("\n".join(str(path.relative_to(PICTURES.parents[1])) for path in draw(found)))
    if not asked.draw:
        print(table(found))


if __name__ == "__main__":
    main()
