"""Task relatedness in a process of its own: loading data takes torch and time, which a page has not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mtl_core.datasets.files import write_aside
from mtl_core.errors import MTLError
from mtl_core.execution import background
from mtl_core.execution.background import JobState
from mtl_core.settings import home_dir
from mtl_core.spec import RunSpec, parse_spec

WORDS = "the look at how the tasks hang together"


def start_relating(spec: RunSpec, home: Path | None = None) -> JobState:
    """Start to measure how the spec's tasks hang together, unless that is under way."""
    home, key = home or home_dir(), key_of(spec)
    asked = {"dataset": spec.dataset.model_dump(mode="json"), "tasks": list(spec.tasks)}
    write_aside(json.dumps(asked).encode(), _folder(home) / f"{key}.spec.json")
    return background.start(_folder(home) / f"{key}.json", WORDS, home, "relate", key)


def relating_state(spec: RunSpec, home: Path | None = None) -> JobState | None:
    """How far it is, or None where it was never started for this data and these tasks."""
    return background.read(_folder(home or home_dir()) / f"{key_of(spec)}.json", WORDS)


def found(spec: RunSpec, home: Path | None = None) -> dict[str, Any]:
    """What came of it: :meth:`mtl_core.relatedness.Relatedness.as_json`.

    Raises:
        MTLError: if it was not done yet, or its file is damaged.
    """
    path = _folder(home or home_dir()) / f"{key_of(spec)}.result.json"
    try:
        result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MTLError(f"{path} cannot be read ({error}); measure again") from error
    return result


def relate(key: str, home: Path | None = None) -> JobState:
    """Measure in this process what :func:`start_relating` asked for under this key."""
    from mtl_core.relatedness import of_spec

    folder = _folder(home or home_dir())
    spec = parse_spec(json.loads((folder / f"{key}.spec.json").read_text("utf-8")))
    state, result = background.follow(folder / f"{key}.json", WORDS, of_spec(spec))
    if result is not None:
        write_aside(json.dumps(result.as_json()).encode(), folder / f"{key}.result.json")
    background.write(folder / f"{key}.json", state)
    return state


def key_of(spec: RunSpec) -> str:
    """The same for the same data, split and tasks, whatever the network."""
    text = json.dumps([spec.dataset.model_dump(mode="json"), spec.tasks], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _folder(home: Path) -> Path:
    return home / "relatedness"
