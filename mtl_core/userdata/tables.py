"""From a column of texts and what it is used for to the array that is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.errors import Problem, SpecError
from mtl_core.userdata.findings import SHOWN, Finding, finding, named, percent
from mtl_core.userdata.inference import ColumnReport
from mtl_core.userdata.limits import LARGEST_NUMBER, LONGEST_NAME, MOST_CATEGORIES, MOST_CLASSES
from mtl_core.userdata.manifest import Choice, Column
from mtl_core.userdata.names import clean
from mtl_core.userdata.texts import NUMBER, Texts, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int32]

COLUMN_SHARE = 0.005
"""A category, or the cells that are missing, need this share of the rows for a column of their own: standardised, a
rarer one would reach more than √(1/share) = 14."""
NEGATIVE = ("no", "n", "false", "f", "negative", "neg", "bad", "off", "absent", "否", "假", "阴性", "-1", "0")
POSITIVE = ("yes", "y", "true", "t", "positive", "pos", "good", "on", "present", "是", "真", "阳性", "1")
Made = tuple[Column, Any, list[Finding]]
Place = Callable[[int], int]


def numeric(column: Column, report: ColumnReport, texts: Texts, place: Place) -> Made:
    """A numeric input or a regression target; what is no number counts as missing and is named.

    Raises:
        SpecError: if hardly anything is a number.
    """
    decimal = "," if texts.matches(NUMBER[","]).sum() > texts.matches(NUMBER["."]).sum() else "."
    values = texts.numbers(decimal)
    values[~(np.abs(values) <= LARGEST_NUMBER)] = np.nan
    absent = texts.missing()
    bad = np.flatnonzero(np.isnan(values) & ~absent)
    present = len(values) - int(absent.sum())
    if len(bad) > 0.5 * present or not present:
        rule = f"must hold numbers to be {column.kind}; {len(bad)} of {present} values are none"
        raise SpecError([Problem(f"columns.{column.name}.kind", rule, column.kind)])
    found = []
    if len(bad):
        where = named([f"{place(row)}: {str(texts.cell(row))[:30]!r}" for row in bad[:SHOWN].tolist()], len(bad))
        found.append(finding("not_numbers", column.name, count=len(bad), of=present, places=where))
    if decimal == ",":
        found.append(finding("decimal_comma", column.name, example=report.examples[0] if report.examples else ""))
    missing = int(np.isnan(values).sum())
    apart = column.role == "input" and COLUMN_SHARE <= missing / len(values) <= 1 - COLUMN_SHARE
    update = {"indicator": apart, "missing": missing, "distinct": report.distinct, "number": True}
    return column.model_copy(update=update), values, found


def categorical(column: Column, report: ColumnReport, texts: Texts, place: Place) -> Made:
    """A categorical input: the frequent categories have a column each, the rest share one."""
    codes, values = _labels(report, texts)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    fewest = max(2, math.ceil(COLUMN_SHARE * len(codes)))
    frequent = [i for i in np.argsort(-counts, kind="stable")[:MOST_CATEGORIES].tolist() if counts[i] >= fewest]
    kept = [i for i in ordered(values) if i in set(frequent)]
    table = np.full(len(values) + 1, len(kept), np.int32)
    table[kept] = np.arange(len(kept))
    table[-1] = -1
    other, missing = len(values) - len(kept), int((codes < 0).sum())
    found = []
    if other:
        facts = {"count": other, "of": len(values), "fewest": fewest, "most": MOST_CATEGORIES}
        found.append(finding("rare_categories", column.name, **facts))
    update = {
        "categories": [_shown(values[i]) for i in kept],
        "rest": bool(other or missing),
        "missing": missing,
        "distinct": len(values),
        "number": report.type == "numeric",
    }
    return column.model_copy(update=update), table[codes], found


def classes(column: Column, report: ColumnReport, texts: Texts, place: Place) -> Made:
    """A binary or multiclass target; every class is kept, however rare.

    Raises:
        SpecError: if there are not two classes, or too many.
    """
    codes, values = _labels(report, texts)
    field, most = f"columns.{column.name}.kind", 2 if column.kind == "binary" else MOST_CLASSES
    if not 2 <= len(values) <= most:
        wanted = "exactly 2" if most == 2 else f"2 to {most}"
        shown = named([value[:30] for value in values], len(values))
        rule = f"must have {wanted} different values to be {column.kind}; it has {len(values)}: {shown}"
        raise SpecError([Problem(field, rule, column.kind)])
    order = ordered(values)
    names = [_shown(values[i]) for i in order]
    if len(set(names)) < len(names):
        raise SpecError([Problem(field, f"class names must differ in their first {LONGEST_NAME} letters", column.kind)])
    table = np.full(len(values) + 1, -1, np.int32)
    table[order] = np.arange(len(order))
    missing = int((codes < 0).sum())
    update = {"classes": names, "missing": missing, "distinct": len(values), "number": report.type == "numeric"}
    return column.model_copy(update=update), table[codes], []


def ordered(values: Sequence[str]) -> list[int]:
    """Positions of the values in their order: numbers by size, a no before its yes, else by the alphabet."""
    sizes = Texts.of([packed(values)]).numbers(".")
    if not np.isnan(sizes).any():
        return [int(i) for i in np.argsort(sizes, kind="stable")]
    lower = [value.casefold() for value in values]
    if len(values) == 2 and {*lower} <= {*NEGATIVE, *POSITIVE} and lower[0] in NEGATIVE and lower[1] in POSITIVE:
        return [0, 1]
    if len(values) == 2 and lower[1] in NEGATIVE and lower[0] in POSITIVE:
        return [1, 0]
    return sorted(range(len(values)), key=lambda i: (lower[i], values[i]))


def missing_findings(column: Column, rows: int) -> list[Finding]:
    """How much of a column is missing, and what becomes of it."""
    if not column.missing:
        return []
    facts = {"count": column.missing, "of": rows, "share": percent(column.missing, rows)}
    if column.missing > rows // 2 and column.role == "input":
        return [finding("much_missing", column.name, **facts)]
    if column.role == "target":
        return [finding("missing_target", column.name, **facts)]
    codes = {"numeric": "number", "categorical": "category"}
    code = "marked" if column.indicator else codes.get(column.kind, "text")
    return [finding(f"missing_{code}", column.name, **facts)]


def _labels(report: ColumnReport, texts: Texts) -> tuple[Codes, tuple[str, ...]]:
    """Codes and values of a column; numbers that are written in several ways (3, 3.0) are one value."""
    numbers = texts.numbers(report.decimal)
    if np.isfinite(numbers).sum() < (~texts.missing()).sum():
        return texts.encoded()
    different, codes = np.unique(numbers[np.isfinite(numbers)], return_inverse=True)
    found = np.full(len(numbers), -1, np.int32)
    found[np.isfinite(numbers)] = codes.reshape(-1)
    return found, tuple(_plain(value) for value in different.tolist())


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _shown(value: str) -> str:
    return clean(value)[:LONGEST_NAME] or "(blank)"


MAKERS: Mapping[str, Callable[[Column, ColumnReport, Texts, Place], Made]] = {
    "numeric": numeric,
    "regression": numeric,
    "categorical": categorical,
    "binary": classes,
    "multiclass": classes,
}
"""By kind; pictures, masks and texts are made in ``preparing``."""


def start(choice: Choice, report: ColumnReport, task: str) -> Column:
    """The description of a column before its values are looked at."""
    assert choice.role != "ignore"
    assert choice.kind is not None
    unit = clean(choice.unit) if choice.kind == "regression" else ""
    return Column(name=report.name, role=choice.role, kind=choice.kind, task=task, unit=unit)
