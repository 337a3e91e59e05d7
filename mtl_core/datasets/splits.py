"""Which rows train, which validate, which test: fixed by ``random_state`` 42, never by a run's seed."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from mtl_core.datasets.base import SPLIT_SEED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

TEST_SHARE = 0.2


def held_out(rows: int, share: float) -> int:
    """Rows that a share takes out of ``rows``: ⌈share · rows⌉, as scikit-learn's ``train_test_split`` rounds."""
    return ceil(share * rows)


def split_sizes(rows: int, validation: float) -> dict[str, int]:
    """Rows of train, validation and test: ⌈0.2 N⌉ test; ⌈validation · rest⌉ validation."""
    test = held_out(rows, TEST_SHARE)
    return {**trained_sizes(rows - test, validation), "test": test}


def trained_sizes(rows: int, validation: float) -> dict[str, int]:
    """Rows of train and validation where the test part is already apart."""
    held = held_out(rows, validation)
    return {"train": rows - held, "validation": held}


def random_split(rows: int, validation: float) -> dict[str, Rows]:
    """Train, validation and test rows of a plain shuffle.

    The rows and their order are those of ``sklearn.model_selection.train_test_split(…, random_state=42)``, first
    with ``test_size=0.2``, then with ``test_size=validation`` on the training rows; a test holds them equal.
    Drawn here because importing scikit-learn takes longer than a whole run on this table.
    """
    train, test = _shuffled(np.arange(rows), held_out(rows, TEST_SHARE))
    train, held = _shuffled(train, held_out(len(train), validation))
    return {"train": train, "validation": held, "test": test}


def stratified_split(classes: NDArray[np.int64], validation: float) -> dict[str, Rows]:
    """Train, validation and test rows with each class in proportion (``train_test_split(stratify=…)``)."""
    train, test = _stratified(np.arange(len(classes)), classes, held_out(len(classes), TEST_SHARE))
    return {**stratified_cut(train, classes, validation), "test": test}


def stratified_cut(rows: Rows, classes: NDArray[np.int64], validation: float) -> dict[str, Rows]:
    """Train and validation out of ``rows`` with each class in proportion.

    Args:
        rows: row numbers.
        classes: the class of every row of the data set, indexed by row number.
    """
    train, held = _stratified(rows, classes, held_out(len(rows), validation))
    return {"train": train, "validation": held}


def grouped_split(groups: NDArray[np.int64], validation: float) -> dict[str, Rows]:
    """Train, validation and test rows such that rows of one group are never in two of them.

    Groups are visited in a shuffled order and taken while they fit, so the sizes are those of :func:`split_sizes`
    as long as there are enough groups of one row to fill the last gap (1139 of the 1359 in the wine table).

    Args:
        groups: (N,) the group of each row.
    """
    train, test = _whole_groups(np.arange(len(groups)), groups, held_out(len(groups), TEST_SHARE))
    train, held = _whole_groups(train, groups, held_out(len(train), validation))
    return {"train": train, "validation": held, "test": test}


def _shuffled(rows: Rows, held: int) -> tuple[Rows, Rows]:
    if held == 0:
        return rows, rows[:0]
    order = np.random.RandomState(SPLIT_SEED).permutation(len(rows))
    return rows[order[held:]], rows[order[:held]]


def _stratified(rows: Rows, classes: NDArray[np.int64], held: int) -> tuple[Rows, Rows]:
    """A part smaller than one row a class cannot hold every class: it is a plain shuffle."""
    if min(held, len(rows) - held) < len(np.unique(classes[rows])):
        return _shuffled(rows, held)
    from sklearn.model_selection import train_test_split

    kept, cut = train_test_split(rows, test_size=held, random_state=SPLIT_SEED, stratify=classes[rows])
    return kept, cut


def _whole_groups(rows: Rows, groups: NDArray[np.int64], held: int) -> tuple[Rows, Rows]:
    names, member = np.unique(groups[rows], return_inverse=True)
    counts = np.bincount(member)
    taken = np.zeros(len(names), dtype=bool)
    room = held
    for group in np.random.RandomState(SPLIT_SEED).permutation(len(names)):
        if counts[group] <= room:
            taken[group] = True
            room -= int(counts[group])
        if room == 0:
            break
    inside = taken[member]
    return rows[~inside], rows[inside]
