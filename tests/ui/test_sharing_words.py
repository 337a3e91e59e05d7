"""The verdicts in words on the page: what holds by itself and not among all comparisons is told as such."""

from __future__ import annotations

import pytest

from mtl_core.runs.store import Store
from mtl_core.sweeps.verdict import sharing_answer
from tests.sweeps.test_verdict import SEPARATE, arm, experiment
from ui.sharing_view import honest, sentence
from ui.words import catalogue

EN = catalogue("en")
WEAK = [0.004, 0.015, 0.010, 0.003, 0.008]
"""Leads in mse: p = 0.023 by itself, 0.07 as the second smallest of four."""


def weakly(store: Store, sign: float) -> dict[str, list[float]]:
    quality = [alone - sign * lead for alone, lead in zip(SEPARATE["quality"], WEAK, strict=True)]
    return {"quality": quality, "good": SEPARATE["good"]}


@pytest.mark.parametrize(("sign", "key"), [(1.0, "gains_weakly"), (-1.0, "loses_weakly")])
def test_a_weak_verdict_says_both(store: Store, monkeypatch: pytest.MonkeyPatch, sign: float, key: str) -> None:
    monkeypatch.setattr("tests.sweeps.test_verdict.HARD", weakly(store, sign))
    found = sharing_answer(store, experiment(store))
    words = sentence(arm(found, "hard"))
    assert EN[f"sharing.{key}"].format(task="quality", amount="0.008 ± 0.006 MSE", count=4) in words
    assert EN["sharing.undecided"].format(tasks="`good`") in words, "the weak one is not named a second time"
    assert words.endswith(f"; {EN['sharing.no_negative' if sign > 0 else 'sharing.no_sure_negative']}.")
    assert EN["sharing.corrected"].format(count=4) in honest(found)
