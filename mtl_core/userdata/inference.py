"""Which type a column has, and what it might be used for: a guess that the person confirms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mtl_core.userdata.limits import MOST_CLASSES
from mtl_core.userdata.manifest import Choice, Kind
from mtl_core.userdata.texts import NUMBER, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

Type = Literal["numeric", "categorical", "text", "date", "image", "mask", "empty"]
MOSTLY = 0.95
"""Share of the values that must have a form for the column to have it."""
DATE = (
    r"^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2}))"
    r"([T ][0-9]{1,2}:[0-9]{2}.*)?$|^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"
)
ID_NAME = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid|index|idx|nr|no|number|key|rowid|row|编号|序号)([\W_]|$)|^unnamed", re.IGNORECASE
)
TARGET_NAME = re.compile(
    r"^(target|label|class|outcome|response|y\d*|目标|标签)$|^(target|label|class|y)[\W_]", re.IGNORECASE
)
FEW = 20
"""A column of whole numbers with so many different values, at most, may name classes."""


@dataclass(frozen=True)
class ColumnReport:
    """What a column looks like.

    Attributes:
        name: its name.
        type: what most of its values are.
        missing: cells without a value.
        distinct: different values.
        examples: the first few different ones.
        decimal: its decimal mark, if it is numeric.
        whole: all its numbers are whole.
        constant: it has one value only.
        id_like: it seems to name the row.
    """

    name: str
    type: Type
    missing: int
    distinct: int
    examples: tuple[str, ...]
    decimal: str = "."
    whole: bool = False
    constant: bool = False
    id_like: bool = False

    def kind_for(self, role: str) -> Kind | None:
        """The most fitting kind for an input or a target; None where it cannot be one."""
        if role == "target":
            return self._target_kind()
        kinds: Mapping[Type, Kind] = {
            "numeric": "numeric",
            "categorical": "categorical",
            "text": "text",
            "image": "image",
            "date": "categorical",
        }
        return kinds.get(self.type)

    def _target_kind(self) -> Kind | None:
        if self.type == "mask":
            return "segmentation"
        if self.distinct == 2 and self.type in ("numeric", "categorical", "text"):
            return "binary"
        if self.type == "numeric":
            return "regression"
        return "multiclass" if self.type in ("categorical", "text") and 2 < self.distinct <= MOST_CLASSES else None


def report_on(name: str, texts: Texts) -> ColumnReport:
    """What one column of a table looks like; pictures and masks are seen by their files, not here."""
    codes, values = texts.encoded()
    missing, present = int((codes < 0).sum()), int((codes >= 0).sum())
    base = ColumnReport(name, "empty", missing, len(values), tuple(value[:40] for value in values[:3]))
    if not present:
        return base
    constant, enough = len(values) == 1, MOSTLY * present
    marks = {mark: texts.matches(pattern) for mark, pattern in NUMBER.items()}
    decimal = max(marks, key=lambda mark: int(marks[mark].sum()))  # the point, where both fit
    if marks[decimal].sum() >= enough:
        return _numeric(base, texts.numbers(decimal), decimal, constant)
    if texts.matches(DATE).sum() >= enough:
        return _changed(base, "date", constant)
    words, every = texts.mean_words(), len(values) == present
    if words >= 3 and len(values) > max(FEW, 0.2 * present):
        return _changed(base, "text", constant)
    id_like = (every and present > FEW and words < 2) or (len(values) > 0.9 * present > FEW and _says_id(name))
    return _changed(base, "categorical", constant, id_like)


def _changed(base: ColumnReport, kind: Type, constant: bool, id_like: bool = False) -> ColumnReport:
    return ColumnReport(base.name, kind, base.missing, base.distinct, base.examples, constant=constant, id_like=id_like)


def _numeric(base: ColumnReport, numbers: NDArray[np.float64], decimal: str, constant: bool) -> ColumnReport:
    values = numbers[np.isfinite(numbers)]
    whole = bool((values == np.floor(values)).all())
    id_like = whole and not constant and _counts_rows(values, base.name)
    return ColumnReport(
        base.name, "numeric", base.missing, base.distinct, base.examples, decimal, whole, constant, id_like
    )


def _counts_rows(values: NDArray[np.float64], name: str) -> bool:
    """Every value once, and either without gaps or under a name that says so."""
    if len(values) <= FEW or len(np.unique(values)) < len(values):
        return False
    return bool(values.max() - values.min() == len(values) - 1) or _says_id(name)


def _says_id(name: str) -> bool:
    return ID_NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def suggested(reports: Sequence[ColumnReport], rows: int) -> dict[str, Choice]:
    """What each column might be used for: targets by their names, else masks, else the last column that can be one."""
    able = [report for report in reports if report.kind_for("target") and not report.constant and not report.id_like]
    targets = {r.name for r in able if r.type == "mask" or TARGET_NAME.search(r.name)}
    if not targets and able:
        targets = {able[-1].name}
    taken: set[str] = set()
    choices = {}
    for report in reports:
        role = "target" if report.name in targets else "input"
        kind = report.kind_for(role)
        useless = report.constant or report.id_like or report.type in ("empty", "date")
        crowded = kind == "categorical" and report.distinct > max(MOST_CLASSES, rows // 2)
        again = kind in ("image", "text") and kind in taken
        if kind is None or crowded or again or (useless and role == "input"):
            choices[report.name] = Choice(role="ignore")
            continue
        taken.add(kind)
        choices[report.name] = Choice.model_validate({"role": role, "kind": kind})
    return choices
