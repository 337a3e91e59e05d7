"""Axes of a sweep, as text: ``optimizer.lr=1e-4..1e-1:7:log``, ``architecture.name=hard,soft``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import yaml

from mtl_core.errors import Problem, SpecError
from mtl_core.runs.groups import MOST_MEMBERS

Scale = Literal["linear", "log"]
FORM = "must be FIELD=LOW..HIGH:COUNT, FIELD=LOW..HIGH:COUNT:log or FIELD=VALUE,VALUE,…"
REFUSED = {
    "seed": "seeds are no axis; say how many with --seeds",
    "schedule": "changes in the middle of a run are no axis; a sweep trains without them",
}


@dataclass(frozen=True)
class Axis:
    """A field of the spec and the values that it takes.

    Attributes:
        field: dotted path, e.g. ``weighting.lambdas.quality``.
        values: each once, in order.
    """

    field: str
    values: tuple[Any, ...]


def parse_axes(texts: Sequence[str]) -> list[Axis]:
    """The axes in these texts, every problem of all of them reported at once.

    Raises:
        SpecError: where one is not of the form, there is none, or two have the same field.
    """
    axes: list[Axis] = []
    problems = [] if texts else [Problem("axes", f"must be at least one; each {FORM}", [])]
    for text in texts:
        try:
            axis = parse_axis(text)
        except SpecError as error:
            problems += error.problems
            continue
        if any(axis.field == other.field for other in axes):
            problems.append(Problem(axis.field, "must be one axis, not several", text))
        axes.append(axis)
    if problems:
        raise SpecError(problems)
    return axes


def parse_axis(text: str) -> Axis:
    """The axis in a text; ranges hold both ends, in equal steps or, with ``log``, equal ratios.

    Raises:
        SpecError: where it is not of the form, or its range is empty.
    """
    field, equals, given = (part.strip() for part in text.partition("="))
    if not equals or not given or not all(field.split(".")):
        raise SpecError([Problem("--axis", FORM, text)])
    if (top := field.split(".")[0]) in REFUSED:
        raise SpecError([Problem(field, REFUSED[top], text)])
    values = _range(field, given) if ".." in given and given[0] not in "[{'\"" else _listed(field, given)
    doubled = [value for i, value in enumerate(values) if value in values[:i]]
    if doubled:
        raise SpecError([Problem(field, "must have each value once", doubled[0])])
    return Axis(field, tuple(values))


def _range(field: str, given: str) -> list[float]:
    ends, _, rest = given.partition(":")
    count_text, _, scale = rest.partition(":")
    try:
        low, high = (float(end) for end in ends.split("..", 1))
        count = int(count_text)
    except ValueError:
        raise SpecError([Problem(field, f"{FORM}; ends are numbers, the count is whole", given)]) from None
    problems = []
    if not (math.isfinite(low) and math.isfinite(high) and low != high):
        problems.append(Problem(field, "a range must have two different, finite ends", f"{low:g}..{high:g}"))
    if not 2 <= count <= MOST_MEMBERS:
        problems.append(Problem(field, f"a range must have 2 to {MOST_MEMBERS:,} values", count))
    if scale not in ("", "linear", "log"):
        problems.append(Problem(field, "a range's scale must be linear or log", scale))
    elif scale == "log" and min(low, high) <= 0:
        problems.append(Problem(field, "both ends of a log range must be above 0", f"{low:g}..{high:g}"))
    if problems:
        raise SpecError(problems)
    return spaced(low, high, count, "log" if scale == "log" else "linear")


def spaced(low: float, high: float, count: int, scale: Scale) -> list[float]:
    """``count`` values from low to high, both ends exact; whole ones as int, others to 12 digits."""
    between = np.geomspace(low, high, count) if scale == "log" else np.linspace(low, high, count)
    values = [low, *between[1:-1].tolist(), high]
    rounded = [float(f"{value:.12g}") for value in values]
    return [int(value) if value == int(value) else value for value in rounded]


def _listed(field: str, given: str) -> list[Any]:
    """The values between commas, each read as YAML, so that ``[64, 64],[32]`` are two lists."""
    try:
        values = yaml.safe_load(f"[{given}]")
    except yaml.YAMLError:
        values = None
    if not isinstance(values, list) or not values or any(value == "" for value in values):
        raise SpecError([Problem(field, f"{FORM}; each value is YAML", given)])
    return [_number(value) for value in values]


def _number(value: Any) -> Any:
    """YAML takes ``1e-4`` for a text; here it is a number."""
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
    except ValueError:
        return value
    return found if math.isfinite(found) else value
