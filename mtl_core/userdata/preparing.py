"""From an inspected file and the person's choices to the arrays that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.errors import Problem, SpecError
from mtl_core.text import build_vocabulary, words
from mtl_core.userdata import limits as most
from mtl_core.userdata.findings import Finding, finding
from mtl_core.userdata.folders import other_shape
from mtl_core.userdata.inference import ColumnReport
from mtl_core.userdata.manifest import Choice, Column, Pictures, Sentences
from mtl_core.userdata.names import clean, task_name
from mtl_core.userdata.prepared import Prepared, with_targets_only
from mtl_core.userdata.tables import MAKERS, missing_findings, start

if TYPE_CHECKING:
    from mtl_core.userdata.inspection import Inspection

Extras = dict[str, Any]


def prepare(inspection: Inspection, choices: Mapping[str, Choice]) -> tuple[Prepared, list[Finding]]:
    """The chosen columns as arrays, and what was noticed while they were made.

    Columns that ``choices`` does not name are as suggested. Rows without any target are left out.

    Raises:
        SpecError: naming every column whose choice cannot be.
        DataError: naming the line and column of a picture that is damaged.
    """
    settled = settle(inspection, choices)
    columns: list[Column] = []
    arrays: Extras = {}
    extras: Extras = {}
    found: list[Finding] = []
    problems: list[Problem] = []
    for report in inspection.columns:
        choice = settled[report.name]
        if choice.role == "ignore":
            continue
        task = task_name(report.name, [c.task for c in columns if c.task]) if choice.role == "target" else ""
        try:
            column, array, noticed = _made(inspection, start(choice, report, task), report, extras)
        except SpecError as error:
            problems += error.problems
            continue
        found += [*noticed, *missing_findings(column, inspection.rows)]
        arrays[f"c{len(columns)}"] = array
        columns.append(column)
    found += _shape_findings(inspection, columns)
    problems += _width_problems(columns, inspection.rows)
    if problems:
        raise SpecError(problems)
    return with_targets_only(Prepared(tuple(columns), arrays, **extras)), found


def settle(inspection: Inspection, choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """A choice with a kind for every column.

    Raises:
        SpecError: if there is no such column, no fitting kind, no input, no target, or an input twice that can be once.
    """
    reports = {report.name: report for report in inspection.columns}
    known = ", ".join(list(reports)[:30])
    problems = [
        Problem("columns", f"no such column; there are {known}", name) for name in choices if name not in reports
    ]
    settled = {}
    for name, report in reports.items():
        choice = choices.get(name, inspection.suggested[name])
        if choice.role == "ignore":
            settled[name] = Choice()
            continue
        kind = choice.kind or report.kind_for(choice.role)
        if kind is None:
            rule = f"cannot be a {choice.role}: it is {_look(report)}"
            problems.append(Problem(f"columns.{name}.role", rule, choice.role))
        elif (kind in OF_FILES) != (report.type in FILE_TYPES):
            rule = f"cannot be {kind}: it is {_look(report)}"
            problems.append(Problem(f"columns.{name}.kind", rule, kind))
        else:
            settled[name] = choice.model_copy(update={"kind": kind})
    if problems:
        raise SpecError(problems)
    _check_counts(settled)
    return settled


OF_FILES = ("image", "segmentation")
FILE_TYPES = ("image", "mask")
"""Kinds that are made of files, and the types that columns of file names have: either can be taken for either."""


def _look(report: ColumnReport) -> str:
    return f"{report.type} with {report.distinct} different values"


def _check_counts(settled: Mapping[str, Choice]) -> None:
    problems = []
    for role in ("input", "target"):
        if not any(choice.role == role for choice in settled.values()):
            problems.append(Problem("columns", f"at least one column must be {role}", None))
    for kind in ("image", "text"):
        names = [name for name, choice in settled.items() if choice.kind == kind and choice.role == "input"]
        if len(names) > 1:
            problems.append(Problem("columns", f"only one column can be the {kind}; ignore the others", names))
    masks = [name for name, choice in settled.items() if choice.kind == "segmentation"]
    if masks and not any(choice.kind == "image" for choice in settled.values()):
        problems.append(Problem(f"columns.{masks[0]}.role", "a mask needs a picture as input", "target"))
    if problems:
        raise SpecError(problems)


def _made(
    inspection: Inspection, column: Column, report: ColumnReport, extras: Extras
) -> tuple[Column, Any, list[Finding]]:
    """The array of one column; pictures, sentences and vocabulary are noted in ``extras``."""
    texts = inspection.table.column(column.name)
    if column.kind == "image":
        pictures, found = inspection.pictures(column.name)
        extras["pictures"] = Pictures(side=pictures.shape[-1], channels=1 if pictures.shape[1] == 1 else 3)
        return column.model_copy(update={"distinct": report.distinct}), pictures, found
    if column.kind == "segmentation":
        masks, values, found = inspection.masks(column.name)
        update = {"classes": [str(v) for v in values], "missing": report.missing, "distinct": report.distinct}
        return column.model_copy(update=update), masks, found
    if column.kind == "text":
        return _sentences(column, [cell or "" for cell in texts.cells()], report, extras)
    lines = inspection.table.lines
    return MAKERS[column.kind](column, report, texts, lambda row: int(lines[row]))


def _sentences(
    column: Column, sentences: list[str], report: ColumnReport, extras: Extras
) -> tuple[Column, Any, list[Finding]]:
    """Texts as word numbers. The vocabulary is that of all rows: words tell nothing of a target by being known."""
    sentences = [clean(sentence) for sentence in sentences]
    counts = [len(words(sentence)) for sentence in sentences]
    length = min(max(1, *counts), most.MOST_WORDS)
    vocabulary = build_vocabulary(sentences, most.VOCABULARY)
    cut = sum(1 for count in counts if count > length)
    found = [finding("long_texts", column.name, count=cut, most=length)] if cut else []
    extras["sentences"] = Sentences(length=length, vocabulary=len(vocabulary))
    extras["words"] = vocabulary.known
    update = {"missing": report.missing, "distinct": report.distinct}
    return column.model_copy(update=update), vocabulary.encode(sentences, length).astype(np.int32), found


def _shape_findings(inspection: Inspection, columns: list[Column]) -> list[Finding]:
    pictures = next((column.name for column in columns if column.kind == "image"), None)
    masks = [column.name for column in columns if column.kind == "segmentation"]
    files = inspection.file_columns
    return [found for mask in masks if pictures for found in other_shape(files[mask], files[pictures])]


def _width_problems(columns: list[Column], rows: int) -> list[Problem]:
    width = sum(column.width for column in columns)
    if width > most.MOST_WIDTH:
        return [Problem("columns", f"the inputs make {width} columns, at most {most.MOST_WIDTH}; ignore some", width)]
    if width * rows > most.MOST_NUMBERS:
        rule = f"the table has {rows} × {width} numbers, at most {most.MOST_NUMBERS}; ignore some columns"
        return [Problem("columns", rule, width * rows)]
    return []
