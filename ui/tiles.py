"""Metric tiles: a task's main metric on the validation part, and how it stands to the last run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.paths import get_path
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.tasks import LOWER_IS_BETTER, Task
from ui import many_tiles
from ui.hub import RunView
from ui.lines import MOST_BESIDE
from ui.metric_text import SPLITS, Metrics, difference, epoch_text, formatted, metric_name
from ui.names import unit_name
from ui.ranking import ranked
from ui.tile_markup import note, tile, tiles
from ui.words import t

__all__ = [
    "Metrics",
    "before_of",
    "epoch_text",
    "formatted",
    "last_metrics",
    "metric_name",
    "metrics_table",
    "show_metrics_table",
    "shown_split",
    "test_line",
    "tiles_markup",
]

LOOK_BACK = 20


def shown_split(view: RunView) -> str:
    """The split whose metrics tiles show: validation, or train where a run has none."""
    sizes = view.series.started.get("data", {}).get("sizes", {})
    return "validation" if sizes.get("validation", 1) else "train"


def last_metrics(store: Store, record: RunRecord) -> Metrics:
    """Metrics of the same owner's run before this one on the same data; empty where there is none."""
    earlier = store.runs(owner=record.owner, status=("finished", "stopped"), limit=LOOK_BACK)
    for other in earlier:
        same = get_path(other.spec, "dataset.name") == get_path(record.spec, "dataset.name")
        if same and other.created < record.created and other.result:
            found: Metrics | None = other.result.get("metrics", {}).get("validation")
            if found:
                return found
    return {}


def tiles_markup(view: RunView, tasks: tuple[Task, ...], colours: Mapping[str, str], before: Metrics) -> str:
    """A tile a task, and the line of the test part; of more than 8 tasks their mean, the worst and the best by name.

    Args:
        view: of the run.
        tasks: of the run.
        colours: per task.
        before: metrics of the last run, for the difference.
    """
    split = shown_split(view)
    if len(tasks) > MOST_BESIDE:
        each = many_tiles.many_tiles(view, tasks, ranked(view, tasks, split), before)
    else:
        each = [_tile(view, task, split, colours[task.name], before) for task in tasks]
    return tiles(each) + note(test_line(view, tasks))


def _tile(view: RunView, task: Task, split: str, colour: str, before: Metrics) -> str:
    metric = task.main_metric
    value, old = view.series.latest(split, task.name, metric), before.get(task.name, {}).get(metric)
    changed = difference(metric, value, old)
    return tile(
        f"{task.name} · {metric_name(metric)}",
        formatted(metric, value),
        tip=t("tiles.help", split=t(f"split.{split}"), unit=unit_name(task.unit) or "–"),
        colour=colour,
        change=changed,
        good=changed.startswith("+") == task.higher_is_better if changed and changed[0] in "+-" else None,
        note=t("tiles.since_last") if changed else "",
    )


def test_line(view: RunView, tasks: tuple[Task, ...]) -> str:
    """The main metrics on the test part, once the run has ended; before that, that they come then. As Markdown."""
    if "test" not in view.series.metrics:
        return t("tiles.test_later")
    named = ((task.name, task.main_metric) for task in tasks)
    found = (f"{name} {metric_name(m)} **{formatted(m, view.series.latest('test', name, m))}**" for name, m in named)
    text = many_tiles.many_test_line(view, tasks) if len(tasks) > MOST_BESIDE else " · ".join(found)
    return f"{t('tiles.test_once')}: {text}"


def metrics_table(view: RunView, tasks: tuple[Task, ...]) -> list[dict[str, Any]]:
    """Every metric of every task, a row each, a column a split; test only once it was computed."""
    rows = []
    for task in tasks:
        measured = [view.series.metrics[split] for split in SPLITS if split in view.series.metrics]
        names = dict.fromkeys(name for found in measured for name in found.get(task.name, {}))
        for name in names:
            values = {split: formatted(name, view.series.latest(split, task.name, name)) for split in SPLITS}
            better = t("tiles.lower") if name in LOWER_IS_BETTER else t("tiles.higher")
            rows.append({"task": task.name, "metric": metric_name(name), **values, "better": better})
    return rows


def show_metrics_table(view: RunView, tasks: tuple[Task, ...]) -> None:
    """The table of all metrics, with the test's column labelled for what it is; to sort and search for many tasks."""
    if len(tasks) > MOST_BESIDE and view.series.metrics:
        many_tiles.show_many_table(view, tasks)
        return
    rows = metrics_table(view, tasks)
    if not rows:
        st.caption(t("output.nothing_yet"))
        return
    heads = {"task": t("tiles.task"), "metric": t("tiles.metric"), "better": t("tiles.better")}
    heads |= {split: t(f"split.{split}") for split in SPLITS} | {"test": t("tiles.test_once")}
    if "test" not in view.series.metrics:
        del heads["test"]
        st.caption(t("tiles.test_later"))
    st.table([{heads[name]: value for name, value in row.items() if name in heads} for row in rows])


def before_of(store: Store, view: RunView) -> Metrics:
    """As :func:`last_metrics`, empty where the store cannot say."""
    try:
        return last_metrics(store, view.record)
    except MTLError:
        return {}
