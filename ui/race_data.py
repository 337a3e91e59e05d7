"""What the race's pictures show, as plain data: contour grids, walks, ranges; the step before any drawing."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.toys.concave_front import ConcaveFront
from mtl_core.toys.settings import SETTINGS
from mtl_core.toys.two_valleys import TwoValleys
from ui.race_colours import method_colour
from ui.recorded import walks
from ui.words import t_or

REACH = 10.0
"""|x1| and |x2| on the contour picture, at most."""
GRID = 128
LEVELS = 15
HEIGHTS = ("mean", "L1", "L2")
MARGIN = 0.06
FRONT_RANGE = [-0.03, 1.03]


@lru_cache(maxsize=4)
def heights(scale: float) -> dict[str, dict[str, Any]]:
    """The losses over the plane, rows from the lowest x2 up: 16 bits a number, and levels of equal area between."""
    problem, places = TwoValleys(scale), np.linspace(-REACH, REACH, GRID)
    both = np.array([[problem.at((x1, x2))[0] for x1 in places] for x2 in places])
    values = {"mean": both.mean(2), "L1": both[..., 0], "L2": both[..., 1]}
    return {name: _height(array) for name, array in values.items()}


def _height(values: NDArray[np.float64]) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    levels = np.quantile(values, np.linspace(0, 1, LEVELS))
    whole = np.round((values - low) / (high - low) * 65535).astype("<u2")
    return {"packed": _packed(whole), "low": low, "high": high, "levels": levels.round(3).tolist()}


def recorded_walk(setting: str, weighting: str, start: int) -> dict[str, Any]:
    """One recorded walk as the pictures take it."""
    arrived = walks.outcome(setting, weighting, start).arrived
    return named(weighting) | {"arrived": arrived, "width": 4, "packed": _recorded_points(setting, weighting, start)}


@lru_cache(maxsize=200)
def _recorded_points(setting: str, weighting: str, start: int) -> str:
    return points_of(SETTINGS[setting].problem, walks.path(setting, weighting, start).tolist())


def points_of(problem: TwoValleys, path: Sequence[Sequence[float]]) -> str:
    """x1, x2, L1, L2 at each point of a path, packed."""
    return _packed(np.array([[*point, *problem.at(point)[0]] for point in path], dtype="<f4").reshape(-1, 4))


def named(weighting: str) -> dict[str, Any]:
    """Name and colour of a method in the pictures."""
    return {"method": weighting, "label": title(weighting), "colour": method_colour(weighting)}


def title(weighting: str) -> str:
    """Display name of a method."""
    return t_or(f"choice.weighting_name_{weighting}", weighting)


def plane(scale: float, words: Mapping[str, str]) -> dict[str, Any]:
    """The panel with the contour picture and the Pareto set."""
    reach = [-REACH, REACH]
    grid = {"size": GRID, "heights": heights(scale)}
    best = [list(point) for point in TwoValleys(scale).pareto_set(60)]
    about = {"x": reach, "y": reach, "xTitle": "x₁", "yTitle": "x₂", "columns": [0, 1], "best": best}
    return about | {"sign": scale, "grid": grid, **words}


def space(problem: TwoValleys, shown: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> dict[str, Any]:
    """The panel of the losses: as wide as the walks and the Pareto front need."""
    best = np.array([problem.at(point)[0] for point in problem.pareto_set(60)])
    points = [np.frombuffer(base64.b64decode(walk["packed"]), dtype="<f4").reshape(-1, 4)[:, 2:] for walk in shown]
    every = np.concatenate([best, *points])
    low, high = every.min(0), every.max(0)
    room = MARGIN * (high - low)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    about = {"x": [x0, x1], "y": [y0, y1], "xTitle": "L₁", "yTitle": "L₂", "columns": [2, 3]}
    return about | {"best": best.round(4).tolist(), **words}


def front_walks(seed: int, weightings: Sequence[str]) -> list[dict[str, Any]]:
    """Walks on the concave front: of each method one a preference."""
    made = []
    for weighting in weightings:
        stack = [_packed(one.astype("<f4")) for one in walks.front(weighting, seed)]
        made.append(named(weighting) | {"arrived": None, "width": 2, "stack": stack})
    return made


def front_space(words: Mapping[str, str]) -> dict[str, Any]:
    """The panel of the losses with the concave front."""
    best = [[round(value, 4) for value in point] for point in ConcaveFront().front(81)]
    about = {"x": FRONT_RANGE, "y": FRONT_RANGE, "xTitle": "L₁", "yTitle": "L₂", "columns": [0, 1]}
    return about | {"best": best, **words}


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
