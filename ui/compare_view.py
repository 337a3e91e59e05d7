"""Several runs beside one another: chips, curves, what their settings differ in, numbers, masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mtl_core.errors import RunNotFound
from mtl_core.runs.side_by_side import SideBySide, side_by_side
from mtl_core.tasks import LOWER_IS_BETTER
from ui import compare_masks, hub, link, own_access
from ui.compare_charts import COLOURS, LOSS, MOST, curves, measures, shared_tasks
from ui.fields import choice_name
from ui.hub import RunView
from ui.live_chart import live_chart
from ui.metric_text import formatted, metric_name
from ui.names import dataset_title
from ui.plain_text import plain
from ui.progress import duration
from ui.words import t

RUNS = "runs"
"""Parameter of the link: ids between commas."""
MEASURE, SPLIT = "compare_measure", "compare_split"
LIVE_SECONDS = 1.0


def compare() -> None:
    """The whole page for the runs of the link."""
    asked = list(dict.fromkeys(run for run in (link.get(RUNS) or "").split(",") if run))[:MOST]
    views, gone = _views(asked)
    if gone:
        st.warning(t("compare_runs.gone", runs=", ".join(plain(run) for run in gone)), icon=":material/link_off:")
    if len(views) < 2:
        st.info(t("compare_runs.choose"), icon=":material/check_box:")
        st.page_link("pages/runs.py", label=t("unknown.runs"), icon=":material/history:")
        return
    ids = [view.record.id for view in views]
    every = LIVE_SECONDS if any(not view.ended for view in views) else None
    st.fragment(_body, run_every=every)(ids)


def _views(asked: Sequence[str]) -> tuple[list[RunView], list[str]]:
    """The runs that may be shown, and the ids of those that may not."""
    views, gone = [], []
    for run in asked:
        try:
            view = hub.hub().view(run)
        except RunNotFound:
            gone.append(run)
            continue
        if view.record.trashed is not None or own_access.hidden(view.record):
            gone.append(run)
        else:
            views.append(view)
    return views, gone


def _body(ids: list[str]) -> None:
    views, gone = _views(ids)
    if gone or len(views) < 2:
        st.rerun()
    found = side_by_side(hub.store(), ids)
    names = run_names(views)
    _chips(views, names, found)
    _curves(views, names)
    _differences(found, names)
    _numbers(found, names)
    compare_masks.masks(views, names)


def run_names(views: Sequence[RunView]) -> list[str]:
    """What tells the runs apart: their names, or data and network; the same ones are numbered."""
    found = []
    for view in views:
        record, spec = view.record, view.record.spec
        title = dataset_title(spec["dataset"]["name"], spec["dataset"].get("options"))
        network = choice_name("architecture_name", spec["architecture"]["name"])
        found.append(plain(record.label or record.name) or f"{title} · {network}")
    return [f"{name} ({found[: i + 1].count(name)})" if found.count(name) > 1 else name for i, name in enumerate(found)]


def _chips(views: Sequence[RunView], names: Sequence[str], found: SideBySide) -> None:
    with st.container(horizontal=True, gap="medium"):
        for i, (view, name) in enumerate(zip(views, names, strict=True)):
            seconds, parameters = found.seconds[i], found.parameters[i]
            facts = [t(f"status.{view.record.status}")]
            facts += [duration(seconds)] if seconds is not None else []
            facts += [t("compare_runs.parameters", count=f"{parameters:,}")] if parameters is not None else []
            with st.container(width="content"):
                st.markdown(f':color[●]{{foreground="{COLOURS[i]}"}} **{name}**')
                st.caption(" · ".join(facts))


def _curves(views: Sequence[RunView], names: Sequence[str]) -> None:
    splits = [split for split in ("validation", "train") if any(split in view.series.evaluated for view in views)]
    if not splits:
        st.caption(t("output.nothing_yet"))
        return
    with st.container(horizontal=True, gap="medium"):
        split = _choice(SPLIT, splits, {name: t(f"split.{name}") for name in splits})
        offered = measures(views, split)
        named = {m: t("chart.loss") if m == LOSS else metric_name(m) for m in offered}
        measure = _choice(MEASURE, offered, named)
    tasks = shared_tasks(views)[:MOST]
    drawn = [(task, curves(views, names, task, measure, split)) for task in tasks]
    drawn = [(task, chart) for task, chart in drawn if chart.traces]
    with st.grid(min(2, max(1, len(drawn))), min_column_width=320):
        for task, chart in drawn:
            live_chart(chart, key=f"compare:{task}", height=300)


def _choice(key: str, offered: Sequence[str], names: Mapping[str, str]) -> str:
    if st.session_state.get(key) not in offered:
        st.session_state[key] = offered[0]
    call: dict[str, Any] = {"key": key, "required": True, "wrap": True, "label_visibility": "collapsed"}
    return str(st.segmented_control(key, offered, format_func=names.__getitem__, **call))


def _differences(found: SideBySide, names: Sequence[str]) -> None:
    """The fields in which the specs are not all the same."""
    st.markdown(f"**{t('compare_runs.differences')}**")
    rows = [
        {t("compare_runs.field"): field} | {name: _shown(value) for name, value in zip(names, values, strict=True)}
        for field, values in found.differences.items()
        if field != "schedule"
    ]
    if not rows:
        st.caption(t("compare_runs.same"))
        return
    _dataframe(rows)


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)


def _numbers(found: SideBySide, names: Sequence[str]) -> None:
    """Every metric of every task, the best of a row marked; test beside validation."""
    rows = []
    for split, tasks in found.metrics.items():
        for task, metrics in tasks.items():
            for metric, values in metrics.items():
                best = best_of(metric, values)
                head = {t("compare_runs.split"): t(f"split.{split}"), t("evaluation.task"): task}
                cells = [f"{formatted(metric, value)}{' ★' if i in best else ''}" for i, value in enumerate(values)]
                rows.append(head | {t("evaluation.metric"): metric_name(metric)} | dict(zip(names, cells, strict=True)))
    st.markdown(f"**{t('compare_runs.numbers')}**")
    if not rows:
        st.caption(t("output.nothing_yet"))
        return
    _dataframe(rows)
    st.caption(t("compare_runs.star"))


def best_of(metric: str, values: Sequence[float | None]) -> set[int]:
    """Places of the best value; none where fewer than two are there, or all are the same."""
    there = [value for value in values if value is not None]
    if len(there) < 2 or min(there) == max(there):
        return set()
    best = min(there) if metric in LOWER_IS_BETTER else max(there)
    return {i for i, value in enumerate(values) if value == best}


def _dataframe(rows: list[dict[str, str]]) -> None:
    import pandas as pd

    st.dataframe(pd.DataFrame(rows), hide_index=True)
