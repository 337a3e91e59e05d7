"""Intervals: against SciPy, their measured coverage, and what happens with few or missing pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mtl_core.intervals import LEVEL, RESAMPLES, Interval, interval, intervals, student_quantile


def drawn(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    base = random.normal(1.0, 0.2, size=n)
    return base + random.exponential(0.1, size=n), base


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_student_quantiles_are_those_of_scipy(level: float) -> None:
    for freedom in (1, 2, 3, 4, 9, 10, 31, 100):
        assert student_quantile(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-10)


@pytest.mark.parametrize(("level", "freedom"), [(0.0, 4), (1.0, 4), (0.95, 0)])
def test_there_is_no_quantile_outside(level: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="freedom be at least 1"):
        student_quantile(level, freedom)


@pytest.mark.parametrize("n", [5, 10, 30])
def test_the_percentile_bootstrap_is_scipys_paired_one(n: int) -> None:
    """The ends are quantiles of 10 000 draws: their own standard error is √(p(1−p)/B)/φ(z) of the mean's, twice."""
    first, second = drawn(n)
    found = interval([*(first - second)])
    assert found.percentile is not None
    theirs = stats.bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        paired=True,
        method="percentile",
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(5),
    ).confidence_interval
    p = (1 - LEVEL) / 2
    error = math.sqrt(2 * p * (1 - p) / RESAMPLES) / stats.norm.pdf(stats.norm.ppf(p))
    allowed = 4 * error * (first - second).std(ddof=1) / math.sqrt(n)
    assert found.percentile == pytest.approx((theirs.low, theirs.high), abs=allowed)
    assert 0 < allowed < 0.2 * (theirs.high - theirs.low)


def test_the_student_interval_is_scipys() -> None:
    values = drawn(6)[0]
    found = interval([*values])
    theirs = stats.t.interval(LEVEL, 5, loc=values.mean(), scale=stats.sem(values))
    assert (found.method, found.count) == ("student", 6)
    assert (found.low, found.high) == pytest.approx(theirs, rel=1e-10)
    assert found.half_width == pytest.approx((theirs[1] - theirs[0]) / 2)


@pytest.mark.parametrize(("n", "method"), [(3, "student"), (9, "student"), (10, "bootstrap"), (40, "bootstrap")])
def test_the_method_follows_from_the_number_of_pairs(n: int, method: str) -> None:
    assert interval([*drawn(n)[0]]).method == method


@pytest.mark.parametrize(
    ("n", "covered", "plain"), [(3, (0.93, 0.97), 0.80), (5, (0.93, 0.97), 0.87), (10, (0.93, 0.97), 0.93)]
)
def test_95_percent_cover_95_percent(n: int, covered: tuple[float, float], plain: float) -> None:
    """On 2000 normal samples the share has a standard error of 0.5 %; the plain bootstrap stays far below."""
    table = np.random.default_rng(2).normal(0.0, 3.0, size=(2000, n))
    found = intervals(table, resamples=2000)
    share = np.mean([one.low is not None and one.high is not None and one.low <= 0 <= one.high for one in found])
    assert covered[0] < share < covered[1]
    assert (
        np.mean([one.percentile is not None and one.percentile[0] <= 0 <= one.percentile[1] for one in found]) < plain
    )


def test_fewer_than_three_pairs_have_no_interval() -> None:
    assert interval([]) == Interval(None, None, 0, None, None, None, None)
    assert interval([2.0]) == Interval(2.0, None, 1, None, None, None, None)
    two = interval([1.0, None, 3.0])
    assert (two.mean, two.count, two.low, two.half_width, two.excludes_zero) == (2.0, 2, None, None, False)
    assert two.sd == pytest.approx(math.sqrt(2))


def test_missing_pairs_are_left_out_row_by_row() -> None:
    nan = math.nan
    found = intervals(
        [[1.0, 2.0, nan, 4.0], [5.0, 6.0, 7.0, 9.0], [nan, 1.0, 2.0, 4.0], [nan] * 4, [1.0, nan, 2.0, 4.0]]
    )
    assert [one.count for one in found] == [3, 4, 3, 0, 3]
    assert found[0] == found[2] == found[4] == interval([1.0, 2.0, 4.0])
    assert found[1] == interval([5.0, 6.0, 7.0, 9.0])


def test_it_moves_and_scales_with_the_values_and_is_the_same_each_time() -> None:
    values = drawn(12)[0]
    one, other = interval([*values]), interval([*(3 * values - 2)])
    assert (other.low, other.high) == pytest.approx((3 * one.low - 2, 3 * one.high - 2))  # type: ignore[operator]
    assert interval([*values]) == one
    lower = interval([*values], level=0.8)
    assert one.low < lower.low < lower.high < one.high  # type: ignore[operator]


def test_folds_overlap_and_so_have_wider_intervals() -> None:
    """Ten folds of 90 % training rows: √(1 + 10/9) times as wide; the plain bootstrap stays what it is."""
    values = [*drawn(10)[0]]
    seeds, folds = interval(values), interval(values, overlap=1 / 9)
    assert folds.half_width == pytest.approx(seeds.half_width * math.sqrt(1 + 10 / 9))  # type: ignore[operator]
    assert folds.mean - folds.low == pytest.approx((seeds.mean - seeds.low) * math.sqrt(19 / 9))  # type: ignore[operator]
    assert (folds.mean, folds.percentile) == (seeds.mean, seeds.percentile)
    assert interval([1.0], overlap=0.5) == interval([1.0])


def test_what_never_varies_is_certain() -> None:
    same = interval([0.5] * 5)
    assert (same.low, same.high, same.excludes_zero) == (0.5, 0.5, True)
    assert not interval([0.0] * 5).excludes_zero
