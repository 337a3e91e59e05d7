"""Splits: scikit-learn's rows, the promised sizes, and groups that stay together."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from mtl_core.datasets.base import SPLITS
from mtl_core.datasets.splits import grouped_split, random_split, split_sizes, stratified_split

SHARES = (0, 1e-6, 0.003, 0.01, 0.07, 0.1, 0.2, 1 / 3, 0.5, 0.777, 0.9)


@pytest.mark.parametrize("validation", [0.07, 0.2, 0.9])
@pytest.mark.parametrize("rows", [20, 1599, 1797])
def test_a_random_split_is_scikit_learns(rows: int, validation: float) -> None:
    train, test = train_test_split(np.arange(rows), test_size=0.2, random_state=42)
    train, held = train_test_split(train, test_size=validation, random_state=42)
    found = random_split(rows, validation)
    for split, wanted in zip(SPLITS, (train, held, test), strict=True):
        np.testing.assert_array_equal(found[split], wanted)


@pytest.mark.parametrize("validation", SHARES)
def test_sizes_are_kept_by_every_kind_of_split(validation: float) -> None:
    classes = np.random.default_rng(0).integers(0, 10, 1599)
    groups = np.unique(np.random.default_rng(0).integers(0, 4000, 1599), return_inverse=True)[1]
    for found in (
        random_split(1599, validation),
        stratified_split(classes, validation),
        grouped_split(groups, validation),
    ):
        assert {split: len(rows) for split, rows in found.items()} == split_sizes(1599, validation)
        assert sorted(np.concatenate(list(found.values()))) == list(range(1599))
    together = grouped_split(groups, validation)
    assert not set(groups[together["train"]]) & set(groups[together["validation"]])
    assert not set(groups[together["test"]]) & set(np.delete(groups, together["test"]))


def test_sizes_at_the_documented_share() -> None:
    assert split_sizes(1599, 0.2) == {"train": 1023, "validation": 256, "test": 320}
    assert split_sizes(1599, 0) == {"train": 1279, "validation": 0, "test": 320}


def test_a_stratified_split_keeps_proportions() -> None:
    classes = np.repeat([0, 1, 2], [100, 300, 600])
    for rows in stratified_split(classes, 0.25).values():
        np.testing.assert_allclose(np.bincount(classes[rows]) / len(rows), [0.1, 0.3, 0.6], atol=0.01)


def test_splits_do_not_touch_the_global_random_state() -> None:
    np.random.seed(7)  # noqa: NPY002 (the global state is what is watched)
    wanted = np.random.random()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    random_split(100, 0.2)
    stratified_split(np.arange(100) % 3, 0.2)
    grouped_split(np.arange(100) // 2, 0.2)
    assert np.random.random() == wanted  # noqa: NPY002
