"""Plan: the runs that answer one question together, and the way from a plan to runs in the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mtl_core.encoders import missing_modality
from mtl_core.errors import Problem, SpecError
from mtl_core.runs.groups import MOST_MEMBERS, create_group
from mtl_core.spec import RunSpec, parse_spec

if TYPE_CHECKING:
    from mtl_core.runs.store import Store

Kind = Literal["crossvalidation", "with_without", "modalities", "sharing", "tradeoff", "sweep", "learning_curve"]
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Member:
    """One run of a plan.

    Attributes:
        label: what tells it apart, once in a plan, e.g. ``fold 1``.
        spec: what it trains.
        arm: members of one arm are repetitions of one another: numbers are averaged over them, and arms compared.
    """

    label: str
    spec: RunSpec
    arm: str = ""


@dataclass(frozen=True)
class LeftOut:
    """What was asked for and cannot be trained.

    Attributes:
        arm: as a member's would be.
        problems: the rules that its spec breaks.
    """

    arm: str
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        """As a group keeps it: ``arm``, and of each problem ``field``, ``rule`` and ``value`` (as text if no JSON)."""
        problems = [{"field": one.field, "rule": one.rule, "value": one.value} for one in self.problems]
        found: dict[str, Any] = json.loads(json.dumps({"arm": self.arm, "problems": problems}, default=str))
        return found


@dataclass(frozen=True)
class Plan:
    """Runs that are started, watched, stopped and summed up as one.

    Attributes:
        kind: which question they answer.
        name: what a person calls them.
        spec: the spec that the members are variants of.
        members: in the order in which they shall train.
        left_out: arms that the rules refuse, with the reason; the others answer without them.
    """

    kind: Kind
    name: str
    spec: RunSpec
    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, each once, in order."""
        return tuple(dict.fromkeys(member.arm for member in self.members))


def start(store: Store, plan: Plan, owner: str) -> str:
    """Put all runs of a plan into the queue; a runner gives them to its workers. Gives the group's id.

    Raises:
        MTLError: for a plan without runs, or with too many.
    """
    members = [(member.label, member.arm, member.spec) for member in plan.members]
    left_out = [one.as_json() for one in plan.left_out]
    return create_group(store, plan.kind, plan.name, plan.spec, members, owner, left_out)


def seeds_from(spec: RunSpec, count: int, field: str = "seeds") -> list[int]:
    """``count`` seeds from the spec's own on.

    Raises:
        SpecError: for a count that is no seed's, or seeds beyond 2³¹ − 1.
    """
    most = min(MOST_MEMBERS, MOST_SEED - spec.seed + 1)
    if not 1 <= count <= most:
        raise SpecError([Problem(field, f"must be a whole number from 1 to {most:,}", count)])
    return [spec.seed + i for i in range(count)]


def repeated(arms: Mapping[str, RunSpec], spec: RunSpec, seeds: int) -> tuple[Member, ...]:
    """Every arm with every seed, all arms of a seed one after the other, so that pairs are whole early.

    Raises:
        SpecError: for a count that is no seed's, or more runs than a group may have.
    """
    given = seeds_from(spec, seeds)
    if len(arms) * seeds > MOST_MEMBERS:
        rule = f"must leave at most {MOST_MEMBERS:,} runs; {len(arms):,} settings × {seeds} are {len(arms) * seeds:,}"
        raise SpecError([Problem("seeds", rule, seeds)])
    return tuple(
        Member(f"{arm}, seed {seed}" if seeds > 1 else arm, variant.model_copy(update={"seed": seed}), arm)
        for seed in given
        for arm, variant in arms.items()
    )


def narrowed(spec: RunSpec, tasks: Collection[str], **changed: Any) -> RunSpec:
    """The spec with some of its tasks and other fields changed; each task that stays keeps its λ.

    Args:
        spec: the whole.
        tasks: those that stay.
        changed: other fields of the spec, as plain values.

    Raises:
        SpecError: where what is left breaks a rule.
    """
    raw = spec.model_dump(mode="json") | {"tasks": [task for task in spec.tasks if task in tasks]}
    lambdas = {task: value for task, value in spec.weighting.lambdas.items() if task in tasks}
    raw["weighting"]["lambdas"] = lambdas
    gone = {f"weighting.lambdas.{task}" for task in spec.tasks if task not in tasks}
    raw["schedule"] = [change for change in raw["schedule"] if change["field"] not in gone]
    return parse_spec(raw | changed)


def tasks_with(spec: RunSpec, modalities: Iterable[str]) -> list[str]:
    """Those of the spec's tasks that can be learned from these inputs alone."""
    chosen = set(modalities)
    inputs = {name: look for name, look in spec.dataset.inputs().items() if name in chosen}
    return [task.name for task in spec.task_list() if not missing_modality(task, inputs)]
