"""Adding a data set: the report before training, then all of it on the disk or nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.errors import DataError, Problem, SpecError
from mtl_core.tasks import Task
from mtl_core.userdata.catalogue import listing
from mtl_core.userdata.checks import check, copies
from mtl_core.userdata.findings import TEMPLATES, Finding, by_severity
from mtl_core.userdata.keeping import new_id, write
from mtl_core.userdata.limits import LONGEST_NAME, MOST_SETS
from mtl_core.userdata.manifest import Choice, Manifest, tasks_of
from mtl_core.userdata.names import clean, slug
from mtl_core.userdata.prepared import Prepared
from mtl_core.userdata.preparing import prepare, settle

if TYPE_CHECKING:
    from mtl_core.userdata.inspection import Inspection

PICTURES = 10
"""Pictures in the preview."""


@dataclass(frozen=True)
class Report:
    """What training on the chosen columns would meet.

    Attributes:
        findings: of reading, typing and checking, errors first.
        tasks: what would be predicted.
        rows: rows with at least one target.
        width: columns of the table that a network would read; 0 where there is none.
        choices: what each column is used for.
        prepared: the arrays.
        noticed: the findings of reading and typing alone, which cannot be made again later.
    """

    findings: tuple[Finding, ...]
    tasks: tuple[Task, ...]
    rows: int
    width: int
    choices: Mapping[str, Choice]
    prepared: Prepared
    noticed: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What keeps it from being added."""
        return [found for found in self.findings if found.severity == "error"]


def examine(inspection: Inspection, choices: Mapping[str, Choice] | None = None) -> Report:
    """The report before training.

    Args:
        inspection: of the file or folder.
        choices: by column; columns left out are as ``inspection.suggested`` says.

    Raises:
        SpecError: naming every column whose choice cannot be, as ``columns.<name>.kind`` or ``.role``.
        DataError: naming the line and column of a picture that is damaged.
    """
    settled = settle(inspection, choices or {})
    prepared, noticed = prepare(inspection, settled)
    ignored = {name for name, choice in settled.items() if choice.role == "ignore"}
    noticed = [*(_left_out(found) if found.column in ignored else found for found in inspection.findings), *noticed]
    return Report(
        findings=tuple(by_severity([*noticed, *check(prepared)])),
        tasks=tasks_of(prepared.columns),
        rows=prepared.rows,
        width=sum(column.width for column in prepared.columns),
        choices=settled,
        prepared=prepared,
        noticed=tuple(noticed),
    )


def add(
    inspection: Inspection,
    choices: Mapping[str, Choice] | None,
    name: str,
    owner: str,
    *,
    shared: bool = False,
    home: Path | None = None,
) -> str:
    """Keep a data set; gives the id by which a spec names it: ``dataset: {name: own, options: {data: ID}}``.

    Args:
        inspection: of the file or folder.
        choices: by column; columns left out are as ``inspection.suggested`` says.
        name: what its owner calls it; each name once an owner.
        owner: token of the browser, or ``cli``.
        shared: whether others may see and use it at once.
        home: the home, by default ``MTL_HOME``.

    Raises:
        SpecError: naming what cannot be of name and choices.
        DataError: if the report has errors, or the data set cannot be written.
    """
    name = _checked_name(name, owner, home)
    report = examine(inspection, choices)
    if report.errors:
        raise DataError("; ".join(str(found) for found in report.errors))
    prepared = report.prepared
    manifest = Manifest(
        id=new_id(slug(name)),
        name=name,
        owner=owner,
        shared=shared,
        created=time.time(),
        rows=prepared.rows,
        duplicates=copies(prepared.groups),
        origin=inspection.origin,
        columns=list(prepared.columns),
        ignored=[name for name, choice in report.choices.items() if choice.role == "ignore"],
        pictures=prepared.pictures,
        sentences=prepared.sentences,
    )
    write(manifest, prepared, _preview(inspection, prepared), report.noticed, home)
    return manifest.id


def _left_out(found: Finding) -> Finding:
    """What is said of a column that is ignored anyway."""
    code = f"{found.code}_left_out"
    return replace(found, code=code) if code in TEMPLATES else found


def _checked_name(given: str, owner: str, home: Path | None) -> str:
    name = clean(given)
    if not name or len(name) > LONGEST_NAME:
        raise SpecError([Problem("name", f"must have 1 to {LONGEST_NAME} letters", given[: LONGEST_NAME + 1])])
    mine = [entry for entry in listing(owner, home) if entry.mine]
    if name in [entry.name for entry in mine]:
        raise SpecError([Problem("name", "you have a data set of this name; remove it or choose another name", name)])
    if len(mine) >= MOST_SETS:
        raise DataError(f"you have {len(mine)} data sets, the most there can be; remove one first")
    return name


def _preview(inspection: Inspection, prepared: Prepared) -> dict[str, Any]:
    used = [column.name for column in prepared.columns if column.kind not in ("image", "segmentation")]
    places = [inspection.table.names.index(name) for name in used]
    rows = [[row[i] for i in places] for row in inspection.preview]
    picture = next((column for column in prepared.columns if column.kind == "image"), None)
    if picture is None:
        return {"columns": used, "rows": rows, "captions": [], "images": np.zeros((0, 1, 1), np.uint8)}
    shown = np.moveaxis(prepared.of(picture)[:PICTURES], 1, -1)
    captions = [_caption(prepared, row) for row in range(len(shown))]
    images = shown[..., 0] if shown.shape[-1] == 1 else shown
    return {"columns": used, "rows": rows, "captions": captions, "images": np.ascontiguousarray(images)}


def _caption(prepared: Prepared, row: int) -> str:
    """The classes of a row."""
    named = [c for c in prepared.targets() if c.kind in ("binary", "multiclass")]
    return " · ".join(c.classes[prepared.of(c)[row]] for c in named if prepared.of(c)[row] >= 0)
