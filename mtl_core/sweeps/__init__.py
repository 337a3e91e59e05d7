"""Several runs as one: a function each from a spec to a plan of runs; this dict is the list of them."""

from collections.abc import Callable, Mapping

from mtl_core.sweeps import crossvalidation, grid, learning_curve, modalities, sharing, tradeoff, with_without
from mtl_core.sweeps.base import Plan

SWEEPS: Mapping[str, Callable[..., Plan]] = {
    "crossvalidation": crossvalidation.plan,
    "with_without": with_without.plan,
    "modalities": modalities.plan,
    "sharing": sharing.plan,
    "tradeoff": tradeoff.plan,
    "sweep": grid.plan,
    "learning_curve": learning_curve.plan,
}
