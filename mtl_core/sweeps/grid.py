"""``sweep``: a full grid over any fields of a spec."""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtl_core.architectures import ARCHITECTURES
from mtl_core.errors import Problem, SpecError
from mtl_core.flat import flattened
from mtl_core.paths import set_path
from mtl_core.runs.groups import MOST_MEMBERS
from mtl_core.spec import EVERY, RunSpec, parse_spec
from mtl_core.sweeps.axes import Axis, parse_axes
from mtl_core.sweeps.base import LeftOut, Plan, repeated
from mtl_core.sweeps.variants import possible, restarted, with_architecture, with_weighting
from mtl_core.weightings import WEIGHTINGS

FIRST: Mapping[str, Callable[[RunSpec, Any], RunSpec]] = {
    "weighting.name": with_weighting,
    "architecture.name": with_architecture,
}
"""Fields that decide which others there are: they are set before these."""
NO_SUCH = "unknown field"


def plan(spec: RunSpec, axes: Sequence[str], seeds: int = 1) -> Plan:
    """Every combination of the axes' values, each with the same seeds.

    An architecture or weighting brings along what belongs to it (:mod:`mtl_core.sweeps.variants`). Combinations that
    the rules refuse are left out and listed; a value that is refused in all of its combinations is an error
    (but for methods, which are left out).

    Args:
        spec: what the axes leave alone.
        axes: texts, see :mod:`mtl_core.sweeps.axes`.
        seeds: from the spec's own on.

    Raises:
        SpecError: for an axis that is wrong, a field that is unknown (with those that are spelled alike), a value
            of a field that no combination allows, or too many runs.
    """
    parsed = parse_axes(axes)
    count = math.prod(len(axis.values) for axis in parsed)
    if count * max(1, seeds) > MOST_MEMBERS:
        sizes = " × ".join(str(len(axis.values)) for axis in parsed)
        rule = f"must ask for at most {MOST_MEMBERS:,} runs; {sizes} values × {seeds} seeds are {count * seeds:,}"
        raise SpecError([Problem("axes", rule, list(axes))])
    base = restarted(spec)
    combinations = [_combination(parsed, values) for values in itertools.product(*(axis.values for axis in parsed))]
    arms, left_out = possible({_label(one): _maker(base, one) for one in combinations})
    _check(base, parsed, combinations, arms, left_out)
    name = f"{spec.dataset.name}, {' × '.join(axis.field for axis in parsed)}"
    return Plan("sweep", name, spec, repeated(arms, spec, seeds), tuple(left_out))


def _combination(axes: Sequence[Axis], values: Sequence[Any]) -> dict[str, Any]:
    return {axis.field: value for axis, value in zip(axes, values, strict=True)}


def _label(combination: Mapping[str, Any]) -> str:
    return ", ".join(f"{field}={_text(value)}" for field, value in combination.items())


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _maker(spec: RunSpec, combination: Mapping[str, Any]) -> Callable[[], RunSpec]:
    return lambda: variant(spec, combination)


def variant(spec: RunSpec, combination: Mapping[str, Any]) -> RunSpec:
    """The spec with these values at these fields, methods first, the whole judged once at the end.

    Raises:
        SpecError: where the whole breaks a rule.
    """
    if "weighting.name" in combination:  # the new architecture may not bear the old weighting
        spec = with_weighting(spec, "fixed")
    for field in ("architecture.name", "weighting.name"):
        if field in combination:
            spec = FIRST[field](spec, combination[field])
    raw = spec.model_dump(mode="json")
    for field, value in combination.items():
        if field in FIRST:
            continue
        try:
            if field == f"weighting.lambdas.{EVERY}":
                raw["weighting"]["lambdas"] = dict.fromkeys(spec.tasks, value)
            else:
                raw = set_path(raw, field, value)
        except KeyError:
            raise SpecError([Problem(field, NO_SUCH, value)]) from None
    return parse_spec(raw)


def _check(
    spec: RunSpec,
    axes: Sequence[Axis],
    combinations: Sequence[Mapping[str, Any]],
    arms: Mapping[str, RunSpec],
    left_out: Sequence[LeftOut],
) -> None:
    """Refuse values that no combination allows: that is a mistake, not a limit of one method.

    A method itself may be left out as long as another can be trained.
    """
    reasons = {one.arm: one.problems for one in left_out}
    problems: dict[tuple[str, str], Problem] = {}
    for axis in axes:
        for value in axis.values:
            labels = [_label(one) for one in combinations if one[axis.field] == value]
            if not any(label in arms for label in labels):
                mine = [problem for problem in reasons[labels[0]] if problem.field.startswith(axis.field)]
                others = [] if axis.field in FIRST and arms else reasons[labels[0]]
                for problem in mine or others:
                    told = nearest(spec, axis.field, problem)
                    problems.setdefault((told.field, "" if told.rule.startswith(NO_SUCH) else repr(told.value)), told)
    if problems:
        raise SpecError(list(problems.values()))


def nearest(spec: RunSpec, asked: str, problem: Problem) -> Problem:
    """The problem of an unknown field, with the fields that are spelled alike, or what would have it.

    Args:
        spec: whose fields there are.
        asked: dotted path of the field that was asked for.
        problem: what a spec says of it; any other problem is given back as it is.
    """
    unknown = problem.rule.startswith((NO_SUCH, "no such task")) and asked.startswith(problem.field)
    if not unknown:
        return problem
    fields = sorted(known_fields(spec))
    if asked in fields:
        return Problem(asked, f"{NO_SUCH} of the architecture or weighting chosen here; others have it", problem.value)
    near = difflib.get_close_matches(asked, fields, n=4, cutoff=0.5)
    beside = [field for field in fields if field.startswith(asked.rpartition(".")[0] + ".")][:8]
    words = f"; near it: {', '.join(near or beside)}" if near or beside else ""
    return Problem(asked, f"{NO_SUCH}{words}", problem.value)


def known_fields(spec: RunSpec) -> set[str]:
    """Dotted paths of all that a sweep of this spec may change, those of other architectures and weightings too."""
    found = set(flattened(spec.model_dump(mode="json", exclude={"seed", "schedule"})))
    for section, registry in (("architecture", ARCHITECTURES), ("weighting", WEIGHTINGS)):
        found |= {f"{section}.{field}" for entry in registry.values() for field in entry.model_fields}
    return found - {"weighting.lambdas"}
