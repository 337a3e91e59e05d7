"""The recorded walks of the race: paths on the two-valley toy and on the concave front.

Made by ``python -m ui.recorded.make_race``; a path keeps every hundredth step or so, its outcome is of all steps.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.toys.outcomes import Outcome

FOLDER = Path(__file__).parent / "race"
FRONT_PREFERENCES = tuple(round(0.05 * i, 2) for i in range(21))
"""λ of L1 on the concave front; L2 has 1 − λ."""
FRONT_SEEDS = (0, 1, 2)
FRONT_STEPS = 100


def methods(setting: str) -> list[str]:
    """The weightings of which there are walks, in the registry's order."""
    return list(_ends(setting))


def steps(setting: str) -> NDArray[np.int32]:
    """(T,) the steps that the paths of a setting keep."""
    found: NDArray[np.int32] = _arrays(setting)["steps"]
    return found


def path(setting: str, weighting: str, start: int) -> NDArray[np.float32]:
    """(T, 2) points; shorter where the walk had to end early."""
    found: NDArray[np.float32] = _arrays(setting)[f"{weighting}/{start}"]
    return found


def outcome(setting: str, weighting: str, start: int) -> Outcome:
    """How the walk ended."""
    return _ends(setting)[weighting][start]


def front(weighting: str, seed: int) -> NDArray[np.float32]:
    """(P, steps + 1, 2) losses on the concave front: a walk for each of :data:`FRONT_PREFERENCES`, one of mgda."""
    found: NDArray[np.float32] = _arrays("front")[f"{weighting}/{seed}"]
    return found


@lru_cache(maxsize=4)
def _arrays(name: str) -> dict[str, NDArray[Any]]:
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


@lru_cache(maxsize=4)
def _ends(setting: str) -> dict[str, list[Outcome]]:
    raw = json.loads((FOLDER / f"{setting}.json").read_text(encoding="utf-8"))
    return {name: [Outcome.of_json(one) for one in ends] for name, ends in raw.items()}
