"""From the arrays that are kept to what a network reads and predicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.userdata.manifest import TABLE, Column
from mtl_core.userdata.pictures import resized
from mtl_core.userdata.prepared import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST_OF_A_STRATUM = 10
"""Rarer classes are split together with the largest one: a stratum of one row cannot be."""


def table_names(columns: list[Column]) -> tuple[str, ...]:
    """Names of the table's columns: ``age``, ``age missing``, ``colour = red``, ``colour other``."""
    names: list[str] = []
    for column in columns:
        if column.role == "input" and column.kind == "numeric":
            names += [column.name, f"{column.name} missing"][: column.width]
        elif column.width:
            names += [*(f"{column.name} = {category}" for category in column.categories), f"{column.name} other"]
            names = names if column.rest else names[:-1]
    return tuple(names)


def table(prepared: Prepared) -> Floats:
    """(N, width) numbers, NaN where missing, then whether they are missing; categories as 0 and 1."""
    parts = [part for column in prepared.inputs() if column.kind in TABLE for part in _parts(prepared, column)]
    return np.column_stack(parts) if parts else np.empty((prepared.rows, 0))


def _parts(prepared: Prepared, column: Column) -> Iterator[Floats]:
    values = prepared.of(column)
    if column.kind == "numeric":
        yield values
        if column.indicator:
            yield np.isnan(values).astype(np.float64)
        return
    last = len(column.categories)
    codes = np.where(values < 0, last, values)
    for code in range(last + column.rest):
        yield (codes == code).astype(np.float64)


def standardised(values: Floats, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(x − mean) / sd of each column over ``rows`` alone; NaN stays, and counts for neither."""
    known = ~np.isnan(values[rows])
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, values[rows], 0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (values[rows] - centre) ** 2, 0).sum(axis=0) / count)
    return np.asarray((values - centre) / np.where(spread > 0, spread, 1.0), dtype=np.float32)


def inputs(prepared: Prepared, train: NDArray[np.int64], side: int) -> dict[str, NDArray[Any]]:
    """The modalities ``table``, ``image`` and ``text``, as far as there are any.

    Args:
        prepared: the arrays.
        train: the rows that the table is standardised with.
        side: of the pictures.
    """
    found: dict[str, NDArray[Any]] = {}
    columns = {column.kind: column for column in prepared.inputs()}
    if any(column.width for column in prepared.columns):
        found["table"] = standardised(table(prepared), train)
    if "image" in columns:
        found["image"] = resized(prepared.of(columns["image"]), side)
    if "text" in columns:
        found["text"] = prepared.of(columns["text"]).astype(np.int64)
    return found


def targets(prepared: Prepared, side: int) -> dict[str, NDArray[Any]]:
    """The targets by task, NaN, -1 or 255 where they are missing.

    Args:
        prepared: the arrays.
        side: of the masks.
    """
    found: dict[str, NDArray[Any]] = {}
    for column in prepared.targets():
        values = prepared.of(column)
        if column.kind == "regression":
            found[column.task] = values.astype(np.float32)
        elif column.kind == "segmentation":
            found[column.task] = resized(values, side, nearest=True)
        else:
            found[column.task] = values.astype(np.int64)
    return found


def strata(prepared: Prepared) -> NDArray[np.int64] | None:
    """(N,) the class of the first target that has classes, missing ones being a class of their own; None without.

    Classes with fewer than 10 rows are joined with the largest.
    """
    column = next((c for c in prepared.targets() if c.kind in ("binary", "multiclass")), None)
    if column is None:
        return None
    classes = prepared.of(column).astype(np.int64)
    counts = Counter(classes.tolist())
    largest = max(counts, key=lambda value: (counts[value], -value))
    rare = [value for value, count in counts.items() if count < FEWEST_OF_A_STRATUM]
    return np.where(np.isin(classes, rare), largest, classes)
