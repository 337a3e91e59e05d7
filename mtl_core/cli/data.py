"""``data``: a person's own data sets: add, check, list, share, export, remove."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from mtl_core.errors import DataError, Problem, SpecError
from mtl_core.userdata import catalogue, keeping
from mtl_core.userdata.adding import Report, add, examine
from mtl_core.userdata.catalogue import Entry
from mtl_core.userdata.checks import check
from mtl_core.userdata.exporting import exported
from mtl_core.userdata.findings import Finding, by_severity
from mtl_core.userdata.inspection import Inspection, inspect
from mtl_core.userdata.limits import COMMAND_LINE
from mtl_core.userdata.manifest import INPUT_KINDS, TARGET_KINDS, Choice

OWNER = "cli"
USE = re.compile(rf"(?P<name>.+?)(:(?P<kind>{'|'.join((*INPUT_KINDS, *TARGET_KINDS))})(:(?P<unit>.*))?)?", re.DOTALL)


def add_data(
    name: str,
    source: Path,
    targets: Sequence[str],
    inputs: Sequence[str],
    ignored: Sequence[str],
    reading: dict[str, Any],
    *,
    shared: bool,
    as_json: bool,
) -> int:
    """Add a file, folder or zip as a data set; prints the report before training and how to train on it.

    Raises:
        SpecError: naming the option that cannot be.
        DataError: naming the line and column that is broken, or what the report holds against it.
    """
    inspection = inspect(source, limits=COMMAND_LINE, **reading)
    choices = chosen(inspection, targets, inputs, ignored)
    report = examine(inspection, choices)
    if not as_json:
        _print_findings(report.findings)
    data = add(inspection, choices, name, OWNER, shared=shared)
    if as_json:
        print(json.dumps({"id": data, "name": name, "shared": shared, **_summary(report)}))
        return 0
    guessed = "" if targets else " (guessed: --target says otherwise)"
    print(f"{name}: {report.rows} rows, targets {', '.join(task.name for task in report.tasks)}{guessed}")
    print(f"in a spec:  dataset: {{name: own, options: {{data: {data}}}}}")
    if not shared:
        print(f"only you see it; `data share {data}` shows it to all on the page")
    return 0


def check_data(what: str, targets: Sequence[str], reading: dict[str, Any], as_json: bool) -> int:
    """Report on a data set that was added, or on a file or folder before it is; 1 where something is in the way.

    Raises:
        DataError: if there is none of this name, it is damaged, or the file cannot be read.
    """
    found = [entry for entry in _all() if what in (entry.id, entry.name)]
    if not found and Path(what).exists():
        inspection = inspect(Path(what), limits=COMMAND_LINE, **reading)
        report = examine(inspection, chosen(inspection, targets, [], []))
        findings, facts = list(report.findings), _summary(report)
    else:
        entry = find(what)
        prepared = keeping.prepared_of(entry.id)
        kept = [Finding(**raw) for raw in keeping.json_of(entry.id, keeping.FINDINGS)]
        findings = by_severity([*kept, *check(prepared)])
        facts = {"id": entry.id, "name": entry.name, "rows": entry.rows, "findings": _public(findings)}
    bad = [found for found in findings if found.severity == "error"]
    if as_json:
        print(json.dumps({"ok": not bad, **facts}))
    else:
        _print_findings(findings)
        print("nothing is in the way of training" if not bad else "this cannot be trained on", file=sys.stdout)
    return 1 if bad else 0


def list_data(as_json: bool) -> int:
    """Print every data set that was added here, newest first; owners are not named."""
    entries = _all()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return 0
    if not entries:
        print("no data of your own yet; `data add NAME --csv FILE` makes some")
    for entry in entries:
        created = datetime.fromtimestamp(entry.created).strftime("%Y-%m-%d %H:%M")
        whose = "shared " if entry.shared else "private"
        about = entry.trouble or f"{entry.rows:>8} rows  {', '.join(entry.tasks[:8])}"
        print(f"{entry.id:<32}  {created}  {whose}  {about}  {entry.name}".rstrip())
    return 0


def share_data(what: str, shared: bool, as_json: bool) -> int:
    """Show a data set to all on the page, or to its owner only.

    Raises:
        DataError: if there is none of this name.
    """
    entry = find(what)
    catalogue.share(entry.id, keeping.manifest_of(entry.id).owner, shared=shared)
    done = "shared" if shared else "private"
    print(json.dumps({"id": entry.id, "shared": shared}) if as_json else f"{entry.name}: {done}")
    return 0


def remove_data(what: str, as_json: bool) -> int:
    """Delete the rows of a data set; its runs can still be looked at.

    Raises:
        DataError: if there is none of this name.
    """
    entry = find(what)
    catalogue.remove(entry.id, keeping.manifest_of(entry.id).owner)
    print(json.dumps({"id": entry.id, "removed": True}) if as_json else f"{entry.name}: removed")
    return 0


def export_data(what: str, out: Path, as_json: bool) -> int:
    """Write a data set as a zip that anyone can open and that can be added again.

    Raises:
        DataError: if there is none of this name, or the file cannot be written.
    """
    entry = find(what)
    content = exported(entry.id)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from error
    done = {"id": entry.id, "out": str(out), "bytes": len(content)}
    print(json.dumps(done) if as_json else f"{entry.name}: {len(content)} bytes in {out}")
    return 0


def find(what: str) -> Entry:
    """The data set of this id or name.

    Raises:
        DataError: where none or several have it.
    """
    entries = _all()
    found = [entry for entry in entries if entry.id == what] or [entry for entry in entries if entry.name == what]
    if not found:
        raise DataError(f"there is no data set {what!r}; `data list` shows what there is")
    if len(found) > 1:
        ids = ", ".join(entry.id for entry in found)
        raise DataError(f"{len(found)} data sets are called {what!r}; give the id, one of {ids}")
    return found[0]


def chosen(
    inspection: Inspection, targets: Sequence[str], inputs: Sequence[str], ignored: Sequence[str]
) -> dict[str, Choice]:
    """The choices that options make; suggested targets that ``--target`` leaves out become inputs.

    Raises:
        SpecError: naming each option that is no column, or names one that another option names too.
    """
    choices: dict[str, Choice] = {}
    problems = []
    known = {report.name: report for report in inspection.columns}
    given = [("target", text) for text in targets] + [("input", text) for text in inputs]
    for role, text in [*given, *(("ignore", text) for text in ignored)]:
        option = f"--{role}"
        name, kind, unit = _use(text, known)
        if name not in known:
            rule = f"no column of this name; there are {', '.join(list(known)[:30])}"
            problems.append(Problem(option, rule, text))
        elif name in choices:
            problems.append(Problem(option, "this column is named by another option too", text))
        elif kind is not None and kind not in (TARGET_KINDS if role == "target" else INPUT_KINDS):
            kinds = ", ".join(TARGET_KINDS if role == "target" else INPUT_KINDS)
            problems.append(Problem(option, f"must be NAME or NAME:KIND with a kind out of {kinds}", text))
        else:
            choices[name] = Choice.model_validate({"role": role, "kind": kind, "unit": unit})
    if problems:
        raise SpecError(problems)
    for name, choice in inspection.suggested.items():
        if targets and choice.role == "target" and name not in choices:
            kind = known[name].kind_for("input")
            choices[name] = Choice.model_validate({"role": "input" if kind else "ignore", "kind": kind})
    return choices


def _use(text: str, known: dict[str, Any]) -> tuple[str, str | None, str]:
    """Name, kind and unit in ``NAME[:KIND[:UNIT]]``; a column's name may hold colons."""
    match = None if text in known else USE.fullmatch(text)
    return (match["name"], match["kind"], (match["unit"] or "")[:20]) if match else (text, None, "")


def _all() -> list[Entry]:
    return catalogue.listing(OWNER, everything=True)


def _summary(report: Report) -> dict[str, Any]:
    columns = {
        column.name: {"role": column.role, "kind": column.kind, "missing": column.missing}
        for column in report.prepared.columns
    }
    return {
        "rows": report.rows,
        "columns": columns,
        "tasks": [vars(task) for task in report.tasks],
        "findings": _public(report.findings),
    }


def _public(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [found.public() for found in findings]


def _print_findings(findings: Sequence[Finding]) -> None:
    for found in findings:
        print(f"{found.severity:<8} {found}")
