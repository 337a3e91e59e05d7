"""Δm by hand, what it cannot say, and verdicts on tasks as data and as words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mtl_core.comparison import Verdict, delta_m, improvement, relative_gains, undefined, verdict, words


def test_delta_m_by_hand() -> None:
    """mse 0.5 → 0.4 is +20 %, accuracy 0.8 → 0.72 is −10 %: 5 % on average."""
    assert relative_gains([0.4, 0.72], [0.5, 0.8], [True, False]) == pytest.approx([20.0, -10.0])
    assert delta_m([0.4, 0.72], [0.5, 0.8], [True, False]) == pytest.approx(5.0)


def test_delta_m_is_one_number_a_pair_of_runs() -> None:
    multi, single = [[1.0, 0.5], [2.0, 0.5]], [[2.0, 0.5], [2.0, 0.25]]
    assert delta_m(multi, single, [True, False]) == pytest.approx([25.0, 50.0])


def test_delta_m_has_no_unit_and_swaps_sign_with_the_direction() -> None:
    random = np.random.default_rng(0)
    multi, single = random.uniform(0.1, 2, (7, 3)), random.uniform(0.1, 2, (7, 3))
    lower = [True, False, True]
    found = delta_m(multi, single, lower)
    assert delta_m(multi * [3.0, 0.2, 70.0], single * [3.0, 0.2, 70.0], lower) == pytest.approx(found)
    assert delta_m(multi, single, [not one for one in lower]) == pytest.approx(-found)
    assert delta_m(single, single, lower) == pytest.approx(np.zeros(7))


@pytest.mark.parametrize("single", [0.0, -0.2, math.nan])
def test_a_share_needs_a_positive_base(single: float) -> None:
    gains = relative_gains([[0.4, 0.3]], [[0.5, single]], [True, False])
    assert gains[0, 0] == pytest.approx(20.0)
    assert math.isnan(gains[0, 1])
    assert math.isnan(delta_m([[0.4, 0.3]], [[0.5, single]], [True, False])[0])


def test_what_cannot_be_shared_out_is_told() -> None:
    assert undefined([0.5, None, 0.4], "quality", "mse") is None
    assert undefined([0.5, -0.25], "quality", "r2") == (
        "Δm is a share of the single-task r2, which must be above 0; for quality it is -0.25. "
        "Compare the differences instead"
    )


def test_shapes_must_go_together() -> None:
    with pytest.raises(ValueError, match=r"found \(2,\), \(3,\) and 2"):
        delta_m([1.0, 2.0], [1.0, 2.0, 3.0], [True, False])
    with pytest.raises(ValueError, match="must have one shape"):
        delta_m([1.0, 2.0], [1.0, 2.0], [True])


def test_less_is_better_for_errors_only() -> None:
    assert improvement("mse", 0.4, 0.5) == pytest.approx(0.1)
    assert improvement("accuracy", 0.4, 0.5) == pytest.approx(-0.1)
    assert improvement("accuracy", None, 0.5) is None


ALONE = [0.70, 0.72, 0.71, 0.69, 0.73]
"""Accuracies of single-task runs."""


@pytest.mark.parametrize(
    ("leads", "kind"),
    [
        ([0.02, 0.03, 0.025, 0.02, 0.03], "gains"),
        ([-0.02, -0.03, -0.025, -0.02, -0.03], "loses"),
        ([0.02, -0.03, 0.025, -0.02, 0.01], "undecided"),
        ([0.0] * 5, "undecided"),
        ([0.02, 0.03, None, None, None], "unknown"),
    ],
)
def test_a_verdict_says_what_the_interval_of_the_pairs_says(leads: list[float | None], kind: str) -> None:
    shared = [None if lead is None else base + lead for lead, base in zip(leads, ALONE, strict=True)]
    found = verdict("good", "accuracy", shared, ALONE)
    known = [lead for lead in leads if lead is not None]
    assert (found.kind, found.negative_transfer, found.pairs) == (kind, kind == "loses", len(known))
    assert found.difference == pytest.approx(sum(known) / len(known))
    turned = verdict("good", "mse", shared, ALONE).kind
    assert turned == {"gains": "loses", "loses": "gains"}.get(kind, kind)


def test_pairs_matter_not_the_spread_of_the_runs() -> None:
    """Seeds differ by 4 points, the pairs by 0.1: the lead of 1 point is sure."""
    shared = [value + lead for value, lead in zip(ALONE, (0.009, 0.011, 0.01, 0.01, 0.0105), strict=True)]
    assert verdict("good", "accuracy", shared, ALONE).kind == "gains"
    assert verdict("good", "accuracy", shared, sorted(ALONE)).kind == "undecided"


def test_the_verdict_in_words() -> None:
    found = [
        Verdict("good", "accuracy", "gains", 0.0123, 0.0091, 5),
        Verdict("quality", "mse", "undecided", -0.004, 0.011, 5),
    ]
    assert words(found) == (
        "`good` gains 1.2 ± 0.9 points; "
        "`quality` is not distinguishable from single-task (-0.004 ± 0.011 mse); negative transfer on none"
    )
    lost = Verdict("mask", "miou", "loses", -0.12, 0.031, 5)
    assert words([lost]) == "`mask` loses 12.0 ± 3.1 points; negative transfer on `mask`"
    assert words([Verdict("mask", "miou", "unknown", 0.1, None, 2)]) == "`mask`: too few pairs of runs to say (2)"
    assert words([Verdict("a", "mse", "undecided", 0.0, 0.0, 3)]).startswith("`a` is not distinguishable")


def test_many_verdicts_are_counted() -> None:
    kinds = ["gains"] * 5 + ["loses"] * 2 + ["undecided"] * 3
    many = [Verdict(f"s{i}", "mse", kind, 0.1, 0.01, 5) for i, kind in enumerate(kinds)]  # type: ignore[arg-type]
    told = "5 of 10 tasks gain, 2 lose, 3 are not distinguishable"
    assert words(many) == f"{told}; negative transfer on `s5`, `s6`"
    few = Verdict("x", "mse", "unknown", 0.1, None, 1)
    assert words([*many, few]).startswith("5 of 11 tasks gain, 2 lose, 3 are not distinguishable, 1 have too few pairs")
