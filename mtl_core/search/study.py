"""A search as it is kept: Optuna's study in the same home as the runs, and what was asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_core.errors import Problem, SpecError
from mtl_core.runs.groups import MOST_MEMBERS
from mtl_core.runs.store import Store, new_id
from mtl_core.search.space import Dimension, parse_space
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import LOWER_IS_BETTER

if TYPE_CHECKING:
    import optuna

DATABASE = "searches.db"
KIND = "search"
PLAN = "plan"
WARM_UP = 10
"""Trials before the sampler models anything, and before any is pruned."""


@dataclass(frozen=True)
class Objective:
    """What a search wants: a task's main metric on the validation part.

    Attributes:
        task, metric: their names; the metric says whether less is better.
    """

    task: str
    metric: str

    @property
    def direction(self) -> str:
        """Optuna's word for it."""
        return "minimize" if self.metric in LOWER_IS_BETTER else "maximize"


@dataclass(frozen=True)
class SearchPlan:
    """What a search was asked for.

    Attributes:
        spec: what the trials have in common.
        dimensions: what they differ in.
        objectives: one: TPE and pruning; several: NSGA-II.
        trials: how many, in all.
        prune: whether trials without hope are stopped (of one objective).
        seed: of the sampler.
    """

    spec: RunSpec
    dimensions: tuple[Dimension, ...]
    objectives: tuple[Objective, ...]
    trials: int
    prune: bool = True
    seed: int = 0

    @property
    def prunes(self) -> bool:
        """Whether trials are stopped early: with several objectives there is no order to judge them by."""
        return self.prune and len(self.objectives) == 1


def plan(
    spec: RunSpec, space: Sequence[str], objectives: Sequence[str] = (), trials: int = 50, prune: bool = True
) -> SearchPlan:
    """A search of a space, every problem reported at once.

    Args:
        spec: what the trials have in common; its schedule is left out.
        space: texts, see :mod:`mtl_core.search.space`.
        objectives: names of tasks; none: all of the spec's.
        trials: 1 to 1 000.
        prune: whether trials without hope are stopped.

    Raises:
        SpecError: for a space, objectives or a number of trials that cannot be.
    """
    tasks = {task.name: task.main_metric for task in spec.task_list()}
    problems = []
    for name in objectives:
        if name not in tasks:
            problems.append(Problem("objective", f"must be a task of the run: {', '.join(tasks)}", name))
    if not 1 <= trials <= MOST_MEMBERS:
        problems.append(Problem("trials", f"must be from 1 to {MOST_MEMBERS:,}", trials))
    if not spec.dataset.validation and spec.dataset.sizes()["validation"] == 0:
        rule = "must be above 0: a search chooses by the validation part, never by the test part"
        problems.append(Problem("dataset.validation", rule, spec.dataset.validation))
    base = parse_spec(spec.model_dump(mode="json") | {"schedule": []})
    try:
        dimensions = parse_space(base, space)
    except SpecError as error:
        problems += error.problems
    if problems:
        raise SpecError(problems)
    wanted = tuple(Objective(name, tasks[name]) for name in dict.fromkeys(objectives or tasks))
    return SearchPlan(base, dimensions, wanted, trials, prune, spec.seed)


def begin(store: Store, asked: SearchPlan, owner: str) -> str:
    """A new search, of which no trial has begun; gives the id of its group, which is the study's name too."""
    group = new_id()
    spec = json.dumps(asked.spec.model_dump(mode="json"), ensure_ascii=False)
    name = f"{asked.spec.dataset.name}, search of {', '.join(one.field for one in asked.dimensions)}"
    with store.database.write() as connection:
        connection.execute(
            "INSERT INTO groups (id, owner, kind, name, created, spec, plan) VALUES (?, ?, ?, ?, ?, ?, '[]')",
            (group, owner, KIND, name[:200], time.time(), spec),
        )
    study = _optuna().create_study(
        study_name=group, storage=storage(store.home), directions=[one.direction for one in asked.objectives]
    )
    kept = asdict(asked) | {"spec": asked.spec.model_dump(mode="json")}
    study.set_user_attr(PLAN, json.loads(json.dumps(kept)))
    return group


def load(store: Store, group: str) -> tuple[SearchPlan, optuna.Study]:
    """A search that was begun, ready to be asked for trials.

    Raises:
        SpecError: where no search has this id.
    """
    optuna = _optuna()
    try:
        study = optuna.load_study(study_name=group, storage=storage(store.home))
    except KeyError:
        raise SpecError(
            [Problem("search", "no search has this id; `runs list` shows the groups of runs", group)]
        ) from None
    asked = _plan(study.user_attrs[PLAN])
    study.sampler = sampler(asked, len(study.trials))
    return asked, study


def sampler(asked: SearchPlan, done: int) -> optuna.samplers.BaseSampler:
    """TPE for one objective, NSGA-II for several; a search that goes on draws other numbers than those before.

    Bergstra et al. 2011, Algorithms for hyper-parameter optimization; Deb et al. 2002, A fast and elitist
    multiobjective genetic algorithm: NSGA-II.
    """
    from optuna import samplers

    if len(asked.objectives) > 1:
        size = max(8, min(50, asked.trials // 4))
        return samplers.NSGAIISampler(seed=asked.seed + done, population_size=size)
    return samplers.TPESampler(
        seed=asked.seed + done, n_startup_trials=WARM_UP, multivariate=True, group=True, constant_liar=True
    )


def storage(home: Path) -> Any:
    """Optuna's storage in this home: an SQLite file that several processes may open."""
    optuna = _optuna()
    return optuna.storages.RDBStorage(f"sqlite:///{home / DATABASE}", engine_kwargs={"connect_args": {"timeout": 30}})


def _plan(kept: dict[str, Any]) -> SearchPlan:
    dimensions = tuple(Dimension(**one | {"choices": tuple(one["choices"])}) for one in kept["dimensions"])
    objectives = tuple(Objective(**one) for one in kept["objectives"])
    rest = {name: kept[name] for name in ("trials", "prune", "seed")}
    return SearchPlan(parse_spec(kept["spec"]), dimensions, objectives, **rest)


def _optuna() -> Any:
    """Optuna, told to keep its own log to warnings; imported where a search is asked for alone."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna
