"""The answer to "does sharing help?": pairs by seed, numbers against SciPy, the choice on validation alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mtl_core.errors import RunNotFound
from mtl_core.runs.groups import members_of
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from mtl_core.sweeps import sharing
from mtl_core.sweeps.answer import Answer, ArmAnswer
from mtl_core.sweeps.base import start
from mtl_core.sweeps.verdict import sharing_answer
from tests.runs.events import event
from tests.sweeps.test_summary import train

SEPARATE = {"quality": [0.50, 0.52, 0.51, 0.49, 0.53], "good": [0.70, 0.72, 0.71, 0.69, 0.73]}
HARD = {"quality": [0.49, 0.54, 0.50, 0.50, 0.52], "good": [0.72, 0.745, 0.73, 0.708, 0.755]}
SOFT = {"quality": [0.56, 0.59, 0.57, 0.56, 0.59], "good": [0.70, 0.73, 0.70, 0.70, 0.73]}
METRIC = {"quality": "mse", "good": "accuracy"}


def metrics(values: dict[str, list[float]], i: int, shift: float = 0.0) -> dict[str, Any]:
    return {task: {METRIC[task]: column[i] + shift, "other": 9.0} for task, column in values.items()}


def finished(validation: Any, test: Any) -> Any:
    parameters = {"shared": 100, "per_task": {"quality": 10, "good": 5}}
    return event(
        "finished", 100, status="finished", parameters=parameters, metrics={"validation": validation, "test": test}
    )


def experiment(store: Store, seeds: int = 5, **validation: Any) -> str:
    """Separate, hard and soft; all finished, on validation as on test unless an arm has other numbers there."""
    group = start(store, sharing.plan(RunSpec(), ("hard", "soft"), seeds=seeds), "me")
    arms = {"separate": SEPARATE, "hard": HARD, "soft": SOFT}
    for run in members_of(store, group):
        arm, i = run.spec["architecture"]["name"], run.spec["seed"] - 42
        train(store, run.id, finished(metrics(validation.get(arm, arms[arm]), i), metrics(arms[arm], i)))
    return group


def arm(found: Answer, name: str) -> ArmAnswer:
    return next(one for one in found.arms if one.name == name)


def test_every_number_is_that_of_scipy_over_pairs(store: Store) -> None:
    found = sharing_answer(store, experiment(store))
    assert (found.status, found.pairs, [one.name for one in found.arms]) == (
        "finished",
        "seed",
        ["separate", "hard", "soft"],
    )
    good, alone = np.array(HARD["good"]), np.array(SEPARATE["good"])
    mse, alone_mse = np.array(HARD["quality"]), np.array(SEPARATE["quality"])
    hard = arm(found, "hard")
    (quality_answer, good_answer) = hard.test.tasks
    assert (good_answer.task, good_answer.metric) == ("good", "accuracy")
    assert good_answer.value.mean == pytest.approx(good.mean())
    low, high = stats.ttest_rel(good, alone).confidence_interval()
    assert (good_answer.gain.low, good_answer.gain.high) == pytest.approx((low, high))
    low, high = stats.ttest_rel(alone_mse, mse).confidence_interval()
    assert (quality_answer.gain.low, quality_answer.gain.high) == pytest.approx((low, high))
    assert good_answer.relative == pytest.approx(100 * ((good - alone) / alone).mean())
    delta = 100 * ((alone_mse - mse) / alone_mse + (good - alone) / alone) / 2
    assert hard.test.delta_m.mean == pytest.approx(delta.mean())
    low, high = stats.t.interval(0.95, 4, loc=delta.mean(), scale=stats.sem(delta))
    assert (hard.test.delta_m.low, hard.test.delta_m.high) == pytest.approx((low, high))
    assert (hard.parameters, hard.finished, hard.seconds.count) == (115, 5, 5)


def test_verdicts_name_gains_losses_and_what_cannot_be_told(store: Store) -> None:
    found = sharing_answer(store, experiment(store))
    kinds = {one.name: {t.task: t.verdict.kind for t in one.test.tasks if t.verdict} for one in found.arms}
    assert kinds == {
        "separate": {},
        "hard": {"quality": "undecided", "good": "gains"},
        "soft": {"quality": "loses", "good": "undecided"},
    }
    assert "negative transfer on `quality`" in arm(found, "soft").test.words
    baseline = arm(found, "separate")
    assert (baseline.is_baseline, baseline.test.delta_m.mean, baseline.test.words) == (True, None, "")
    assert baseline.test.tasks[0].value.mean == pytest.approx(0.51)


def test_verdicts_of_all_tasks_and_arms_hold_together(store: Store) -> None:
    """Four comparisons a split; `quality` of hard gains by itself and not among them."""
    leads = [0.004, 0.015, 0.010, 0.003, 0.008]
    values = {"quality": [a - b for a, b in zip(SEPARATE["quality"], leads, strict=True)], "good": SEPARATE["good"]}
    found = sharing_answer(store, experiment(store, hard=values))
    quality = arm(found, "hard").validation.tasks[0]
    assert quality.verdict is not None
    assert quality.gain.excludes_zero
    p = stats.ttest_1samp(leads, 0).pvalue
    assert p < 0.05 < 3 * p
    assert (quality.verdict.kind, quality.verdict.uncorrected, quality.verdict.comparisons) == ("undecided", "gains", 4)
    assert quality.verdict.adjusted == pytest.approx(3 * p), "soft's quality has the smallest"
    assert "by itself, not after correction for 4 comparisons" in arm(found, "hard").validation.words
    told = found.as_json()["arms"][1]["validation"]["tasks"][0]
    assert (told["verdict"]["p"], told["verdict"]["adjusted"]) == pytest.approx((p, 3 * p))
    assert "p" not in told["gain"]


def test_the_arm_is_chosen_on_validation_and_told_on_test(store: Store) -> None:
    group = experiment(store, soft={"quality": [0.3] * 5, "good": [0.9] * 5})
    found = sharing_answer(store, group)
    assert found.chosen == "soft"
    assert found.words.startswith("soft (chosen on validation): `quality` loses")
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert (told["chosen"], told["words"]) == ("soft", found.words)
    good = told["arms"][1]["test"]["tasks"][1]
    assert good["gain"]["half_width"] == pytest.approx((good["gain"]["high"] - good["gain"]["low"]) / 2)


def test_validation_and_test_that_say_opposite_things_are_named(store: Store) -> None:
    turned = {"quality": [value - 0.1 for value in SOFT["quality"]], "good": SOFT["good"]}
    found = sharing_answer(store, experiment(store, soft=turned))
    assert {one.name: one.disagreeing for one in found.arms} == {"separate": (), "hard": (), "soft": ("quality",)}
    assert found.as_json()["disagreeing"] == {"soft": ["quality"]}


def test_where_nothing_helps_the_tasks_stay_alone(store: Store) -> None:
    worse = {"quality": [0.6] * 5, "good": [0.6] * 5}
    found = sharing_answer(store, experiment(store, hard=worse, soft=worse))
    assert found.chosen == "separate"
    assert found.words == "no way of sharing is better than single-task on validation"


def test_only_pairs_of_finished_runs_count(store: Store) -> None:
    plan = sharing.plan(RunSpec(), ("hard",), seeds=4)
    group = start(store, plan, "me")
    runs = {(run.spec["architecture"]["name"], run.spec["seed"]): run.id for run in members_of(store, group)}
    for i in range(4):
        if i != 1:
            train(store, runs["separate", 42 + i], finished(metrics(SEPARATE, i), metrics(SEPARATE, i)))
        if i != 2:
            train(store, runs["hard", 42 + i], finished(metrics(HARD, i), metrics(HARD, i)))
    train(store, runs["hard", 44], event("failed", 12, message="diverged", where="step 12", advice=None))
    found = sharing_answer(store, group)
    hard = arm(found, "hard")
    (quality, good) = hard.test.tasks
    assert (found.status, hard.finished) == ("running", 3)
    assert (good.value.count, good.gain.count, hard.test.delta_m.count) == (3, 2, 2)
    assert good.gain.mean == pytest.approx((0.72 - 0.70 + 0.708 - 0.69) / 2)
    assert good.verdict is not None
    assert good.verdict.kind == "unknown"
    assert quality.gain.low is None
    assert "too few pairs of runs" in hard.test.words
    store.delete(runs["separate", 42])
    assert arm(sharing_answer(store, group), "hard").test.delta_m.count == 1


def test_before_anything_has_finished_nothing_is_chosen(store: Store) -> None:
    group = start(store, sharing.plan(RunSpec(), ("hard",), seeds=2), "me")
    found = sharing_answer(store, group)
    assert (found.chosen, found.done, found.status) == (None, 0.0, "running")
    assert found.words == "nothing is chosen: no pair of runs has finished with validation numbers"
    json.dumps(found.as_json(), allow_nan=False)


def test_a_perfect_baseline_has_no_delta_m_but_verdicts(store: Store) -> None:
    group = experiment(store, separate={"quality": [0.0] * 5, "good": [0.7] * 5})
    found = sharing_answer(store, group)
    hard = arm(found, "hard").validation
    assert hard.delta_m.mean is None
    assert hard.problem is not None
    assert "single-task mse, which must be above 0; for quality it is 0" in hard.problem
    assert found.chosen is None
    assert found.why_none == hard.problem
    assert hard.tasks[0].verdict is not None
    assert hard.tasks[0].verdict.kind == "loses"


def test_folds_are_the_pairs_and_their_seeds_are_averaged(store: Store) -> None:
    """Three folds × two seeds are three pairs; 533 test rows per 852 training rows widen the interval."""
    group = start(store, sharing.plan(RunSpec(), ("hard",), seeds=2, folds=3), "me")
    for run in members_of(store, group):
        fold, again = run.spec["dataset"]["split"]["fold"], run.spec["seed"] - 42
        values = HARD if run.spec["architecture"]["name"] == "hard" else SEPARATE
        shift = 0.004 * again if values is HARD else 0.0
        train(store, run.id, finished(metrics(values, fold, shift), metrics(values, fold, shift)))
    found = sharing_answer(store, group)
    assert (found.pairs, arm(found, "hard").finished) == ("fold", 6)
    leads = np.array([0.022, 0.027, 0.022])
    good = arm(found, "hard").test.tasks[1]
    assert (good.gain.mean, good.gain.count) == (pytest.approx(leads.mean()), 3)
    widened = np.sqrt(1 / 3 + 533 / 852) * leads.std(ddof=1) * stats.t.ppf(0.975, 2)
    assert good.gain.half_width == pytest.approx(widened)
    assert good.value.mean == pytest.approx(np.mean(HARD["good"][:3]) + 0.002)
    assert arm(found, "hard").test.delta_m.count == 3


def test_an_unknown_group_is_an_error(store: Store) -> None:
    with pytest.raises(RunNotFound):
        sharing_answer(store, "nobody")
