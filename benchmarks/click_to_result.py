"""From the click to the result of a wine run: a script of one's own against a worker that is warm."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.pairs import Found, NotMeasured, Pair, paired
from benchmarks.warm import runner, through, wait
from mtl_core.settings import data_dir
from mtl_core.spec import RunSpec, parse_spec

SCRIPT = Path(__file__).with_name("own_script.py")


def wine() -> RunSpec:
    """100 epochs, full batch, as the page has it at first."""
    return parse_spec({"dataset": "wine_quality"})


def _file() -> Path:
    path = data_dir() / "wine_quality" / "winequality-red.csv"
    if not path.is_file():
        raise NotMeasured("wine's real file is not in the data folder")
    return path


def _result(rounds: int) -> Found:
    file = _file()

    def script() -> None:
        subprocess.run([sys.executable, SCRIPT, file], check=True, stdout=subprocess.DEVNULL)

    with runner(1) as store:
        return paired(script, lambda: through(store, [wine()]), rounds).gain()


def _first_point(rounds: int) -> Found:
    """Seconds from asking until a step is in the store, for whoever looks every 2 ms."""
    _file()
    seconds = []
    with runner(1) as store:
        through(store, [wine()])
        for _ in range(rounds):
            began = time.perf_counter()
            run = store.create(wine(), "benchmark")
            wait(lambda run=run: bool(store.events_since(run, kinds=["step"], limit=1)), "a step")  # type: ignore[misc]
            seconds.append(time.perf_counter() - began)
            wait(lambda run=run: store.get(run).ended_for_now, "the run's end")  # type: ignore[misc]
    return Found(seconds, b=statistics.median(seconds))


PAIRS = (
    Pair(
        "click_to_result/result",
        "a script of one's own: its imports, loading, 100 epochs, metrics",
        "a wine run asked of a warm worker, until it has finished in the store",
        20.0,
        _result,
        rounds=7,
        quick=2,
        threads=1,
    ),
    Pair(
        "click_to_result/first point",
        "nothing: seconds",
        "a wine run asked of a warm worker, until its first step is in the store",
        0.1,
        _first_point,
        lower=True,
        unit="s",
        rounds=11,
        quick=3,
    ),
)
