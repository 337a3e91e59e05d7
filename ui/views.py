"""The views under the curves: scatter, confusion, masks, pictures, gradients, ties, samples, metrics; one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from mtl_core.tasks import Kind, Task
from ui import (
    augmented_view,
    charts,
    column_views,
    generation_views,
    gradient_views,
    link,
    mixing_views,
    tie_views,
    tiles,
)
from ui.epochs import Arrays, at_end, at_epoch
from ui.hub import RunView, Source
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.mask_viewer import mask_viewer
from ui.names import unit_name
from ui.remembered import made_once, remembered
from ui.small_multiples import show_multiples
from ui.url_state import VIEW
from ui.words import t

OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    "regression": ("scatter", "residuals"),
    "binary": ("confusion",),
    "multiclass": ("confusion",),
    "segmentation": ("masks",),
    "generation": generation_views.KINDS,
}
"""Views of one task by its kind."""
MULTIPLES = "multiples"
"""Of many tasks: a small curve each."""
OF_RUN = ("samples", "metrics", "weights")
OFFERING = (gradient_views, mixing_views, tie_views, augmented_view)
"""What offers views of a run where it has something to show."""
CHOSEN = "detail_view"
CHOSEN_TASK = "detail_task"
HEIGHT = 340
UNLABELLED = 255
"""Of a mask: a pixel without a class."""
MOST_NAMED = 8
"""Tasks, at most, whose views stand side by side; of more one is picked."""


def detail(source: Source, view: RunView, tasks: tuple[Task, ...], colours: Mapping[str, str]) -> None:
    """The chooser, and the view that is chosen.

    Args:
        source: where previews are read.
        view: of the run.
        tasks: of the run.
        colours: per task.
    """
    chosen = _choose(view, tasks)
    kind, name = chosen.split(":", 1)
    if kind == MULTIPLES:
        show_multiples(view, tasks, tiles.shown_split(view), y_log=st.session_state.get("y_axis") != "linear")
        return
    if kind in tie_views.KINDS:
        found = None if kind == "spectrum" else at_epoch(source, view)
        tie_views.show(kind, found, view.series, view.spec.tasks, view.record.id)
        return
    if kind == augmented_view.KIND:
        augmented_view.show(source, view)
        return
    if kind in (gradient_views.KIND, column_views.KIND, mixing_views.KIND, *OF_RUN):
        _of_run(source, view, kind, tasks, colours)
        return
    of_kind = [task for task in tasks if kind in OF_KIND[task.kind]]
    task = next((task for task in of_kind if task.name == name), None) or _pick(of_kind)
    if kind in generation_views.KINDS:
        found = at_end(source, view) if kind == "latent" else at_epoch(source, view)
        generation_views.show(kind, task.name, found, view.record.id)
        return
    found = at_epoch(source, view)
    if found is None:
        st.caption(t("output.nothing_yet"))
    elif f"prediction.{task.name}" in found and f"target.{task.name}" in found:
        _of_task(kind, task, found, colours[task.name], view)


def _choose(view: RunView, tasks: tuple[Task, ...]) -> str:
    """``kind:task`` of the view that is chosen; the task is empty for views of the run, and of many tasks."""
    pairs = [(kind, task.name) for task in tasks for kind in OF_KIND[task.kind]]
    if len(tasks) > MOST_NAMED:
        pairs = [(kind, "") for kind in dict.fromkeys(kind for kind, _ in pairs)]
    options = [f"{kind}:{name}" for kind, name in pairs]
    if len(tasks) > MOST_NAMED:
        options.insert(0, f"{MULTIPLES}:")
    of_run = [kind for views in OFFERING for kind in views.offered(view)] + list(OF_RUN)
    options += [f"{kind}:" for kind in of_run]
    if st.session_state.setdefault(CHOSEN, link.get(VIEW)) not in options:
        st.session_state[CHOSEN] = options[0]
    kinds = [option.split(":")[0] for option in options]
    named = {o: _name(o) if kinds.count(k) > 1 else t(f"views.{k}") for o, k in zip(options, kinds, strict=True)}
    call: dict[str, Any] = {"key": CHOSEN, "label_visibility": "collapsed", "wrap": True, "required": True}
    chosen = str(st.segmented_control(t("views.choose"), options, format_func=named.__getitem__, **call))
    _to_link(chosen, options[0])
    return chosen


def _to_link(chosen: str, default: str) -> None:
    """So that the view is still there after a reload; the one that is there anyway needs no word."""
    if chosen == default:
        link.drop(VIEW)
    else:
        link.put(VIEW, chosen)


def _pick(tasks: list[Task]) -> Task:
    """One of many tasks, to look at."""
    named = {task.name: task for task in tasks}
    if st.session_state.get(CHOSEN_TASK) not in named:
        st.session_state[CHOSEN_TASK] = tasks[0].name
    return named[st.selectbox(t("views.task"), list(named), key=CHOSEN_TASK)]


def _name(option: str) -> str:
    kind, task = option.split(":", 1)
    return f"{t(f'views.{kind}')} · {task}" if task else t(f"views.{kind}")


def _of_run(source: Source, view: RunView, kind: str, tasks: tuple[Task, ...], colours: Mapping[str, str]) -> None:
    if kind == gradient_views.KIND:
        gradient_views.show(view, colours)
    elif kind == column_views.KIND:
        column_views.show(view)
    elif kind == mixing_views.KIND:
        mixing_views.show(source, view, colours)
    elif kind == "metrics":
        tiles.show_metrics_table(view, tasks)
    elif kind == "weights":
        call: dict[str, Any] = {"total_steps": view.total_steps, "view": view.record.id}
        make = partial(charts.weights_chart, view.series, colours, **call)
        data = made_once(make, view.series, "weights", colours, call)
        live_chart(data, key="weights_chart", height=HEIGHT, text_alternative=t("views.weights"))
    else:
        _samples(source, view, tasks)


def _samples(source: Source, view: RunView, tasks: tuple[Task, ...]) -> None:
    found = at_end(source, view)
    if found is None:
        st.caption(t("views.samples_later"))
        return
    st.caption(t("views.samples_note"))
    st.dataframe(charts.sample_table(tasks, found, vocabulary=vocabulary_of(view)), hide_index=True)


def vocabulary_of(view: RunView) -> list[str]:
    """The words of the run's sentences by their numbers; empty where it has none."""
    return list(view.series.started.get("data", {}).get("vocabulary", ()))


def _of_task(kind: str, task: Task, found: Arrays, colour: str, view: RunView) -> None:
    truth, predicted, run = found[f"target.{task.name}"], found[f"prediction.{task.name}"], view.record.id
    if kind == "scatter":
        options = {"colour": colour, "name": task.name, "unit": unit_name(task.unit), "view": run}
        data = remembered(charts.prediction_scatter, truth, predicted, **options)
        live_chart(data, key="scatter_chart", height=HEIGHT, text_alternative=_name(f"scatter:{task.name}"))
    elif kind == "residuals":
        options = {"colour": colour, "unit": unit_name(task.unit), "view": run}
        data = remembered(charts.residual_histogram, truth, predicted, **options)
        live_chart(data, key="residual_chart", height=HEIGHT, text_alternative=_name(f"residuals:{task.name}"))
    elif kind == "confusion":
        counts = charts.confusion_counts(truth, charts.predicted_classes(task, predicted), len(task.classes))
        table = charts.confusion_table(counts, task.classes, colour, _name(f"confusion:{task.name}"))
        show_markup(table, key="confusion")
    else:
        _masks(task, found, view)


def _masks(task: Task, found: Arrays, view: RunView) -> None:
    images = next(array for name, array in found.items() if name.startswith("input.") and array.ndim == 4)
    shown = found.get(f"shown.{task.name}", range(len(images)))
    truth, predicted = found[f"target.{task.name}"], found[f"prediction.{task.name}"]
    sentences = charts.sentences(found, vocabulary_of(view))
    rows = [t("views.row", number=int(found["rows"][i])) for i in shown]
    captions = [f"{row} · {sentences[i]}" if sentences else row for i, row in zip(shown, rows, strict=True)]
    labelled = np.where(truth == UNLABELLED, predicted, truth)
    mask_viewer(images[list(shown)], labelled, predicted, task.classes, key="masks", captions=captions)
