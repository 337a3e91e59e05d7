"""Tiles and tables of more tasks than fit beside each other: mean ± sd, the worst and the best, all in a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mtl_core.tasks import Task
from ui.colours import BEST_COLOUR, WORST_COLOUR
from ui.hub import RunView
from ui.metric_text import PERCENT, SPLITS, Metrics, difference, formatted, metric_name
from ui.ranking import Ranked, mean_and_deviation, values_of
from ui.tile_markup import list_tile, tile
from ui.words import t

TABLE_HEIGHT = 420


def many_tiles(view: RunView, tasks: Sequence[Task], order: Ranked, before: Metrics) -> list[str]:
    """A tile with the mean of each main metric, and the tasks at both ends by name.

    Args:
        view: of the run.
        tasks: of the run.
        order: of its tasks.
        before: metrics of the last run, for the difference.
    """
    found = []
    for metric in dict.fromkeys(task.main_metric for task in tasks):
        of_metric = [task.name for task in tasks if task.main_metric == metric]
        found.append(_mean_tile(view, metric, of_metric, order.split, before))
    ends = ((t("many.worst"), order.worst, WORST_COLOUR), (t("many.best"), order.best, BEST_COLOUR))
    for title, names, colour in ends:
        rows = [(name, formatted(order.metric, order.values[name])) for name in names]
        found.append(list_tile(title, rows, colour))
    return found


def _mean_tile(view: RunView, metric: str, tasks: list[str], split: str, before: Metrics) -> str:
    """Mean, the standard deviation where other tiles have the difference, and that difference in words."""
    found = values_of(view, metric, split)
    mean, deviation = _known(mean_and_deviation([found[name] for name in tasks if name in found]))
    earlier = [before.get(name, {}).get(metric) for name in tasks]
    old = None if None in earlier else mean_and_deviation([value for value in earlier if value is not None])[0]
    changed = difference(metric, mean, old)
    return tile(
        t("many.mean_metric", metric=metric_name(metric)),
        formatted(metric, mean),
        tip=t("many.mean_help", split=t(f"split.{split}"), count=len(tasks)),
        change=None if deviation is None else f"± {formatted(metric, deviation)}",
        note=f"{changed} {t('tiles.since_last')}" if changed else "",
    )


def _known(values: tuple[float, float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def many_test_line(view: RunView, tasks: Sequence[Task]) -> str:
    """Mean ± sd of each main metric on the test part, as Markdown."""
    parts = []
    for metric in dict.fromkeys(task.main_metric for task in tasks):
        found = values_of(view, metric, "test")
        parts.append(f"{metric_name(metric)} **{spread(metric, list(found.values()))}**")
    return f"{' · '.join(parts)} ({t('many.over', count=len(tasks))})"


def spreads(found: Metrics) -> str:
    """Mean ± sd of each task's first metric, of a run's result, as Markdown."""
    by_metric: dict[str, list[float]] = {}
    for values in found.values():
        for metric, value in list(values.items())[:1]:
            by_metric.setdefault(metric, []).extend([] if value is None else [value])
    parts = [f"{metric_name(metric)} **{spread(metric, values)}**" for metric, values in by_metric.items()]
    return f"{' · '.join(parts)} ({t('many.over', count=len(found))})"


def spread(metric: str, values: Sequence[float]) -> str:
    """Mean ± standard deviation over the tasks, as text."""
    mean, deviation = _known(mean_and_deviation(values))
    return formatted(metric, mean) + ("" if deviation is None else f" ± {formatted(metric, deviation)}")


def many_table(view: RunView, tasks: Sequence[Task]) -> dict[str, list[Any]]:
    """Every metric of every task: a row each task, a column each metric and split; numbers, to sort by."""
    splits = [split for split in SPLITS if split in view.series.metrics]
    metrics = list(dict.fromkeys(name for split in splits for name in view.series.metrics[split].by_metric))
    table: dict[str, list[Any]] = {t("tiles.task"): [task.name for task in tasks]}
    for metric in metrics:
        for split in splits:
            found = values_of(view, metric, split)
            scale = 100 if metric in PERCENT else 1
            column = [found[task.name] * scale if task.name in found else None for task in tasks]
            if any(value is not None for value in column):
                unit = " %" if metric in PERCENT else ""
                table[f"{metric_name(metric)}{unit} · {t(f'split.{split}')}"] = column
    return table


def show_many_table(view: RunView, tasks: Sequence[Task]) -> None:
    """The table, to sort and to search."""
    import pandas as pd  # 0.3 s, which the first paint need not wait for

    table = many_table(view, tasks)
    name, *numbers = table
    config: Mapping[str, Any] = {column: st.column_config.NumberColumn(format="%.4g") for column in numbers}
    config = {name: st.column_config.TextColumn(pinned=True), **config}
    st.caption(t("many.table_about"))
    st.dataframe(pd.DataFrame(table), hide_index=True, height=TABLE_HEIGHT, column_config=config)
