"""``modalities``: what can be learned from each input alone, beside all of them together."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_core.errors import Problem, SpecError
from mtl_core.spec import RunSpec
from mtl_core.sweeps.base import Member, Plan, narrowed, seeds_from, tasks_with


def plan(spec: RunSpec, seeds: int = 1) -> Plan:
    """The spec with all its inputs and with each input alone; with three or more also without each.

    Tasks that need an input that is left out are left out with it (a mask needs its picture). All else is the same.

    Raises:
        SpecError: where the spec has a single input, or what is left breaks a rule.
    """
    inputs = list(spec.dataset.inputs())
    if len(inputs) < 2:
        rule = f"must leave at least two inputs to compare; the data set has {', '.join(spec.dataset.build().inputs())}"
        raise SpecError([Problem("dataset.modalities", rule, inputs)])
    variants = [(arm, _with(spec, chosen)) for arm, chosen in _choices(inputs) if tasks_with(spec, chosen)]
    members = []
    for seed in seeds_from(spec, seeds):
        for arm, variant in variants:
            label = f"{arm}, seed {seed}" if seeds > 1 else arm
            members.append(Member(label, variant.model_copy(update={"seed": seed}), arm))
    return Plan("modalities", f"{spec.dataset.name}, inputs compared", spec, tuple(members))


def _choices(inputs: list[str]) -> Iterator[tuple[str, list[str]]]:
    yield " + ".join(inputs), inputs
    for name in inputs:
        yield f"only {name}", [name]
    if len(inputs) > 2:
        for name in inputs:
            yield f"without {name}", [other for other in inputs if other != name]


def _with(spec: RunSpec, chosen: list[str]) -> RunSpec:
    dataset = spec.dataset.model_dump(mode="json") | {"modalities": chosen}
    return narrowed(spec, tasks_with(spec, chosen), dataset=dataset)
