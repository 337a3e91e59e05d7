"""Answers as text: does sharing help, which trade-off, runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mtl_core.comparison import amount
from mtl_core.intervals import Interval
from mtl_core.numerals import numeral
from mtl_core.runs.side_by_side import SideBySide
from mtl_core.sweeps.answer import Answer, ArmAnswer, Measured
from mtl_core.sweeps.base import LeftOut
from mtl_core.sweeps.family import comparisons
from mtl_core.sweeps.front_answer import FrontAnswer, Point

MOST_TASKS = 8
DISAGREEMENT = (
    "{arm}: validation and test say opposite things of `{task}`, each surely over the seeds: "
    "the rows of this split decide; compare over --folds 5"
)


def sharing_text(found: Answer) -> str:
    """Every arm on validation and test, what it cost, and the answer in words."""
    lines = [f"{found.name} (group {found.group}): {found.status}"]
    lines += ["", *aligned([["arm", "runs", "seconds", "parameters", "Δm validation", "Δm test"], *_arms(found)])]
    for split in ("validation", "test"):
        lines += ["", f"{split}, mean ± sd; in brackets the gain over single-task with its 95 % interval"]
        lines += aligned(list(_tasks(found.arms, split)))
    lines += ["", f"intervals over {found.pairs}: {_methods(found)}"]
    if (count := comparisons(found.arms)) > 1:
        lines += [f"gains and loses hold for all {count} comparisons together (Holm, 5 %); intervals each for itself"]
    lines += [f"{arm.name}: {arm.test.words}" for arm in found.arms if arm.test.words]
    for arm in found.arms:
        lines += [DISAGREEMENT.format(arm=arm.name, task=task) for task in arm.disagreeing]
    lines += [f"chosen on validation: {found.chosen}" if found.chosen else f"{found.why_none}"]
    return "\n".join(lines)


def _arms(found: Answer) -> Iterator[list[str]]:
    for arm in found.arms:
        delta = [_percent(measured.delta_m) for measured in (arm.validation, arm.test)]
        seconds = "–" if arm.seconds.mean is None else f"{arm.seconds.mean:.1f}"
        runs = f"{arm.finished}/{len(arm.runs)}"
        yield [arm.name, runs, seconds, "–" if arm.parameters is None else f"{arm.parameters:,}", *delta]


def _tasks(arms: Sequence[ArmAnswer], split: str) -> Iterator[list[str]]:
    measured: list[Measured] = [getattr(arm, split) for arm in arms]
    yield ["task", "metric", *(arm.name for arm in arms)]
    for answers in list(zip(*(one.tasks for one in measured), strict=True))[:MOST_TASKS]:
        cells = []
        for one in answers:
            known = one.verdict is not None and one.verdict.difference is not None
            cells.append(_spread(one.value) + (f" [{amount(one.verdict, signed=True)}]" if known else ""))
        yield [answers[0].task, answers[0].metric, *cells]
    left = len(measured[0].tasks) - MOST_TASKS if measured else 0
    if left > 0:
        yield [f"… {left} more", "", *("" for _ in arms)]


def _methods(found: Answer) -> str:
    used = {one.gain.method for arm in found.arms for one in arm.validation.tasks + arm.test.tasks} - {None}
    words = {"student": "Student's t", "bootstrap": "paired bootstrap, widened for few pairs"}
    return ", ".join(words[str(name)] for name in sorted(map(str, used))) or "none, fewer than three pairs"


def front_text(found: FrontAnswer) -> str:
    """The points of the front, what it covers, and where it bends."""
    lines = [f"{found.name} (group {found.group}): {found.status}"]
    if found.why_none:
        return "\n".join([*lines, found.why_none])
    front = [point for point in found.points if point.on_front]
    lines += [f"{len(front)} of {len(found.points)} settings are on the front (validation means)", ""]
    heads = [f"{task} {metric}" for task, metric in zip(found.tasks, found.metrics, strict=True)]
    lines += aligned([["setting", *heads, ""], *(_point(point, found) for point in front)])
    if found.single:
        lines += ["", f"single-task: {'  '.join(_number(value) for value in found.single)}"]
    reference = "  ".join(_number(value) for value in found.reference or ())
    lines += [
        f"hypervolume {_number(found.hypervolume)} against {reference} ({100 * (found.covered or 0):.1f} % covered)"
    ]
    if len(found.by_method) > 1:
        lines += [f"  {method}: {_number(volume)}" for method, volume in found.by_method.items()]
    return "\n".join(lines)


def _point(point: Point, found: FrontAnswer) -> list[str]:
    note = "knee" if point.arm == found.knee else "" if point.supported else "in a dent"
    return [point.arm, *(_number(value) for value in point.values), note]


def compared_text(found: SideBySide) -> str:
    """Runs as columns: what their specs differ in, then what they measured."""
    rows = [["", "", *found.runs], ["name", "", *found.names], ["status", "", *found.statuses]]
    rows += [["steps", "", *map(str, found.steps)], ["seconds", "", *map(_number, found.seconds)]]
    rows += [["parameters", "", *("–" if count is None else f"{count:,}" for count in found.parameters)]]
    lines = aligned(rows)
    lines += ["", "spec" if found.differences else "the specs are the same"]
    lines += aligned([[field, "", *map(_shown, values)] for field, values in found.differences.items()])
    for split, tasks in found.metrics.items():
        table = [[task, name, *map(_number, values)] for task, one in tasks.items() for name, values in one.items()]
        lines += ["", split, *aligned(table)] if table else []
    return "\n".join(lines)


def left_out_text(left_out: Sequence[LeftOut]) -> list[str]:
    """A line for each thing that cannot be trained, with its first reason."""
    return [f"left out: {one.arm}: {one.problems[0]}" for one in left_out]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with columns of one width, the first to the left."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cell for cell, w in zip(cells, widths, strict=True) if w)).rstrip())
    return lines


def _percent(found: Interval) -> str:
    if found.mean is None:
        return "–"
    return f"{numeral(found.mean, '+.1f')} %" + ("" if found.half_width is None else f" ± {found.half_width:.1f}")


def _spread(found: Interval) -> str:
    return _number(found.mean) + ("" if found.sd is None else f" ± {_number(found.sd)}")


def _number(value: float | None) -> str:
    return "–" if value is None else numeral(value)


def _shown(value: Any) -> str:
    return "–" if value is None else numeral(value, ".6g") if isinstance(value, float) else str(value)
