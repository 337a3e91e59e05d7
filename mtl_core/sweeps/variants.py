"""Variants: one spec with another architecture or weighting, and the same tasks trained alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtl_core.architectures import ARCHITECTURES
from mtl_core.architectures.base import Architecture
from mtl_core.errors import Problem, SpecError
from mtl_core.model import known
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps.base import LeftOut
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting

ALONE = "separate"
"""Arm, and architecture, of the single-task baseline."""


def restarted(spec: RunSpec, **changed: Any) -> RunSpec:
    """The spec without what a hand changed during its run (its schedule), and with other fields changed.

    Raises:
        SpecError: where the whole breaks a rule.
    """
    return parse_spec(spec.model_dump(mode="json") | {"schedule": []} | changed)


def with_architecture(spec: RunSpec, name: str) -> RunSpec:
    """The spec with another architecture; its own if that is the name.

    Sizes and dropout stay; what only the other architecture has is at its default. The term that an architecture
    brings along (soft and partial: l2_distance) comes and goes with it, with the strength that the spec has for
    it; other terms stay. ``separate`` has none: nothing is tied there.

    Raises:
        SpecError: for an unknown name, or where the whole breaks a rule.
    """
    _known("architecture.name", [name], ARCHITECTURES)
    if name == spec.architecture.name:
        return spec
    fields = spec.architecture.model_dump(mode="json", include={*Architecture.model_fields})
    brought = ARCHITECTURES[spec.architecture.name].default_regularizer
    tie = ARCHITECTURES[name].default_regularizer
    terms = [term.model_dump(mode="json") for term in spec.regularizers]
    kept = [term for term in terms if term["name"] not in (brought, tie)]
    if tie:
        kept.append(next((term for term in terms if term["name"] == tie), {"name": tie}))
    return restarted(spec, architecture=fields | {"name": name}, regularizers=[] if name == ALONE else kept)


def with_weighting(spec: RunSpec, name: str) -> RunSpec:
    """The spec with another weighting and the same λ; what only the other weighting has is at its default.

    Raises:
        SpecError: for an unknown name, or where the whole breaks a rule.
    """
    _known("weighting.name", [name], WEIGHTINGS)
    if name == spec.weighting.name:
        return spec
    fields = spec.weighting.model_dump(mode="json", include={*Weighting.model_fields})
    return restarted(spec, weighting=fields | {"name": name})


def alone(spec: RunSpec) -> RunSpec:
    """Every task trained as if it were the only one: ``separate``, plain sums of losses, λ = 1, nothing that ties.

    Data, split, seed, sizes, optimizer and epochs are the spec's. All tasks train in one run, side by side;
    optimizer.clip_norm still bounds the gradient of all of them together.

    Raises:
        SpecError: where that breaks a rule.
    """
    fields = spec.architecture.model_dump(mode="json", include={*Architecture.model_fields})
    lambdas = dict.fromkeys(spec.tasks, 1.0)
    weighting = {"name": "fixed", "lambdas": lambdas}
    return restarted(spec, architecture=fields | {"name": ALONE}, weighting=weighting, regularizers=[])


def combined(
    spec: RunSpec, architectures: Sequence[str], weightings: Sequence[str]
) -> tuple[dict[str, RunSpec], list[LeftOut]]:
    """Every architecture with every weighting, ``separate`` left aside: what can be trained, and what cannot.

    An arm is called by its architecture; with several weightings ``hard, pcgrad``.

    Raises:
        SpecError: for unknown names.
    """
    _known("architectures", architectures, ARCHITECTURES)
    _known("weightings", weightings, WEIGHTINGS)
    base = restarted(spec)
    asked: dict[str, Callable[[], RunSpec]] = {}
    for architecture in architectures:
        for weighting in weightings if architecture != ALONE else ():
            arm = architecture if len(weightings) == 1 else f"{architecture}, {weighting}"
            asked[arm] = _maker(base, architecture, weighting)
    return possible(asked)


def possible(asked: Mapping[str, Callable[[], RunSpec]]) -> tuple[dict[str, RunSpec], list[LeftOut]]:
    """The specs that can be made, by arm, and those that break rules."""
    arms, left_out = {}, []
    for arm, make in asked.items():
        try:
            arms[arm] = make()
        except SpecError as error:
            left_out.append(LeftOut(arm, tuple(error.problems)))
    return arms, left_out


def _maker(spec: RunSpec, architecture: str, weighting: str) -> Callable[[], RunSpec]:
    def make() -> RunSpec:
        if weighting == spec.weighting.name:
            return with_architecture(spec, architecture)
        plain = with_weighting(spec, "fixed")  # a weighting of gradients would refuse the spec's own architecture
        return with_weighting(with_architecture(plain, architecture), weighting)

    return make


def _known(field: str, names: Sequence[str], registry: Mapping[str, object]) -> None:
    problems = [
        Problem(field, f"unknown name; known: {known(registry)}", name) for name in names if name not in registry
    ]
    if not names:
        problems.append(Problem(field, f"must name at least one of: {known(registry)}", []))
    if problems:
        raise SpecError(problems)
