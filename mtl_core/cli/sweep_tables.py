"""A summary of several runs as text: a table an arm, every run's number in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mtl_core.numerals import numeral
from mtl_core.sweeps.summary import Arm, Spread, Summary
from mtl_core.tasks import LOWER_IS_BETTER

MOST_TASKS = 8
"""Beyond so many tasks a table has their mean, and the best and the worst of them."""
SHOWN = 3


def text(found: Summary) -> str:
    """What a person reads: how the runs ended, then the numbers (of the test parts, where there are any)."""
    counts = ", ".join(f"{number} {status}" for status, number in found.counts.items())
    lines = [f"{found.name} (group {found.group}): {found.status}, {counts} of {len(found.members)} runs"]
    lines += [f"{member.label}: {member.status}: {member.error}" for member in found.members if member.error]
    split = "test" if any(arm.test for arm in found.arms) else "validation"
    for arm in found.arms:
        lines += ["", *_arm(arm, split)]
    return "\n".join(lines)


def _arm(arm: Arm, split: str) -> Iterator[str]:
    table = arm.test if split == "test" else arm.validation
    overall = arm.overall_test if split == "test" else arm.overall_validation
    gain = arm.gain_test if split == "test" else arm.gain_validation
    yield ", ".join(filter(None, (arm.name, f"{split} metrics", f"{len(arm.labels)} runs")))
    rows = [["task", "metric", "mean ± sd", *arm.labels]]
    if len(table) > MOST_TASKS:
        rows += [_row(f"mean of {len(table)}", name, values) for name, values in overall.items()]
        table = _ends(table)
    rows += [_row(task, name, values) for task, metrics in table.items() for name, values in metrics.items()]
    if len(rows) == 1:
        yield "  no numbers"
        return
    yield from _aligned(rows)
    for task, metrics in gain.items():
        for name, lead in metrics.items():
            yield f"  {task} {name}: the first is better by {spread_text(lead)} ({_wins(lead)} of {lead.count} pairs)"


def _ends(table: Mapping[str, Mapping[str, Spread]]) -> dict[str, dict[str, Spread]]:
    """The best and the worst tasks by the first metric of each kind, that metric only."""
    by_metric: dict[str, dict[str, Spread]] = {}
    for task, metrics in table.items():
        for name in list(metrics)[:1]:
            by_metric.setdefault(name, {})[task] = metrics[name]
    found: dict[str, dict[str, Spread]] = {}
    for name, tasks in by_metric.items():
        known = {task: values.mean for task, values in tasks.items() if values.mean is not None}
        order = sorted(known, key=lambda task: known[task], reverse=name not in LOWER_IS_BETTER)
        for task in order if len(order) <= 2 * SHOWN else [*order[:SHOWN], *order[-SHOWN:]]:
            found[task] = {name: tasks[task]}
    return found


def _row(task: str, name: str, values: Spread) -> list[str]:
    return [task, name, spread_text(values), *(number(value) for value in values.values)]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        yield "  " + "  ".join(cells).rstrip()


def spread_text(values: Spread) -> str:
    """``mean ± sd``; the mean alone where there is one number only."""
    return number(values.mean) + ("" if values.sd is None else f" ± {number(values.sd)}")


def number(value: float | None) -> str:
    """Four significant digits, a dash where there is none."""
    return "–" if value is None else numeral(value)


def _wins(lead: Spread) -> int:
    return sum(value is not None and value > 0 for value in lead.values)
