"""What a search has found so far: its trials, the best of them, and which fields mattered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from mtl_core.runs.store import Store
from mtl_core.search.loop import RUN, STOPPED, WHY
from mtl_core.search.study import SearchPlan, load

if TYPE_CHECKING:
    import optuna

State = Literal["done", "pruned", "failed", "running"]
_STATES: Mapping[str, State] = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
FEWEST = 8
"""Finished trials from which on importances are said."""


@dataclass(frozen=True)
class TrialFound:
    """One trial.

    Attributes:
        number: from 0, in the order in which they were asked for.
        state: ``done``, ``pruned``, ``failed`` or ``running``.
        run: id of its run; None where its values went together with no spec.
        values: by field what it has chosen.
        measured: one number an objective, of a finished trial.
        why: why it has none.
        best: whether it is the best, or on the front.
    """

    number: int
    state: State
    run: str | None
    values: Mapping[str, Any]
    measured: tuple[float, ...]
    why: str | None
    best: bool


@dataclass(frozen=True)
class SearchAnswer:
    """A search as it is now; everything is measured on the validation part.

    Attributes:
        group: its id.
        fields: what is searched.
        objectives: task and metric of each.
        lower_is_better: by objective.
        trials_asked: how many there shall be.
        trials: those that there are, without those that a stop has cut off.
        importances: by objective and field the share of the variance over the trials that the field explains
            (fANOVA, Hutter et al. 2014); empty before there are eight finished trials.
    """

    group: str
    fields: tuple[str, ...]
    objectives: tuple[tuple[str, str], ...]
    lower_is_better: tuple[bool, ...]
    trials_asked: int
    trials: tuple[TrialFound, ...]
    importances: Mapping[str, Mapping[str, float]]

    @property
    def best(self) -> tuple[TrialFound, ...]:
        """The best trial, or the front."""
        return tuple(trial for trial in self.trials if trial.best)

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def search_answer(store: Store, group: str) -> SearchAnswer:
    """What a search says so far.

    Raises:
        SpecError: where no search has this id.
    """
    asked, study = load(store, group)
    trials = [trial for trial in study.get_trials() if trial.user_attrs.get(WHY) != STOPPED]
    best = _best(study)
    found = tuple(_found(trial, asked, trial.number in best) for trial in trials)
    return SearchAnswer(
        group=group,
        fields=tuple(one.field for one in asked.dimensions),
        objectives=tuple((one.task, one.metric) for one in asked.objectives),
        lower_is_better=tuple(one.direction == "minimize" for one in asked.objectives),
        trials_asked=asked.trials,
        trials=found,
        importances=_importances(asked, study),
    )


def _found(trial: optuna.trial.FrozenTrial, asked: SearchPlan, best: bool) -> TrialFound:
    dimensions = {one.field: one for one in asked.dimensions}
    values = {field: dimensions[field].value(value) for field, value in trial.params.items()}
    measured = tuple(trial.values or ()) if trial.state.name == "COMPLETE" else ()
    state = _STATES.get(trial.state.name, "running")
    return TrialFound(trial.number, state, trial.user_attrs.get(RUN), values, measured, trial.user_attrs.get(WHY), best)


def _best(study: optuna.Study) -> set[int]:
    """Numbers of the trials that no other beats."""
    if not any(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False)):
        return set()
    several = len(study.directions) > 1
    return {trial.number for trial in study.best_trials} if several else {study.best_trial.number}


def _importances(asked: SearchPlan, study: optuna.Study) -> dict[str, dict[str, float]]:
    import optuna

    done = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if len(done) < FEWEST or len(asked.dimensions) < 2:
        return {}
    found = {}
    for i, objective in enumerate(asked.objectives):
        if len({trial.values[i] for trial in done}) < 2:
            continue
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=asked.seed)
        target = partial(_measured, place=i)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator, target=target)
        found[objective.task] = {field: float(share) for field, share in shares.items()}
    return found


def _measured(trial: optuna.trial.FrozenTrial, place: int) -> float:
    return float(trial.values[place])
