"""The link: a draft as short query parameters, and back; without Streamlit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mtl_core.paths import get_path
from mtl_core.spec import EVERY, RunSpec
from ui import draft as drafts
from ui.draft import Draft
from ui.own_paths import DATA, OWN
from ui.task_ranges import folded, unfolded

NAMES: Mapping[str, str] = {
    "dataset": "dataset.name",
    "scaling": "dataset.target_scaling",
    "validation": "dataset.validation",
    "architecture": "architecture.name",
    "hidden": "architecture.hidden",
    "channels": "architecture.channels",
    "weighting": "weighting.name",
    "lambda": f"weighting.lambdas.{EVERY}",
    "gamma": "regularizers.0.strength",
    "optimizer": "optimizer.name",
    "lr": "optimizer.lr",
    "lr_schedule": "lr_schedule.name",
}
"""Short names of the fields that links hold most; every other field goes by its dotted path."""
PREFIXES: Mapping[str, str] = {"lambda.": "weighting.lambdas.", "option.": "dataset.options."}
STAND_FOR_MORE = frozenset({f"weighting.lambdas.{EVERY}"})
"""Paths that set several fields of a spec, and none of their own."""
VIEW = "view"
"""Parameter that names the view of a run."""
OTHERS = frozenset({"run", "lang", VIEW})
"""Parameters of the page that are no part of a spec."""
PRIVATE = "private"
"""Rule of an own data set that who opens the link may not see, or that is gone."""
OF_DATA = ("dataset.", "tasks", "weighting.lambdas.", "regularizers")
"""What means nothing without the data set that a link names."""
LONGEST = 1_000
_ABSENT = object()
SHOWN = 60


@dataclass(frozen=True)
class Dropped:
    """A parameter that was left out, its value and the rule that it breaks."""

    name: str
    value: str
    rule: str


def to_params(draft: Mapping[str, Any]) -> dict[str, str]:
    """The draft as query parameters."""
    short = {**draft}
    if "tasks" in draft:
        short["tasks"] = folded(draft["tasks"], drafts.offered(draft))
    return {_short(path): _text(value) for path, value in short.items() if path != "schedule"}


def from_params(params: Mapping[str, str], usable: Callable[[str], bool] | None = None) -> tuple[Draft, list[Dropped]]:
    """The draft that a link means, and what had to be left out of it.

    Nothing in a link is trusted: each value passes the rules of the spec, and what breaks one is dropped.

    Args:
        params: of the link.
        usable: whether an own data set may be used by who opens the link; by default all may. One that may not is
            left out with all that is about it.
    """
    paths = {_long(name): name for name in params}
    data = params.get(paths.get(DATA, ""), "")
    if data and params.get(paths.get("dataset.name", "")) == OWN and usable and not usable(data):
        others = {name: params[name] for path, name in paths.items() if not path.startswith(OF_DATA)}
        draft, dropped = from_params(others)
        return draft, [Dropped(paths[DATA][:SHOWN], data[:SHOWN], PRIVATE), *dropped]
    return _from_params(params)


def _from_params(params: Mapping[str, str]) -> tuple[Draft, list[Dropped]]:
    raw: Draft = {}
    names: dict[str, str] = {}
    dropped: list[Dropped] = []
    for name, value in params.items():
        if name in OTHERS:
            continue
        path = _long(name)
        if path.split(".")[0] not in RunSpec.model_fields or path == "schedule" or len(value) > LONGEST:
            dropped.append(Dropped(name[:SHOWN], value[:SHOWN], "unknown"))
            continue
        raw[path] = _value(path, value)
        names[path] = name
    if "tasks" in raw:
        raw["tasks"] = unfolded(raw["tasks"], drafts.offered(raw))
    kept = drafts.pruned(raw)
    dropped += [Dropped(names[path], params[names[path]][:SHOWN], "unknown") for path in raw if path not in kept]
    built = drafts.build(kept)
    for path, name in names.items():
        rule = built.rule(path) or next((p.rule for p in built.problems if path.startswith(f"{p.field}.")), None)
        if rule is None and path not in STAND_FOR_MORE and get_path(built.spec, path, _ABSENT) is _ABSENT:
            rule = "unknown"  # γ of a term that this architecture has not
        if rule and path in kept:
            dropped.append(Dropped(name[:SHOWN], params[name][:SHOWN], rule))
    return drafts.of_spec(built.spec), dropped


def _short(path: str) -> str:
    for name, long in NAMES.items():
        if long == path:
            return name
    for short, prefix in PREFIXES.items():
        if path.startswith(prefix):
            return short + path.removeprefix(prefix)
    return path


def _long(name: str) -> str:
    for short, prefix in PREFIXES.items():
        if name.startswith(short):
            return prefix + name.removeprefix(short)
    return NAMES.get(name, name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value and all(isinstance(item, str | int) for item in value):
        return ",".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}" if float(f"{value:.6g}") == value else repr(value)
    return value if isinstance(value, str) else json.dumps(value)


def _value(path: str, text: str) -> Any:
    if path in ("architecture.hidden", "architecture.channels", "tasks"):
        return [part.strip() for part in text.removeprefix("[").removesuffix("]").split(",") if part.strip()]
    if text == "null":
        return None
    if path in ("regularizers", drafts.AUGMENTATION):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
