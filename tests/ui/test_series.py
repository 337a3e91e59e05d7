"""Thinning is stable, bounded and keeps the last, the smallest and the largest value."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mtl_core.events import Event
from ui.lines import MAX_POINTS
from ui.series import Change, RunSeries, Series


def filled(values: list[float]) -> Series:
    series = Series()
    for step, value in enumerate(values, start=1):
        series.append(step, value)
    return series


@pytest.fixture(scope="module")
def noise() -> list[float]:
    rng = np.random.default_rng(0)
    return (np.exp(-np.arange(20_000) / 5000) + 0.1 * rng.normal(size=20_000)).tolist()


def test_few_points_are_all_kept(noise: list[float]) -> None:
    series = filled(noise[:190])
    assert series.points() == list(enumerate(noise[:190], start=1))
    assert series.width == 1


@pytest.mark.parametrize("count", [1, 199, 200, 399, 1000, 4097, 20_000])
def test_bounded_and_the_last_is_kept(noise: list[float], count: int) -> None:
    points = filled(noise[:count]).points()
    assert len(points) <= MAX_POINTS
    assert points[-1] == (count, noise[count - 1])
    assert [x for x, _ in points] == sorted({x for x, _ in points})


def test_every_point_is_a_measured_one_and_extremes_survive(noise: list[float]) -> None:
    points = filled(noise).points()
    assert all(noise[int(x) - 1] == y for x, y in points)
    values = [y for _, y in points]
    assert min(values) == min(noise)
    assert max(values) == max(noise)


def test_points_drawn_stay_while_others_are_appended(noise: list[float]) -> None:
    """Between two doublings of the width, all points of closed buckets stay exactly as they were."""
    series, closed, width, doublings = Series(), [], 1, 0
    for step, value in enumerate(noise, start=1):
        series.append(step, value)
        if series.width != width:
            width, closed, doublings = series.width, [], doublings + 1
        if step % width == width - 1 and step % 64 == 63:
            points = series.points()
            assert points[: len(closed)] == closed
            closed = points[:-1]  # the newest is always kept, for as long as it is the newest
    assert doublings == math.ceil(math.log2(20_001 / 249))


def test_growth_only_merges_pairs(noise: list[float]) -> None:
    series, before = Series(), []
    for step, value in enumerate(noise, start=1):
        width = series.width
        series.append(step, value)
        if series.width != width:
            assert series.width == 2 * width
            assert set(series.points()) <= {*before, (step, value)}
        before = series.points()


def test_widths_do_not_depend_on_how_points_arrive(noise: list[float]) -> None:
    assert filled(noise[:5000]).points() == filled(noise[:5000]).points()
    sparse = Series()
    for step in range(1000, 400_000, 1000):
        sparse.append(step, float(step))
    assert len(sparse.points()) <= MAX_POINTS
    assert sparse.points()[-1] == (399_000, 399_000.0)


def test_values_that_are_no_numbers_are_left_out() -> None:
    series = filled([1.0, math.nan, math.inf, 2.0])
    assert series.points() == [(1, 1.0), (4, 2.0)]


def test_a_repeated_step_replaces_what_followed() -> None:
    """A resumed run goes back to its checkpoint and repeats what came after it."""
    series = filled([5.0, 4.0, 3.0, 2.0])
    series.append(3, 9.0)
    assert series.points() == [(1, 5.0), (2, 4.0), (3, 9.0)]
    series.append(4, 8.0)
    assert series.last == (4, 8.0)


def test_going_back_to_the_start_empties() -> None:
    series = filled([5.0, 4.0])
    series.append(1, math.nan)
    assert series.points() == []
    assert len(series) == 0


def step_event(step: int) -> Event:
    values = {
        "loss": {"quality": 1 / step, "good": 0.5},
        "total": 0.5 + 0.5 / step,
        "penalty": None,
        "weights": {"quality": 0.5, "good": 0.5},
        "lr": 0.01,
        "samples_per_second": 100.0 * step,
    }
    return Event("step", step, float(step), step / 10, values)


def test_a_run_accumulates_from_batches() -> None:
    run = RunSeries()
    events = [
        Event("progress", 0, 0.0, 0.0, {"what": "download", "done": 1, "total": 2, "unit": "bytes"}),
        Event("started", 0, 0.0, 0.0, {"device": "cpu", "total_steps": 3}),
        step_event(1),
        Event(
            "evaluation",
            1,
            1.0,
            0.1,
            {"split": "validation", "loss": {"quality": 2.0}, "metrics": {"quality": {"mse": 2.0}}},
        ),
        Event("change", 1, 1.0, 0.1, {"field": "weighting.lambdas.quality", "old": 0.5, "new": 2.0, "by": "user"}),
        step_event(2),
    ]
    assert run.extend(enumerate(events[:3], start=1)) == 3
    assert run.extend(enumerate(events, start=1)) == 3, "rows that were seen already are passed over"
    assert run.train["quality"].points() == [(1, 1.0), (2, 0.5)]
    assert run.total.last == (2, 0.75)
    assert run.penalty.last is None
    assert run.weights["good"].xy() == ([1.0, 2.0], [0.5, 0.5])
    assert run.evaluated["validation"]["quality"].last == (1, 2.0)
    assert run.latest("validation", "quality", "mse") == 2.0
    assert run.latest("validation", "good", "accuracy") is None
    assert run.changes == [Change(1, "weighting.lambdas.quality", 0.5, 2.0)]
    assert (run.step, run.epoch, run.time, run.samples_per_second) == (2, 2.0, 0.2, 200.0)
    assert run.started["device"] == "cpu"
    assert run.progress == {}
    assert run.cursor == 6
    assert run.ended is None


def test_the_end_is_known_and_a_resume_lifts_it() -> None:
    run = RunSeries()
    run.extend([(1, step_event(1)), (2, Event("finished", 1, 1.0, 1.0, {"status": "finished"}))])
    assert run.ended is not None
    assert run.ended.kind == "finished"
    run.extend([(3, step_event(2))])
    assert run.ended is None
