"""Measurements of the gradients in the store: how many are kept, which ones, and what a resumed run makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import pytest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.runs.thinning import EVERY_MEASUREMENT_UNTIL, kept_after, spacing
from mtl_core.spec import parse_spec
from tests.runs.events import ending, event, started, step

ME = (12345, 1000.0)
FIRST = 20_000
"""Steps of the runs of these tests."""


def measurement(number: int) -> Event:
    return event("gradients", number, tasks=["a", "b"], norms=[1.0, 2.0], weights=[1.0, 1.0])


def kept_of(steps: Iterable[int]) -> list[int]:
    """What the rule keeps of these steps."""
    kept: list[int] = []
    for number in steps:
        if kept_after(number, kept[-1] if kept else None):
            kept.append(number)
    return kept


def stored(store: Store, run: str) -> list[int]:
    return sorted(found.step for _, found in store.events_since(run, kinds=["gradients"]))


@pytest.mark.parametrize("every", [1, 2, 7, 10, 50, 100, 1_000])
def test_few_are_all_kept_and_many_are_bounded(every: int) -> None:
    steps = range(1, 1_000_001, every)
    kept = kept_of(steps)
    few = [number for number in steps if spacing(number, EVERY_MEASUREMENT_UNTIL) <= every]
    assert kept[: len(few)] == few
    doublings = math.ceil(math.log2(1_000_000 / EVERY_MEASUREMENT_UNTIL))
    assert len(kept) <= EVERY_MEASUREMENT_UNTIL * (1 + doublings / 2) + 1
    gaps = [after - before for before, after in pairwise(kept)]
    widest = [max(every, spacing(number, EVERY_MEASUREMENT_UNTIL)) for number in kept[1:]]
    assert all(gap <= 2 * wide for gap, wide in zip(gaps, widest, strict=True)), "nowhere a hole"


def test_the_store_keeps_what_the_rule_says_and_the_last_one(store: Store) -> None:
    run = store.create(parse_spec({"epochs": 10}), "owner", process=ME)
    book = store.writer(run)
    book.append(started())
    steps = list(range(1, FIRST, 10))
    for number in steps:
        book.append(measurement(number))
    book.append(step(steps[-1]))
    book.append(ending("finished", steps[-1]))
    assert stored(store, run) == sorted({*kept_of(steps), steps[-1]})
    assert store.last_events(run, "gradients")[0].step == steps[-1]


def test_a_resumed_run_stores_the_same_ones(store: Store) -> None:
    """Killed at step 12 000 with its checkpoint at 7 000, and taken up by another process."""
    steps = list(range(1, FIRST, 10))
    runs = [store.create(parse_spec({"epochs": 10}), "owner", process=ME) for _ in range(2)]
    whole, cut = (store.writer(run) for run in runs)
    for number in steps:
        whole.append(measurement(number))
    for number in steps[:1_200]:
        cut.append(measurement(number))
    cut.flush()
    again = store.writer(runs[1])
    for number in steps[700:]:
        again.append(measurement(number))
    for book in (whole, again):
        book.flush()
    assert stored(store, runs[1]) == stored(store, runs[0])
