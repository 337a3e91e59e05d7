"""What each column of an upload is used for: suggested, edited in the table, and as the engine takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mtl_core.userdata.inference import ColumnReport
from mtl_core.userdata.inspection import Inspection
from mtl_core.userdata.manifest import Choice

ROLES = ("input", "target", "ignore")
TYPES = ("number", "category", "yes_no", "sentence", "picture", "mask")
"""What a column holds, in one list for inputs and targets: a column keeps its type when its role changes."""
KINDS: Mapping[str, Mapping[str, str]] = {
    "input": {
        "number": "numeric",
        "category": "categorical",
        "yes_no": "categorical",
        "sentence": "text",
        "picture": "image",
    },
    "target": {"number": "regression", "category": "multiclass", "yes_no": "binary", "mask": "segmentation"},
}
"""The engine's kind of a column by role and type."""
SEEN: Mapping[str, str] = {
    "numeric": "number",
    "categorical": "category",
    "text": "sentence",
    "date": "category",
    "image": "picture",
    "mask": "mask",
}
"""The type of a column by what it looks like."""
UNIT = 20
MARKUP = re.compile(r"[\[\]<>]")
"""What no unit needs, and what links and pictures are written with: units stand in Markdown and on axes alike."""


@dataclass(frozen=True)
class Use:
    """What one column is used for; ``type`` None leaves it to what the column looks like."""

    role: str = "ignore"
    type: str | None = None
    unit: str = ""


Uses = dict[str, Use]


def suggested(inspection: Inspection, before: Mapping[str, Use] | None = None) -> Uses:
    """The uses that the engine suggests; columns that were set before keep what was set."""
    fresh = {name: Use(choice.role) for name, choice in inspection.suggested.items()}
    return {name: (before or {}).get(name, use) for name, use in fresh.items()}


def shown_type(report: ColumnReport, use: Use) -> str | None:
    """The type that the table shows; None for a column without any value."""
    if use.type:
        return use.type
    if use.role == "target":
        kind = report.kind_for("target")
        return next((name for name, made in KINDS["target"].items() if made == kind), None)
    return SEEN.get(report.type)


def edited(uses: Mapping[str, Use], names: Sequence[str], rows: Mapping[Any, Mapping[str, Any]]) -> Uses:
    """The uses after edits in the table.

    Args:
        uses: before.
        names: of the columns, in the order of the table's rows.
        rows: the edits as Streamlit keeps them: row number → field of :class:`Use` → new value.
    """
    found = dict(uses)
    for row, values in rows.items():
        name = names[int(row)]
        fields = {key: value or "" for key, value in values.items() if key in ("role", "type", "unit")}
        fields["unit"] = MARKUP.sub("", str(fields.get("unit", found[name].unit)))[:UNIT]
        found[name] = replace(found[name], **fields)
    return found


def with_targets(uses: Mapping[str, Use], targets: Sequence[str], inspection: Inspection) -> Uses:
    """The uses with these targets and no others; what was a target becomes what else it can be."""
    found = dict(uses)
    reports = {report.name: report for report in inspection.columns}
    for name, use in uses.items():
        if name in targets:
            found[name] = replace(use, role="target")
        elif use.role == "target":
            role = inspection.suggested[name].role
            usable = role if role != "target" else "input" if reports[name].kind_for("input") else "ignore"
            found[name] = replace(use, role=usable)
    return found


def possible_targets(inspection: Inspection, uses: Mapping[str, Use]) -> list[str]:
    """Columns that can be predicted, in the order of the file."""
    return [r.name for r in inspection.columns if r.kind_for("target") or uses[r.name].role == "target"]


def impossible(uses: Mapping[str, Use]) -> list[str]:
    """Columns whose type cannot have their role: nobody reads a mask, nobody predicts a sentence."""
    return [n for n, use in uses.items() if use.type and use.type not in KINDS.get(use.role, TYPES)]


def choices(uses: Mapping[str, Use]) -> dict[str, Choice]:
    """The uses as the engine takes them; none of them may be :func:`impossible`."""
    made = {}
    for name, use in uses.items():
        kind = KINDS[use.role][use.type] if use.type and use.role in KINDS else None
        made[name] = Choice.model_validate({"role": use.role, "kind": kind, "unit": use.unit})
    return made
