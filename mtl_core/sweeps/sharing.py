"""``sharing``: does sharing help? Each architecture against the same tasks trained alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mtl_core.errors import Problem, SpecError
from mtl_core.spec import RunSpec
from mtl_core.sweeps import crossvalidation
from mtl_core.sweeps.base import Member, Plan, repeated
from mtl_core.sweeps.variants import ALONE, alone, combined

ARCHITECTURES_ASKED = (ALONE, "hard", "soft", "partial")
SEEDS = 5
"""They give Student's t four degrees of freedom."""


def plan(
    spec: RunSpec,
    architectures: Sequence[str] = ARCHITECTURES_ASKED,
    weightings: Sequence[str] = (),
    seeds: int | None = None,
    folds: int = 0,
) -> Plan:
    """``separate`` and each architecture × weighting, each with the same seeds on the same split or folds.

    ``separate`` is always there, first, as the baseline; it has no weighting (:func:`mtl_core.sweeps.variants.alone`).
    Combinations that the rules refuse are left out of the runs and listed with the reason.

    Args:
        spec: what all arms have in common.
        architectures: names; ``separate`` may be left out of them.
        weightings: names; left out: the spec's own.
        seeds: from the spec's own on; left out: five on the spec's split, one a fold.
        folds: parts of a cross-validation, each of which tests once; 0: the spec's own split.

    Raises:
        SpecError: for a single task, unknown names, nothing that can be trained beside ``separate``, or too many runs.
    """
    least_two(spec)
    arms, left_out = combined(spec, architectures, weightings or (spec.weighting.name,))
    if not arms:
        problems = [problem for one in left_out for problem in one.problems]
        rule = "must name an architecture that can be trained beside separate"
        raise SpecError(problems or [Problem("architectures", rule, list(architectures))])
    count = seeds if seeds is not None else 1 if folds else SEEDS
    members = repeated({ALONE: alone(spec), **arms}, spec, count)
    if folds:
        members = tuple(_on_folds(spec, folds, members))
    return Plan("sharing", f"{spec.dataset.name}, does sharing help?", spec, members, tuple(left_out))


def _on_folds(spec: RunSpec, folds: int, members: Sequence[Member]) -> Iterator[Member]:
    """Every member on every fold, all arms of a fold one after the other.

    Raises:
        SpecError: for folds out of their range, or too small for one of the specs.
    """
    for fold in crossvalidation.plan(spec, folds).members:
        split = fold.spec.dataset.split.model_dump(mode="json")
        for member in members:
            yield Member(f"{member.label}, {fold.label}", member.spec.with_value("dataset.split", split), member.arm)


def least_two(spec: RunSpec) -> None:
    """Refuse a spec whose tasks have nobody to share with.

    Raises:
        SpecError: for fewer than two tasks.
    """
    if len(spec.tasks) < 2:
        rule = "must be at least two, so that there is something to share"
        raise SpecError([Problem("tasks", rule, list(spec.tasks))])
