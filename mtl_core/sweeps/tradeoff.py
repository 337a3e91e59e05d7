"""``tradeoff``: which trade-off between the tasks? λ over the simplex, beside the tasks trained alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mtl_core.errors import Problem, SpecError
from mtl_core.spec import RunSpec
from mtl_core.sweeps.base import Plan, repeated
from mtl_core.sweeps.sharing import least_two
from mtl_core.sweeps.simplex import points_on_simplex
from mtl_core.sweeps.variants import ALONE, alone, combined, possible, restarted

MOST_TASKS = 8


def plan(
    spec: RunSpec,
    points: int = 21,
    seeds: int = 1,
    architectures: Sequence[str] = (),
    weightings: Sequence[str] = (),
) -> Plan:
    """Every architecture × weighting with λ at ``points`` places of the simplex, and ``separate`` once a seed.

    The corners (all weight on one task) are among the places; a task with λ = 0 is not trained there. Only the
    ratios of λ matter under Adam. ``separate`` is what each task reaches alone, so not a point of the front.

    Args:
        spec: what all runs have in common; its λ are replaced.
        points: of λ, see :func:`mtl_core.sweeps.simplex.points_on_simplex`.
        seeds: from the spec's own on.
        architectures: names; left out: the spec's own.
        weightings: names; left out: the spec's own.

    Raises:
        SpecError: for fewer than two tasks or more than eight, ``separate``, unknown names, points or seeds out of
            their range, and where no combination can be trained.
    """
    least_two(spec)
    names = tuple(architectures) or (spec.architecture.name,)
    if len(spec.tasks) > MOST_TASKS:
        raise SpecError([Problem("tasks", f"must be at most {MOST_TASKS} for a front", len(spec.tasks))])
    if ALONE in names:
        rule = "must share something: separate tasks have no trade-off, and are there as the baseline anyway"
        raise SpecError([Problem("architectures", rule, list(names))])
    chosen, left_out = combined(spec, names, tuple(weightings) or (spec.weighting.name,))
    if not chosen:
        raise SpecError([problem for one in left_out for problem in one.problems])
    places = points_on_simplex(len(spec.tasks), points).tolist()
    asked = {f"{arm}, {_place(place)}": _at(base, place) for arm, base in chosen.items() for place in places}
    arms, refused = possible(asked)
    members = repeated({ALONE: alone(spec), **arms}, spec, seeds)
    return Plan("tradeoff", f"{spec.dataset.name}, trade-offs", spec, members, (*left_out, *refused))


def _at(spec: RunSpec, place: Sequence[float]) -> Callable[[], RunSpec]:
    lambdas = dict(zip(spec.tasks, place, strict=True))
    weighting = spec.weighting.model_dump(mode="json") | {"lambdas": lambdas}
    return lambda: restarted(spec, weighting=weighting)


def _place(place: Sequence[float]) -> str:
    return "λ " + " ".join(f"{value:.4g}" for value in place)
