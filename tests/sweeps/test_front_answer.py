"""The answer to "which trade-off?": points from the store, their front, and what an untrained head must not do."""

from __future__ import annotations

import json

import pytest

from mtl_core.runs.groups import members_of
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps import grid, tradeoff
from mtl_core.sweeps.base import start
from mtl_core.sweeps.front_answer import FrontAnswer, front_answer
from tests.sweeps.test_summary import train
from tests.sweeps.test_verdict import finished

FRONT = {1.0: (0.40, 0.30), 0.75: (0.41, 0.70), 0.5: (0.45, 0.74), 0.25: (0.60, 0.73), 0.0: (30.0, 0.76)}
"""(mse, accuracy) by λ of quality; the head of quality is untrained at 0, that of good at 1."""
ALONE = (0.42, 0.75)


def values(pair: tuple[float, float]) -> dict[str, dict[str, float]]:
    return {"quality": {"mse": pair[0]}, "good": {"accuracy": pair[1]}}


def experiment(store: Store, upto: int = 99) -> str:
    group = start(store, tradeoff.plan(RunSpec(), points=5), "me")
    for run in members_of(store, group)[:upto]:
        alone = run.spec["architecture"]["name"] == "separate"
        found = ALONE if alone else FRONT[run.spec["weighting"]["lambdas"]["quality"]]
        train(store, run.id, finished(values(found), values((0.0, 1.0))))
    return group


def by_lambda(found: FrontAnswer) -> dict[float, bool]:
    return {point.lambdas["quality"]: point.on_front for point in found.points}


def test_the_front_of_a_tradeoff_by_hand(store: Store) -> None:
    found = front_answer(store, experiment(store))
    assert (found.tasks, found.metrics, found.lower_is_better) == (
        ("quality", "good"),
        ("mse", "accuracy"),
        (True, False),
    )
    assert found.single == pytest.approx(ALONE)
    assert by_lambda(found) == {1.0: False, 0.75: True, 0.5: True, 0.25: False, 0.0: False}, (
        "the corners train one task alone"
    )
    assert [point.trains_all for point in found.points] == [False, True, True, True, False]
    assert found.ideal == pytest.approx((0.41, 0.74))
    assert found.nadir == pytest.approx((0.45, 0.70))
    assert found.reference == pytest.approx((0.45 + 0.004, 0.70 - 0.005))  # ranges 0.04, and 0.05 with the corner
    assert found.hypervolume == pytest.approx(0.004 * 0.045 + 0.04 * 0.005)
    assert found.covered == pytest.approx(found.hypervolume / (0.044 * 0.045))
    assert found.by_method == {"hard, fixed": pytest.approx(found.hypervolume)}
    kept = [point.contribution for point in found.points]
    assert kept == pytest.approx([0.0, 0.04 * 0.005, 0.004 * 0.04, 0.0, 0.0])
    assert found.knee is None  # two points on the front that train all tasks
    json.dumps(found.as_json(), allow_nan=False)


def test_seeds_are_averaged_and_a_knee_is_named(store: Store) -> None:
    spec = parse_spec({})
    group = start(store, grid.plan(spec, ["weighting.lambdas.good=1,2,3,4"], seeds=2), "me")
    places = {1: (0.0, 0.0), 2: (0.1, 0.8), 3: (0.5, 0.9), 4: (1.0, 1.0)}
    for run in members_of(store, group):
        mse, accuracy = places[run.spec["weighting"]["lambdas"]["good"]]
        shift = 0.02 if run.spec["seed"] == 43 else 0.0
        train(store, run.id, finished(values((mse + shift, accuracy)), values((0.0, 0.0))))
    found = front_answer(store, group)
    assert found.points[1].values == pytest.approx((0.11, 0.8))
    assert found.points[1].sds == (pytest.approx(0.02 / 2**0.5), pytest.approx(0.0))
    assert len(found.points[1].runs) == 2
    assert found.single is None
    assert found.knee == "weighting.lambdas.good=2"


def test_before_a_run_has_finished_there_is_no_front(store: Store) -> None:
    found = front_answer(store, experiment(store, upto=2))  # separate, and λ 1 0
    assert found.hypervolume is None
    assert found.why_none == "no run that trains all tasks has finished with validation numbers"
    assert [point.on_front for point in found.points] == [False] * 5
    assert found.points[0].values == (0.40, 0.30)
    assert found.points[1].values == (None, None)
    json.dumps(found.as_json(), allow_nan=False)


def test_points_appear_as_runs_finish(store: Store) -> None:
    found = front_answer(store, experiment(store, upto=4))
    assert (found.status, by_lambda(found)[0.5], by_lambda(found)[0.25]) == ("running", True, False)
    assert found.hypervolume is not None
    assert found.hypervolume > 0
