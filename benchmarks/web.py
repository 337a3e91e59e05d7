"""What the page costs its server: reading and drawing what is new of a run, a list of runs, and the imports of app.py.

Figures in ms, kB and s depend on the machine; the growth from small to large is the claim. torch is not imported.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.pairs import Found, Pair
from mtl_core.events import Event
from mtl_core.execution.processes import this_process
from mtl_core.runs.store import Store, insert_run
from mtl_core.runs.thinning import kept
from mtl_core.spec import parse_spec
from ui.charts import loss_chart
from ui.hub import Hub

PROJECT = Path(__file__).resolve().parents[1]
TASKS = ("quality", "good")
COLOURS = {"quality": "#1f77b4", "good": "#ff7f0e"}
NEW = 50
"""Steps that a run takes between two refreshes: half a second of a fast one."""
EVALUATED = 500
"""Times, from the first step to the last."""
IMPORTS = """
import ast, importlib, sys, time
tree = ast.parse(open("app.py", encoding="utf-8").read())
began = time.perf_counter()
for node in tree.body:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        exec(compile(ast.Module([node], []), "app.py", "exec"))
print(time.perf_counter() - began, "torch" in sys.modules)
"""


def step(number: int) -> Event:
    """A step of a run of two tasks."""
    losses = {task: 1 / (1 + number / 1000) + 0.1 * (number * (i + 3) % 17) / 17 for i, task in enumerate(TASKS)}
    values = {"loss": losses, "weights": dict.fromkeys(TASKS, 0.5), "total": sum(losses.values()) / 2, "lr": 0.01}
    return Event("step", number, number / 10, number / 100, values | {"penalty": 0.0})


def evaluation(number: int, split: str) -> Event:
    """An evaluation of a split of that run."""
    values = {"split": split, "loss": step(number).values["loss"], "metrics": {}, "final": False}
    return Event("evaluation", number, number / 10, number / 100, values)


def _refresh(points: int, chosen: Callable[[float, int], float]) -> Callable[[int], Found]:
    """A refresh of a run with so many steps behind it: the tail is read and the loss chart is made as text."""

    def measure(rounds: int) -> Found:
        spec = parse_spec({"dataset": "wine_quality"})
        seconds, sizes, number = [], [], points
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            run = store.create(spec, "benchmark", process=this_process())
            writer, hub = store.writer(run), Hub(store)
            for before in filter(kept, range(1, points + 1)):
                writer.append(step(before))
            for before in range(points // EVALUATED, points + 1, points // EVALUATED):
                for split in ("train", "validation"):
                    writer.append(evaluation(before, split))
            writer.flush()
            hub.fresh(run)
            for _ in range(rounds):
                for _ in range(NEW):
                    number += 1
                    writer.append(step(number))
                writer.flush()
                began = time.perf_counter()
                text = loss_chart(hub.fresh(run).series, COLOURS).text
                seconds.append(time.perf_counter() - began)
                sizes.append(len(text.encode()))
            store.close()
        return Found([chosen(one, size) for one, size in zip(seconds, sizes, strict=True)])

    return measure


def _list(runs: int) -> Callable[[int], Found]:
    """The newest 200 runs of a store with so many."""

    def measure(rounds: int) -> Found:
        spec, seconds = parse_spec({"dataset": "wine_quality"}), []
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            with store.database.write() as connection:
                for number in range(runs):
                    insert_run(connection, spec, "benchmark", created=float(number))
            for _ in range(rounds):
                began = time.perf_counter()
                store.runs(owner="benchmark", limit=200)
                seconds.append(1000 * (time.perf_counter() - began))
            store.close()
        return Found(seconds)

    return measure


def _imports(rounds: int) -> Found:
    """Seconds that the imports of app.py take in a fresh process; torch must not be among them."""
    seconds = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", IMPORTS], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
        )
        took, heavy = done.stdout.split()[-2:]
        if heavy == "True":
            raise RuntimeError("the imports of app.py load torch")
        seconds.append(float(took))
    return Found(seconds[1:], b=statistics.median(seconds[1:]))


def _milliseconds(seconds: float, size: int) -> float:
    return 1000 * seconds


def _kilobytes(seconds: float, size: int) -> float:
    return size / 1000


def _figure(name: str, words: str, target: float, unit: str, measure: Callable[[int], Found], quick: int = 5) -> Pair:
    return Pair(f"web/{name}", "–", words, target, measure, lower=True, unit=unit, rounds=21, quick=quick, threads=1)


POINTS = (1_000, 10_000, 100_000, 1_000_000)
RUNS = (10, 100, 1_000, 10_000)
PAIRS = (
    *(
        _figure(f"refresh {n}", f"a refresh after {n:,} steps, server", 20, "ms", _refresh(n, _milliseconds))
        for n in POINTS
    ),
    *(_figure(f"bytes {n}", f"the loss chart after {n:,} steps", 15, "kB", _refresh(n, _kilobytes)) for n in POINTS),
    *(_figure(f"runs {n}", f"the list of runs, {n:,} in the store", 20, "ms", _list(n)) for n in RUNS),
    _figure("imports", "imports of app.py in a fresh process", 1.0, "s", _imports, quick=2),
)
