"""Many comparisons at once: Holm's correction, the p-values that it corrects, and verdicts that hold together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mtl_core.comparison import corrected, judged, words
from mtl_core.corrections import holm
from mtl_core.intervals import interval, intervals


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        (
            [0.0004, 0.011, 0.012, 0.2, 0.049, 0.6, 0.0091, 0.0091],
            [0.0032, 0.0637, 0.0637, 0.4, 0.147, 0.6, 0.0637, 0.0637],
        ),
        ([0.9, 1.0, 0.0], [1.0, 1.0, 0.0]),
        ([0.5], [0.5]),
        ([], []),
    ],
)
def test_holm_gives_the_numbers_of_statsmodels(p_values: list[float], expected: list[float]) -> None:
    """Golden numbers: ``statsmodels.stats.multitest.multipletests(p, method="holm")[1]``, version 0.14."""
    assert holm(p_values) == pytest.approx(expected, abs=1e-12)


def test_holm_lies_between_nothing_and_bonferroni_and_keeps_the_order() -> None:
    found = np.random.default_rng(0).uniform(0, 0.2, 30)
    adjusted = np.array(holm(found.tolist()))
    assert (adjusted >= found).all()
    assert (adjusted <= np.minimum(1, 30 * found) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(found)]) >= 0).all()
    shuffled = np.random.default_rng(1).permutation(30)
    assert holm(found[shuffled].tolist()) == pytest.approx(adjusted[shuffled])


@pytest.mark.parametrize("bad", [-0.1, 1.2, math.nan])
def test_what_is_no_p_value_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        holm([0.1, bad])


@pytest.mark.parametrize("n", [3, 5, 9, 10, 40])
def test_p_values_are_those_of_scipys_paired_t_test(n: int) -> None:
    random = np.random.default_rng(n)
    one, other = random.normal(0.3, 1, n), random.normal(0, 1, n)
    assert interval([*(one - other)]).p == pytest.approx(stats.ttest_rel(one, other).pvalue, abs=1e-12)


def test_p_values_of_folds_are_those_of_the_corrected_resampled_t_test() -> None:
    values = [0.3, 0.1, 0.25, 0.4, 0.2]
    t = np.mean(values) / (np.std(values, ddof=1) * math.sqrt(1 / 5 + 1 / 4))
    assert interval(values, overlap=1 / 4).p == pytest.approx(2 * stats.t.sf(t, 4))


def test_p_values_at_the_ends() -> None:
    assert interval([0.0] * 5).p == 1.0
    assert interval([0.5] * 4).p == 0.0
    assert interval([0.5, 0.4]).p is None


ROWS = {
    "sure": [0.30, 0.31, 0.29, 0.30, 0.30],
    "weak": [0.10, 0.30, 0.20, 0.05, 0.15],
    "none": [0.1, -0.1, 0.05, -0.05, 0.0],
    "few": [0.1, 0.2],
}


def test_verdicts_hold_together() -> None:
    """The weak one gains by itself, and not as one of five; what has no p-value does not count."""
    by_itself = {name: judged(name, "mse", interval(values)) for name, values in ROWS.items()}
    assert {name: one.kind for name, one in by_itself.items()} == {
        "sure": "gains",
        "weak": "gains",
        "none": "undecided",
        "few": "unknown",
    }
    assert by_itself["weak"].p == pytest.approx(stats.ttest_1samp(ROWS["weak"], 0).pvalue)
    more = [by_itself["weak"], by_itself["none"], by_itself["few"], by_itself["sure"]] + [by_itself["none"]] * 2
    found = corrected(more)
    assert [one.kind for one in found] == ["undecided", "undecided", "unknown", "gains", "undecided", "undecided"]
    weak = found[0]
    assert (weak.uncorrected, weak.comparisons, found[3].uncorrected) == ("gains", 5, None)
    assert weak.adjusted == pytest.approx(4 * by_itself["weak"].p)  # type: ignore[operator]
    assert (weak.difference, weak.half_width) == (by_itself["weak"].difference, by_itself["weak"].half_width)
    assert found[2] == by_itself["few"], "what has no p-value is no part of the family"
    assert words(found[:1]) == (
        "`weak` gains 0.16 ± 0.12 mse by itself, not after correction for 5 comparisons; negative transfer on none"
    )
    lost = replace(weak, uncorrected="loses")
    assert words([lost]).endswith("negative transfer on none for sure")
    assert "10 are not distinguishable (10 of them only after correction for 5 comparisons)" in words(found[:1] * 10)


def test_a_single_comparison_is_what_its_interval_says() -> None:
    (alone,) = corrected([judged("weak", "mse", interval(ROWS["weak"]))])
    assert (alone.kind, alone.comparisons) == ("gains", 1)
    assert alone.adjusted == alone.p


def test_without_any_difference_hardly_an_experiment_finds_one() -> None:
    """Six comparisons of five pairs: a false verdict in 26 % of experiments without the correction, in 5 % with it."""
    table = np.random.default_rng(3).normal(size=(1500 * 6, 5))
    judgements = [judged("x", "mse", one) for one in intervals(table, resamples=50)]
    experiments = [judgements[i : i + 6] for i in range(0, len(judgements), 6)]

    def wrong(verdicts: list) -> bool:  # type: ignore[type-arg]
        return any(one.kind in ("gains", "loses") for one in verdicts)

    assert 0.22 < np.mean([wrong(one) for one in experiments]) < 0.31
    assert 0.03 < np.mean([wrong(corrected(one)) for one in experiments]) < 0.065
