"""The loop of a search: ask for trials, queue them as runs, report what they measure, stop those without hope."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtl_core.control import Command
from mtl_core.errors import RunNotFound, SpecError
from mtl_core.runs.groups import add_member
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.search.space import chosen
from mtl_core.search.study import WARM_UP, SearchPlan, load

if TYPE_CHECKING:
    import optuna

POLL_SECONDS = 0.1
RUN, WHY = "run", "why"
"""Attributes of a trial: the id of its run, and why it has none or no values."""
PRUNED, STOPPED = "pruned", "stopped"


@dataclass(frozen=True)
class Stand:
    """How far a search is.

    Attributes:
        done: trials that have ended, however.
        trials: how many there shall be.
        pruned, failed: of those that have ended.
        going: trials under way.
    """

    done: int
    trials: int
    pruned: int
    failed: int
    going: int


class Search:
    """A search under way in this process.

    Args:
        store: where its runs are.
        group: its id.
        width: runs at a time.
    """

    def __init__(self, store: Store, group: str, width: int) -> None:
        self.store, self.group, self.width = store, group, width
        self.asked: SearchPlan
        self.asked, self.study = load(store, group)
        self.going: dict[int, tuple[optuna.Trial, str, int]] = {}
        """By number the trial, its run, and the step up to which its metrics were reported."""
        self._pruner = _pruner(self.asked)
        self.study.pruner = self._pruner
        self._take_up()

    def stand(self) -> Stand:
        """How far it is."""
        states = [trial.state.name for trial in self._counted()]
        ended = [state for state in states if state not in ("RUNNING", "WAITING")]
        return Stand(
            len(ended), self.asked.trials, states.count("PRUNED"), states.count("FAIL"), len(states) - len(ended)
        )

    def _counted(self) -> list[optuna.trial.FrozenTrial]:
        """The trials but for those that a stop of the search has cut off: they are made up for."""
        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if trial.user_attrs.get(WHY) != STOPPED]

    def turn(self, *, more: bool = True) -> bool:
        """Look after what is under way and, if ``more``, ask for new trials; False once nothing is left to do."""
        for number in list(self.going):
            self._look(number)
        while more and len(self.going) < self.width and len(self._counted()) < self.asked.trials:
            self._ask()
        return bool(self.going) or (more and len(self._counted()) < self.asked.trials)

    def stop(self) -> None:
        """Stop the runs under way; other trials will stand in for theirs when the search goes on."""
        for _, run, _ in self.going.values():
            self.store.send(run, Command("stop", by="search"))

    def _ask(self) -> None:
        trial = self.study.ask({one.field: one.distribution() for one in self.asked.dimensions})
        try:
            spec = chosen(self.asked.spec, self.asked.dimensions, trial.params)
            run = add_member(self.store, self.group, f"trial {trial.number}", "", spec)
        except SpecError as error:
            trial.set_user_attr(WHY, str(error))
            self._tell(trial, None, "FAIL")
            return
        trial.set_user_attr(RUN, run)
        self.going[trial.number] = (trial, run, 0)

    def _look(self, number: int) -> None:
        trial, run, _ = self.going[number]
        try:
            record = self.store.get(run)
        except RunNotFound:
            trial.set_user_attr(WHY, "the run was deleted")
            self._tell(trial, None, "FAIL")
            del self.going[number]
            return
        if self.asked.prunes:
            self._report(number, record)
        if record.ended_for_now:
            del self.going[number]
            self._settle(trial, record)

    def _settle(self, trial: optuna.Trial, record: RunRecord) -> None:
        if record.status == "finished":
            values = self._values(record)
            if None not in values:
                self._tell(trial, values, None)
                return
            trial.set_user_attr(WHY, "it has no validation numbers")
        elif trial.user_attrs.get(WHY) == PRUNED:
            self._tell(trial, None, "PRUNED")
            return
        else:
            stopped = record.status == "stopped"
            trial.set_user_attr(WHY, STOPPED if stopped else (record.error or {}).get("message") or record.status)
        self._tell(trial, None, "FAIL")

    def _values(self, record: RunRecord) -> list[Any]:
        found = ((record.result or {}).get("metrics") or {}).get("validation") or {}
        return [found.get(one.task, {}).get(one.metric) for one in self.asked.objectives]

    def _report(self, number: int, record: RunRecord) -> None:
        """Tell the pruner of every new evaluation; a trial that is worse than most at the same epoch is stopped."""
        trial, run, seen = self.going[number]
        (objective,) = self.asked.objectives
        for event in reversed(self.store.last_events(run, "evaluation", limit=200)):
            value = event.values["metrics"].get(objective.task, {}).get(objective.metric)
            if event.values["split"] != "validation" or event.step <= seen or value is None:
                continue
            trial.report(value, round(event.epoch))
            self.going[number] = (trial, run, event.step)
        if not record.ended_for_now and trial.user_attrs.get(WHY) is None and trial.should_prune():
            trial.set_user_attr(WHY, PRUNED)
            self.store.send(run, Command("stop", by="search"))

    def _take_up(self) -> None:
        """Trials that were under way when an earlier process ended: their runs are looked after again."""
        import optuna

        for found in self.study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            trial = optuna.Trial(self.study, found._trial_id)
            run = found.user_attrs.get(RUN)
            if run is None:
                self._tell(trial, None, "FAIL")
                continue
            last = max(found.intermediate_values, default=0)
            self.going[found.number] = (trial, run, 0 if not last else self._step_of(run, last))

    def _step_of(self, run: str, epoch: int) -> int:
        """The step of the evaluation after an epoch that was reported already."""
        steps = [event.step for event in self.store.last_events(run, "evaluation", limit=2000) if event.epoch <= epoch]
        return max(steps, default=0)

    def _tell(self, trial: optuna.Trial, values: list[Any] | None, state: str | None) -> None:
        import optuna

        self.study.tell(trial, values, state=None if state is None else optuna.trial.TrialState[state])


def run_search(search: Search, stopping: Callable[[], bool]) -> Iterator[Stand]:
    """Search until all trials have ended, or until told to stop; then the runs under way are stopped and waited for.

    Yields:
        Where it stands, several times a second.

    Raises:
        MTLError: where the store cannot be used.
    """
    stopped = False
    while search.turn(more=not stopped):
        yield search.stand()
        if not stopped and stopping():
            stopped = True
            search.stop()
        time.sleep(POLL_SECONDS)
    yield search.stand()


def _pruner(asked: SearchPlan) -> optuna.pruners.BasePruner:
    """The median rule, after as many trials as the sampler draws by chance, and a fifth of a run."""
    import optuna

    if not asked.prunes:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(n_startup_trials=WARM_UP // 2, n_warmup_steps=max(1, asked.spec.epochs // 5))
