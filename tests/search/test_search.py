"""Searches with trials that a test measures instead of training: spaces, both samplers, pruning, stopping, going on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.runs.groups import get_group, members_of
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.search import study
from mtl_core.search.answer import search_answer
from mtl_core.search.loop import Search
from mtl_core.search.space import Dimension, chosen, parse_space
from mtl_core.spec import RunSpec, parse_spec

WINE = parse_spec({"dataset": "wine_quality", "epochs": 10})
LR = "optimizer.lr=1e-4..1:log"
Measure = Callable[[RunRecord], dict[str, Any]]


def by_rate(run: RunRecord) -> dict[str, Any]:
    """Quality is best at a rate of 0.01."""
    import math

    away = math.log10(run.spec["optimizer"]["lr"]) + 2
    return {"quality": {"mse": 0.4 + away**2}, "good": {"accuracy": 0.8 - 0.01 * run.spec["optimizer"]["lr"]}}


def hopeless(run: RunRecord) -> dict[str, Any]:
    """As bad as can be, whatever was chosen."""
    return {"quality": {"mse": 99.0 + run.epoch}, "good": {"accuracy": 0.1}}


def work(store: Store, group: str, measure: Measure = by_rate, epochs: int = 10, fail: bool = False) -> None:
    """Do what the workers would: train every run that waits, an evaluation an epoch."""
    for run in members_of(store, group):
        if run.status != "queued":
            continue
        writer, found = store.writer(run.id), measure(run)
        for epoch in range(1, epochs + 1):
            values = {"split": "validation", "loss": {}, "metrics": found, "final": epoch == 10}
            writer.append(Event("evaluation", epoch, float(epoch), 0.1 * epoch, values))
        if fail:
            writer.append(Event("failed", epochs, float(epochs), 1.0, {"message": "the loss became nan"}))
        elif epochs == 10:
            done = {"status": "finished", "metrics": {"validation": found, "test": found}}
            writer.append(Event("finished", 10, 10.0, 1.0, done))
        writer.flush()


def searched(
    store: Store, space: list[str], trials: int, objectives: tuple[str, ...] = ("quality",), **how: Any
) -> str:
    """A search to its end."""
    group = study.begin(store, study.plan(WINE, space, objectives, trials), "owner")
    search = Search(store, group, 2)
    while search.turn():
        work(store, group, **how)
    return group


def test_a_range_a_log_range_whole_numbers_and_choices() -> None:
    space = parse_space(WINE, [LR, "epochs=5..50", "weighting.lambdas.quality=0..1", "architecture.name=hard,soft"])
    assert space == (
        Dimension("optimizer.lr", 1e-4, 1.0, log=True),
        Dimension("epochs", 5.0, 50.0, whole=True),
        Dimension("weighting.lambdas.quality", 0.0, 1.0),
        Dimension("architecture.name", choices=("hard", "soft")),
    )
    values = {"optimizer.lr": 0.02, "epochs": 7, "weighting.lambdas.quality": 0.3, "architecture.name": '"soft"'}
    spec = chosen(WINE, space, values)
    assert (spec.optimizer.lr, spec.epochs, spec.architecture.name) == (0.02, 7, "soft")
    assert spec.regularizers[0].name == "l2_distance", "what soft brings along"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("optimizer.lr", "must be FIELD=LOW..HIGH"),
        ("optimizer.lr=0..1:log", "above 0"),
        ("optimizer.lr=1..0.1", "the lower one first"),
        ("optimizer.lr=0.1..1:7", "no number of values"),
        ("optimizer.lr=0.1..1000", "less than or equal to 100"),
        ("optimizer.rate=0.1..1", "unknown field"),
        ("epochs=0..10", "epochs"),
        ("architecture.name=hard,nope", "nope"),
        ("seed=1..5", "seed"),
    ],
)
def test_a_space_that_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words.replace(".", r"\.")):
        parse_space(WINE, [text])


def test_every_problem_is_told_at_once(store: Store) -> None:
    with pytest.raises(SpecError) as refused:
        study.plan(WINE, ["optimizer.rate=1..2"], ["taste"], 0)
    assert {problem.field for problem in refused.value.problems} >= {"objective", "trials", "optimizer.rate"}
    assert store.runs() == []


def test_one_objective_finds_the_best_rate(store: Store) -> None:
    group = searched(store, [LR], 18)
    answer = search_answer(store, group)
    (best,) = answer.best
    assert 0.003 < best.values["optimizer.lr"] < 0.03
    assert best.measured[0] == min(trial.measured[0] for trial in answer.trials if trial.measured)
    assert (answer.objectives, answer.lower_is_better) == ((("quality", "mse"),), (True,))
    assert len(members_of(store, group)) == 18
    assert get_group(store, group).kind == "search"
    assert best.run in {run.id for run in members_of(store, group)}


def test_several_objectives_give_a_front(store: Store) -> None:
    group = searched(store, [LR, "weighting.lambdas.quality=0..1"], 14, ())
    answer = search_answer(store, group)
    assert answer.lower_is_better == (True, False)
    assert all(trial.state == "done" for trial in answer.trials), "nothing is pruned: there is no order"
    for trial in answer.best:
        others = [other.measured for other in answer.trials]
        assert not any(a < trial.measured[0] and b > trial.measured[1] for a, b in others)
    shares = answer.importances["quality"]
    assert max(shares, key=lambda field: shares[field]) == "optimizer.lr", "λ changes nothing in this measure"
    assert sum(shares.values()) == pytest.approx(1)


def test_trials_without_hope_are_stopped(store: Store) -> None:
    group = study.begin(store, study.plan(WINE, [LR], ["quality"], 12), "owner")
    search = Search(store, group, 1)
    for number in range(6):
        search.turn()
        bad = number == 5
        work(store, group, hopeless if bad else by_rate, epochs=6 if bad else 10)
        search.turn(more=False)
    ordered = [o.name for run in members_of(store, group) for o in store.commands_since(run.id, 0)[0]]
    assert ordered == ["stop"]
    (_, run, _) = next(iter(search.going.values()))
    writer = store.writer(run)
    writer.append(Event("stopped", 6, 6.0, 1.0, {"status": "stopped", "metrics": {}}))
    writer.flush()
    search.turn(more=False)
    assert search.stand().pruned == 1
    assert search_answer(store, group).trials[-1].state == "pruned"


def test_a_failed_run_is_a_failed_trial_with_its_reason(store: Store) -> None:
    answer = search_answer(store, searched(store, [LR], 3, fail=True))
    assert [(trial.state, trial.why) for trial in answer.trials] == [("failed", "the loss became nan")] * 3
    assert answer.best == ()


def test_a_stopped_search_goes_on_in_another_process(store: Store) -> None:
    group = study.begin(store, study.plan(WINE, [LR], ["quality"], 6), "owner")
    search = Search(store, group, 2)
    for _ in range(2):
        search.turn()
        work(store, group)
    search.turn()
    search.stop()
    assert not search.turn(more=False), "what waited in the queue has ended at once"
    before = search_answer(store, group)
    assert (len(before.trials), {trial.state for trial in before.trials}) == (4, {"done"})
    again = Search(Store(store.home), group, 2)
    while again.turn():
        work(store, group)
    after = search_answer(store, group)
    assert len(after.trials) == 6, "others stand in for those that were cut off"
    assert [trial.values for trial in after.trials[:4]] == [trial.values for trial in before.trials]
    assert len({trial.values["optimizer.lr"] for trial in after.trials}) == 6


def test_a_search_whose_process_died_takes_up_its_runs(store: Store) -> None:
    group = study.begin(store, study.plan(WINE, [LR], ["quality"], 4), "owner")
    lost = Search(store, group, 2)
    lost.turn()
    work(store, group)
    found = Search(store, group, 2)
    assert len(found.going) == 2
    while found.turn():
        work(store, group)
    answer = search_answer(store, group)
    assert [trial.state for trial in answer.trials] == ["done"] * 4
    assert len(members_of(store, group)) == 4, "no trial was trained twice"


def test_values_that_go_together_with_no_spec_cost_a_trial_and_no_run(store: Store) -> None:
    group = searched(store, ["architecture.name=separate,hard", "weighting.name=mgda,pcgrad"], 6, ())
    answer = search_answer(store, group)
    refused = [trial for trial in answer.trials if trial.run is None]
    assert all(trial.values["architecture.name"] == "separate" and trial.state == "failed" for trial in refused)
    assert all("shares nothing" in str(trial.why) for trial in refused)
    assert len(members_of(store, group)) == 6 - len(refused)


def test_no_such_search(store: Store) -> None:
    with pytest.raises(SpecError, match="no search has this id"):
        search_answer(store, "nothing")


def test_without_a_validation_part_there_is_nothing_to_choose_by() -> None:
    spec: RunSpec = parse_spec({"dataset": {"name": "wine_quality", "validation": 0}})
    with pytest.raises(SpecError, match="never by the test part"):
        study.plan(spec, [LR])
