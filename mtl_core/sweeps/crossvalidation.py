"""``crossvalidation``: the same spec on every fold of its data."""

from __future__ import annotations

from typing import Literal

from mtl_core.errors import Problem, SpecError
from mtl_core.runs.groups import MOST_MEMBERS
from mtl_core.spec import RunSpec
from mtl_core.sweeps.base import Member, Plan, seeds_from

Scheme = Literal["kfold", "holdout"]
SCHEMES: tuple[Scheme, ...] = ("kfold", "holdout")
MOST_FOLDS = 50


def plan(spec: RunSpec, folds: int = 5, scheme: Scheme = "kfold", repeats: int = 1) -> Plan:
    """A run for each fold and each of ``repeats`` seeds.

    kfold: the rows are dealt into ``folds`` parts, and each part tests once. holdout: ``folds`` times a share
    ``dataset.split.test`` of all rows is drawn anew to test (repeated hold-out, Monte Carlo cross-validation).
    ``repeats`` trains every fold again with the seeds that follow the spec's own: the same rows, another start.

    Raises:
        SpecError: for folds, scheme or repeats out of their range, and where the folds are too small for the spec.
    """
    problems = []
    if not 2 <= folds <= MOST_FOLDS:
        problems.append(Problem("folds", f"must be a whole number from 2 to {MOST_FOLDS}", folds))
    if scheme not in SCHEMES:
        problems.append(Problem("scheme", f"unknown name; known: {', '.join(SCHEMES)}", scheme))
    if repeats < 1 or repeats * folds > MOST_MEMBERS:
        problems.append(Problem("repeats", f"must be at least 1, and at most {MOST_MEMBERS:,} runs in all", repeats))
    if problems:
        raise SpecError(problems)
    split = spec.dataset.split.model_dump(mode="json") | {"name": scheme, "folds": folds}
    variants = [spec.with_value("dataset.split", split | {"fold": fold}) for fold in range(folds)]
    members = []
    for seed in seeds_from(spec, repeats, "repeats"):
        for fold, variant in enumerate(variants):
            label = f"fold {fold + 1}" + (f", seed {seed}" if repeats > 1 else "")
            members.append(Member(label, variant.model_copy(update={"seed": seed})))
    return Plan("crossvalidation", _name(spec, folds, scheme, repeats), spec, tuple(members))


def _name(spec: RunSpec, folds: int, scheme: Scheme, repeats: int) -> str:
    what = f"{folds} folds" if scheme == "kfold" else f"{folds} random splits"
    return f"{spec.dataset.name}, {what}" + (f" × {repeats} seeds" if repeats > 1 else "")
