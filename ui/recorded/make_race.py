"""Make the recorded walks of the race anew: ``python -m ui.recorded.make_race [SETTING …]``.

Each setting of the two-valley toy becomes ``race/<setting>.npz`` (thinned paths) and ``race/<setting>.json`` (how each
walk ended, of all its steps); the concave front ``race/front.npz``. One process a core; about ten minutes on two.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.toys.concave_front import ConcaveFront
from mtl_core.toys.outcomes import Outcome, followed
from mtl_core.toys.settings import SETTINGS
from mtl_core.toys.walking import Plain, method, walk
from mtl_core.weightings import WEIGHTINGS
from ui.recorded.walks import FOLDER, FRONT_PREFERENCES, FRONT_SEEDS, FRONT_STEPS

POINTS = 350
"""Of a path, at most, beside its start."""
RECORDED = {
    "nash": tuple(WEIGHTINGS),
    "cagrad": ("fixed", "famo", "mgda", "pcgrad", "cagrad", "imtl_g", "nash", "aligned", "upgrad"),
}
"""Settings and the methods that walk in them."""
FRONT_METHODS = ("fixed", "stch", "mgda")
Job = tuple[str, str, int]
Walk = tuple[NDArray[np.float32], Outcome]


def main() -> None:
    """Walk and write what the command line names, or everything."""
    wanted = sys.argv[1:] or [*RECORDED, "front"]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for name in wanted:
            if name == "front":
                write_front()
            else:
                write_setting(name, pool.map)


def write_setting(name: str, run: Callable[..., Iterable[Walk]]) -> None:
    """The methods from every start of a setting."""
    setting = SETTINGS[name]
    jobs = [(name, weighting, start) for weighting in RECORDED[name] for start in range(len(setting.starts))]
    write_walks(name, zip(jobs, run(recorded, jobs), strict=True))


def write_walks(name: str, walked: Iterable[tuple[Job, Walk]]) -> None:
    """The two files of a setting."""
    paths: dict[str, NDArray[Any]] = {"steps": steps_kept(SETTINGS[name].steps)}
    ends: dict[str, list[dict[str, Any]]] = {}
    for (_, weighting, start), (path, outcome) in walked:
        paths[f"{weighting}/{start}"] = path
        ends.setdefault(weighting, []).append(asdict(outcome))
        print(name, weighting, start, outcome, flush=True)
    np.savez_compressed(FOLDER / f"{name}.npz", allow_pickle=False, **paths)
    text = json.dumps(ends, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def recorded(job: Job) -> Walk:
    """(T, 2) points of one walk, and how it ended."""
    name, weighting, start = job
    setting = SETTINGS[name]
    places = walk(
        setting.problem, method(weighting, **setting.options.get(weighting, {})), setting.starts[start], setting.steps
    )
    kept = set(steps_kept(setting.steps).tolist())
    points: list[tuple[float, ...]] = []
    outcome = followed(setting.problem, places, lambda place: points.append(place.point), kept)
    return np.array(points, dtype=np.float32), outcome


def steps_kept(steps: int) -> NDArray[np.int32]:
    """The steps whose places are kept: the start and :data:`POINTS` others, evenly."""
    return np.linspace(0, steps, POINTS + 1).round().astype(np.int32)


def write_front() -> None:
    """Losses on the concave front: (preferences, steps + 1, 2) a method and start."""
    problem, arrays = ConcaveFront(), {}
    for name in FRONT_METHODS:
        preferences = (0.5,) if name == "mgda" else FRONT_PREFERENCES
        for seed in FRONT_SEEDS:
            walks = [
                [
                    place.losses
                    for place in walk(
                        problem, method(name), problem.start(seed), FRONT_STEPS, Plain(), lambdas=(p, 1 - p)
                    )
                ]
                for p in preferences
            ]
            arrays[f"{name}/{seed}"] = np.array(walks, dtype=np.float32)
    np.savez_compressed(FOLDER / "front.npz", allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
