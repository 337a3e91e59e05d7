"""``with_without``: does the generator get better with the supervised tasks than without them?"""

from __future__ import annotations

from mtl_core.errors import Problem, SpecError
from mtl_core.spec import RunSpec
from mtl_core.sweeps.base import Member, Plan, narrowed, seeds_from


def plan(spec: RunSpec, seeds: int = 3) -> Plan:
    """The spec with all its tasks, and with its generation tasks alone; each with the same seeds.

    Data, network, epochs, batches and the generation tasks' λ are the same on both sides, so that nothing but the
    supervised tasks makes the difference. Both sides of a seed train one after the other.

    Raises:
        SpecError: where the spec has no generation task, or nothing else.
    """
    made = [task.name for task in spec.task_list() if task.kind == "generation"]
    if not made or len(made) == len(spec.tasks):
        rule = "must have a generation task and a supervised one, so that they can be told apart"
        raise SpecError([Problem("tasks", rule, list(spec.tasks))])
    alone = narrowed(spec, made)
    names = " + ".join(spec.tasks), " + ".join(made) + " alone"
    members = []
    for seed in seeds_from(spec, seeds):
        for arm, variant in zip(names, (spec, alone), strict=True):
            members.append(Member(f"{arm}, seed {seed}", variant.model_copy(update={"seed": seed}), arm))
    return Plan("with_without", f"{spec.dataset.name}, with and without", spec, tuple(members))
