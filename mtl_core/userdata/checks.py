"""The report before training: what a person should know of rows, inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.userdata.findings import Finding, finding, named, percent
from mtl_core.userdata.leakage import gives_away
from mtl_core.userdata.limits import FEWEST_ROWS
from mtl_core.userdata.manifest import TABLE, Column
from mtl_core.userdata.prepared import Prepared, labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

RARE = 10
"""A class with fewer rows is rare: its test part has one or two."""
UNEVEN = 0.8
SAMPLE = 10_000
"""Rows on which columns are held against each other."""
SEED = 42


def check(prepared: Prepared) -> list[Finding]:
    """All that can be said of prepared columns, without reading or training anything."""
    return [
        *_row_findings(prepared),
        *(found for column in prepared.targets() for found in _target_findings(prepared, column)),
        *_duplicate_findings(prepared),
        *_leakage_findings(prepared),
        *_twin_findings(prepared),
    ]


def _row_findings(prepared: Prepared) -> Iterator[Finding]:
    if prepared.rows < FEWEST_ROWS:
        yield finding("few_rows", count=prepared.rows, fewest=FEWEST_ROWS)


def _target_findings(prepared: Prepared, column: Column) -> Iterator[Finding]:
    values = prepared.of(column)
    there = labelled(column, values)
    rows = int(there.sum())
    if rows < FEWEST_ROWS <= prepared.rows:
        yield finding("few_labels", column.name, count=rows, fewest=FEWEST_ROWS)
    if not rows or column.kind == "regression":
        return
    counts = _rows_of_classes(values[there], column)
    rare = [f"{column.classes[i]} ({counts[i]})" for i in np.flatnonzero(counts < RARE).tolist()]
    if rare:
        yield finding("rare_classes", column.name, fewest=RARE, classes=named(rare))
    if column.kind != "segmentation" and counts.max() > UNEVEN * rows:
        top = int(counts.argmax())
        yield finding("uneven_classes", column.name, share=percent(int(counts[top]), rows), value=column.classes[top])


def _rows_of_classes(values: NDArray[Any], column: Column) -> NDArray[np.int64]:
    if column.kind != "segmentation":
        return np.bincount(values, minlength=len(column.classes))
    flat = values.reshape(len(values), -1)
    return np.array([(flat == i).any(axis=1).sum() for i in range(len(column.classes))])


def _duplicate_findings(prepared: Prepared) -> Iterator[Finding]:
    groups = prepared.groups
    if groups is None:
        return
    yield finding("duplicates", count=copies(groups))
    differing = np.zeros(int(groups.max()) + 1, bool)
    for column in prepared.targets():
        if column.kind == "segmentation":
            continue
        values = prepared.of(column).astype(np.float64)
        there = labelled(column, prepared.of(column))
        least, most = np.full(len(differing), np.inf), np.full(len(differing), -np.inf)
        np.minimum.at(least, groups[there], values[there])
        np.maximum.at(most, groups[there], values[there])
        differing |= most > least
    if differing.any():
        yield finding("contradictions", count=int(differing[groups].sum()))


def copies(groups: NDArray[np.int64] | None) -> int:
    """Rows that have the same inputs as an earlier one."""
    return 0 if groups is None else len(groups) - len(np.unique(groups))


def _leakage_findings(prepared: Prepared) -> Iterator[Finding]:
    rows = _sample(prepared.rows)
    targets = [column for column in prepared.targets() if column.kind != "segmentation"]
    for target in targets:
        wanted = prepared.of(target)[rows]
        for column in prepared.inputs():
            if column.kind in TABLE:
                how = gives_away(prepared.of(column)[rows], wanted, target.kind == "regression")
                if how:
                    yield finding("leakage", column.name, target=target.name, how=how)
    for first, second in combinations(targets, 2):
        for column, target in ((first, second), (second, first)):
            how = gives_away(prepared.of(column)[rows], prepared.of(target)[rows], target.kind == "regression")
            if how:
                yield finding("same_targets", target.name, target=column.name, how=how)
                break


def _twin_findings(prepared: Prepared) -> Iterator[Finding]:
    seen: dict[bytes, str] = {}
    for column in prepared.inputs():
        if column.kind in TABLE:
            key = column.kind.encode() + prepared.of(column).tobytes()
            if key in seen:
                yield finding("twin", column.name, other=seen[key])
            seen.setdefault(key, column.name)


def _sample(rows: int) -> NDArray[np.int64]:
    if rows <= SAMPLE:
        return np.arange(rows)
    return np.sort(np.random.default_rng(SEED).choice(rows, SAMPLE, replace=False))
