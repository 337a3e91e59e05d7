"""Walks on the two-valley toy from a start of the reader's own, in a process of their own.

The methods need torch, which a page has not. They advance together, and the file of their places grows while they do.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mtl_core.datasets.base import Progress
from mtl_core.datasets.files import write_aside
from mtl_core.errors import MTLError
from mtl_core.execution import background
from mtl_core.execution.background import JobState
from mtl_core.execution.processes import environment, spawn_detached
from mtl_core.settings import home_dir
from mtl_core.toys.outcomes import Outcome
from mtl_core.toys.settings import SETTINGS

WORDS = "the walk from a start of one's own"
STEPS = 3000
RATE, BETAS = 0.01, (0.9, 0.99)
"""Of Adam: ten times the papers' rate, a memory of squares ten times shorter; so a tenth of the steps leads as far."""
KEPT_EVERY = 10
CHUNK = 100
REACH = 12.0
"""|x1| and |x2| of a start, at most."""
AT_ONCE = 4
"""Races under way, at most, whoever started them."""
KEPT_FILES = 150


@dataclass(frozen=True)
class OwnRace:
    """What is walked.

    Attributes:
        setting: of the toy.
        start: (x1, x2).
        methods: names of weightings.
    """

    setting: str
    start: tuple[float, float]
    methods: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.setting not in SETTINGS:
            raise MTLError(f"setting must be one of {', '.join(SETTINGS)}, got {self.setting!r}")
        if not all(abs(x) <= REACH for x in self.start):
            raise MTLError(f"start must lie within ±{REACH:g} on both axes, got {self.start}")

    @property
    def key(self) -> str:
        """The same for the same race."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@dataclass
class Walked:
    """How far a race is.

    Attributes:
        paths: by method the points at every :data:`KEPT_EVERY`-th step.
        outcomes: by method, of those that have ended.
    """

    paths: dict[str, list[list[float]]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def start_race(race: OwnRace, home: Path | None = None) -> JobState:
    """Start the walks, unless they are under way.

    Raises:
        MTLError: if too many others are under way.
    """
    home = home or home_dir()
    state = race_state(race, home)
    if state is not None and state.status == "running":
        return state
    _make_room(home)
    write_aside(json.dumps(asdict(race)).encode(), _folder(home) / f"{race.key}.race.json")
    _file(race.key, home).unlink(missing_ok=True)
    state = JobState("running", asked=time.time())
    background.write(_state_file(race.key, home), state)
    command = [sys.executable, "-m", "mtl_core.execution.racing", race.key]
    spawn_detached(command, environment(home), home / "logs" / "race.log")
    return state


def _make_room(home: Path) -> None:
    """See that few races are under way, and that old ones leave no files for ever."""
    states = [background.read(path, WORDS) for path in _folder(home).glob("*.state.json")]
    running = sum(state is not None and state.status == "running" for state in states)
    if running >= AT_ONCE:
        raise MTLError(f"at most {AT_ONCE} races may be under way, {running} are; try again in a few seconds")
    files = sorted(_folder(home).glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT_FILES]:
        path.unlink(missing_ok=True)


def race_state(race: OwnRace, home: Path | None = None) -> JobState | None:
    """How far the walks are, or None where they were never started."""
    return background.read(_state_file(race.key, home or home_dir()), WORDS)


def walked(race: OwnRace, home: Path | None = None) -> Walked:
    """The places so far; none before the first.

    Raises:
        MTLError: if the file is damaged.
    """
    path = _file(race.key, home or home_dir())
    try:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Walked()
    except ValueError as error:
        raise MTLError(f"{path} is damaged ({error}); start the walk again") from error
    return Walked(raw["paths"], {name: Outcome.of_json(one) for name, one in raw["outcomes"].items()})


def run_race(key: str, home: Path | None = None) -> JobState:
    """Walk in this process what :func:`start_race` asked for under this key."""
    home = home or home_dir()
    raw = json.loads((_folder(home) / f"{key}.race.json").read_text("utf-8"))
    race = OwnRace(raw["setting"], (raw["start"][0], raw["start"][1]), tuple(raw["methods"]))
    state, _ = background.follow(_state_file(key, home), WORDS, _advance(race, _file(key, home)))
    background.write(_state_file(key, home), state)
    return state


def _advance(race: OwnRace, file: Path) -> Generator[Progress, None, None]:
    """All walks :data:`CHUNK` steps further, again and again."""
    from mtl_core.toys.outcomes import Follower
    from mtl_core.toys.walking import Adam, method, walk

    setting, result = SETTINGS[race.setting], Walked()
    followers = {}
    for name in race.methods:
        weighting = method(name, **setting.options.get(name, {}))
        places = walk(setting.problem, weighting, race.start, STEPS, Adam(RATE, BETAS))
        followers[name] = Follower(setting.problem, places)
    for done in range(0, STEPS + 1, CHUNK):
        for name, follower in followers.items():
            if name not in result.outcomes:
                places = follower.until(done)
                kept = [list(place.point) for place in places if place.step % KEPT_EVERY == 0]
                result.paths.setdefault(name, []).extend(kept)
                if follower.ended or done == STEPS:
                    result.outcomes[name] = follower.outcome()
        outcomes = {name: asdict(outcome) for name, outcome in result.outcomes.items()}
        write_aside(json.dumps({"paths": result.paths, "outcomes": outcomes}).encode(), file)
        yield Progress("walk", done, STEPS, "steps")


def _folder(home: Path) -> Path:
    return home / "race"


def _state_file(key: str, home: Path) -> Path:
    return _folder(home) / f"{key}.state.json"


def _file(key: str, home: Path) -> Path:
    return _folder(home) / f"{key}.walked.json"


if __name__ == "__main__":
    sys.exit(0 if run_race(sys.argv[1]).status == "done" else 1)
