"""Which rows train, validate and test in one fold of a cross-validation, drawn by scikit-learn's splitters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mtl_core.datasets.base import SPLIT_SEED, SPLITS, Samples
from mtl_core.datasets.splits import held_out, trained_sizes
from mtl_core.errors import Problem, SpecError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

UNLABELLED = 255
"""A pixel of a mask that nobody has labelled."""
CHUNK = 1 << 24
"""Bytes of masks that are looked through at a time."""


class Split(Protocol):
    """The fields of ``dataset.split`` that are read here."""

    @property
    def name(self) -> str:
        """``standard``, ``kfold`` or ``holdout``."""

    @property
    def folds(self) -> int:
        """Parts of kfold, repetitions of holdout."""

    @property
    def fold(self) -> int:
        """Which of them, from 0."""

    @property
    def test(self) -> float:
        """Of holdout: the share of the rows that tests."""


@dataclass(frozen=True)
class Asked:
    """What the data ask of a split, each (N,) over all rows or None."""

    strata: NDArray[np.int64] | None
    groups: NDArray[np.int64] | None


def resplit(samples: Samples, split: Split, validation: float, tasks: Sequence[Task]) -> Samples:
    """The samples with the rows of one fold; ``standard`` leaves them as they are.

    All rows of the three splits that have a target of one of the tasks are divided anew. kfold: fold ``fold`` of
    ``folds`` tests, after one shuffle with the fixed split seed, so that the folds are disjoint and cover all rows.
    holdout: ⌈``test`` · N⌉ rows test, drawn with the split seed + ``fold``. Then ⌈``validation`` · rest⌉ rows of the
    rest validate. Where the samples name strata, each part has the classes in proportion; where they name groups, a
    group is never on two sides (the sizes are then those of whole groups). Tables that were standardised are
    standardised anew over the new training rows, NaN left out.

    Raises:
        SpecError: where there are fewer rows or groups than folds.
    """
    if split.name == "standard":
        return samples
    pool = np.sort(np.concatenate([samples.splits[name] for name in SPLITS]))
    if tasks:
        pool = pool[np.any([has_target(samples, task)[pool] for task in tasks], axis=0)]
    asked, seed = Asked(samples.strata, samples.groups), SPLIT_SEED + split.fold
    _check(pool, split, asked)
    notes = list(samples.notes)
    if split.name == "kfold":
        rest, test = _kfold(pool, split, asked, notes)
    else:
        rest, test = cut_off(pool, split.test, asked, seed, notes)
    train, held = cut_off(rest, validation, asked, seed, [])
    return replace(
        samples,
        inputs={name: _rescaled(samples, name, train) for name in samples.inputs},
        splits={"train": train, "validation": held, "test": test},
        notes=tuple(notes),
    )


def with_fewer(samples: Samples, count: int, tasks: Sequence[Task] = ()) -> Samples:
    """The samples with ``count`` of their training rows; validation and test stay as they are.

    Drawn with the fixed split seed, so that they are the same for all runs, and those of a smaller number are among
    those of a larger one. The classes that the data name, else the sets of ``tasks`` that a row has targets for,
    alternate in proportion: every part holds them as the whole does (139 schools: each keeps its share of the rows).
    Tables that were standardised are standardised anew over the rows that are left.

    Raises:
        SpecError: for more rows than there are.
    """
    train = samples.splits["train"]
    if count > len(train):
        rule = f"must be at most the {len(train)} training rows that there are"
        raise SpecError([Problem("dataset.train_rows", rule, count)])
    kept = np.sort(_in_proportion(samples, tasks)[:count])
    inputs = {name: _rescaled(samples, name, kept) for name in samples.inputs}
    return replace(samples, inputs=inputs, splits={**samples.splits, "train": kept})


def _in_proportion(samples: Samples, tasks: Sequence[Task]) -> Rows:
    """The training rows, shuffled, row r of the n of a kind at the place (r + ½) / n of the order."""
    train = np.random.default_rng(SPLIT_SEED).permutation(np.sort(samples.splits["train"]))
    kinds: NDArray[Any] | None = samples.strata
    if kinds is None and tasks:
        kinds = np.packbits([has_target(samples, task) for task in tasks], axis=0).T
    if kinds is None:
        return train
    member = np.unique(kinds[train], axis=0, return_inverse=True)[1].reshape(-1)
    place = np.empty(len(train))
    for kind, n in enumerate(np.bincount(member)):
        place[member == kind] = (np.arange(n) + 0.5) / n
    return np.asarray(train[np.argsort(place, kind="stable")])


def split_sizes(sizes: Mapping[str, int], split: Split, validation: float) -> dict[str, int]:
    """Rows of train, validation and test of a fold, known before loading; groups kept together may shift a few.

    Args:
        sizes: those of the data set's own split.
        split: which fold.
        validation: share of the rows that do not test.
    """
    if split.name == "standard":
        return dict(sizes)
    rows = sum(sizes[name] for name in SPLITS)
    if split.name == "kfold":
        whole, over = divmod(rows, split.folds)
        test = whole + (split.fold < over)
    else:
        test = held_out(rows, split.test)
    return {**trained_sizes(rows - test, validation), "test": test}


def has_target(samples: Samples, task: Task) -> NDArray[np.bool_]:
    """(N,) whether a row has a target of the task; every row has one to generate."""
    if task.kind == "generation":
        return np.ones(len(next(iter(samples.inputs.values()))), dtype=bool)
    target = samples.targets[task.name]
    if task.kind == "segmentation":
        return _labelled(target)
    return np.asarray(~np.isnan(target) if task.kind == "regression" else target >= 0)


def _labelled(masks: NDArray[Any]) -> NDArray[np.bool_]:
    """(N,) whether any pixel has a label; so many masks at a time that a mapped file is never in memory as a whole."""
    each = max(1, CHUNK // max(1, masks[:1].nbytes))
    parts = (masks[start : start + each] for start in range(0, len(masks), each))
    found = [(part != UNLABELLED).any(axis=tuple(range(1, masks.ndim))) for part in parts]
    return np.concatenate(found) if found else np.ones(0, dtype=bool)


def cut_off(rows: Rows, share: float, asked: Asked, seed: int, notes: list[str]) -> tuple[Rows, Rows]:
    """A share of the rows, cut off as the data ask: what is kept, and what is cut.

    Args:
        rows: row numbers.
        share: of them; of their groups where rows belong to groups.
        asked: strata and groups of all rows.
        seed: of the shuffle.
        notes: what a person should know is added here.
    """
    if share == 0:
        return rows, rows[:0]
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

    held = held_out(len(rows), share)
    strata = _strata(rows, asked, 2, notes, room=min(held, len(rows) - held))
    groups = None if asked.groups is None else asked.groups[rows]
    if groups is not None and strata is not None:
        return _stratified_groups(rows, share, strata, groups, seed)
    if groups is not None:
        parts = GroupShuffleSplit(1, test_size=share, random_state=seed).split(rows, groups=groups)
    elif strata is not None:
        parts = StratifiedShuffleSplit(1, test_size=held, random_state=seed).split(rows, strata)
    else:
        parts = ShuffleSplit(1, test_size=held, random_state=seed).split(rows)
    return _part(rows, parts, 0)


def _kfold(rows: Rows, split: Split, asked: Asked, notes: list[str]) -> tuple[Rows, Rows]:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    strata = _strata(rows, asked, split.folds, notes)
    groups = None if asked.groups is None else asked.groups[rows]
    if groups is None:
        make = KFold if strata is None else StratifiedKFold
    else:
        make = GroupKFold if strata is None else StratifiedGroupKFold
    parts = make(split.folds, shuffle=True, random_state=SPLIT_SEED).split(rows, strata, groups)
    return _part(rows, parts, split.fold)


def _stratified_groups(
    rows: Rows, share: float, strata: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> tuple[Rows, Rows]:
    """scikit-learn shuffles no groups by strata: one fold of as many as come nearest to the share."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = max(2, round(1 / min(share, 1 - share)))
    folds = min(folds, len(np.unique(groups)))
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(rows, strata, groups)
    large, small = _part(rows, parts, 0)
    return (large, small) if share <= 0.5 else (small, large)


def _part(rows: Rows, parts: Iterator[tuple[Any, Any]], number: int) -> tuple[Rows, Rows]:
    kept, cut = next(part for i, part in enumerate(parts) if i == number)
    return rows[kept], rows[cut]


def _strata(
    rows: Rows, asked: Asked, least: int, notes: list[str], room: int | None = None
) -> NDArray[np.int64] | None:
    """The classes to keep in proportion; those with fewer than ``least`` rows count as one, as nothing can halve them.

    None, for a plain shuffle, where the data ask for none, one class is left, or ``room`` has no row for each.
    """
    if asked.strata is None:
        return None
    classes = asked.strata[rows].copy()
    names, member, counts = np.unique(classes, return_inverse=True, return_counts=True)
    rare = counts < least
    if rare.any():
        notes.append(
            f"{rare.sum()} of {len(names)} classes have fewer than {least} rows: "
            "the split shuffles these rows together instead of class by class."
        )
        few = rare[member]
        classes[few] = names.min() - 1 if few.sum() >= least else names[counts.argmax()]
    left = len(np.unique(classes))
    if room is not None and left > room:
        notes.append(f"A part of {room} rows cannot hold each of {left} classes: the split is a plain shuffle.")
        return None
    return classes if left > 1 else None


def _check(pool: Rows, split: Split, asked: Asked) -> None:
    things, what = len(pool), "rows"
    if asked.groups is not None:
        things, what = len(np.unique(asked.groups[pool])), "groups of rows that stay together"
    least = split.folds if split.name == "kfold" else 2
    if things < least:
        field = "dataset.split.folds" if split.name == "kfold" else "dataset.split.name"
        found = split.folds if split.name == "kfold" else split.name
        raise SpecError([Problem(field, f"needs at least {least} {what}, the data have {things}", found)])


def _rescaled(samples: Samples, name: str, train: Rows) -> NDArray[Any]:
    """(x − mean) / sd over the training rows, for tables that were standardised before.

    Standardising what is standardised gives what standardising the raw values gives, but for rounding. A column of
    nothing but 0 and 1 was never standardised and stays.
    """
    values = samples.inputs[name]
    if name not in samples.rescaled:
        return values
    table = values.astype(np.float64)
    seen = ~np.isnan(table)
    known, inside = np.where(seen, table, 0.0), seen[train]
    count = np.maximum(inside.sum(0), 1)
    mean = known[train].sum(0) / count
    spread = np.sqrt((np.where(inside, table[train] - mean, 0.0) ** 2).sum(0) / count)
    flags = ((known == 0) | (known == 1)).all(0)
    moved = (table - np.where(flags, 0.0, mean)) / np.where(flags | (spread < 1e-12), 1.0, spread)
    return moved.astype(values.dtype)
