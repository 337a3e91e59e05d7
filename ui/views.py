"""The views under the curves: scatter, residuals, confusion, masks, samples, metrics; one at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from mtl_core.errors import MTLError
from mtl_core.tasks import Kind, Task
from ui import charts, hub, tiles
from ui.hub import PreviewFile, RunView, Source
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.mask_viewer import mask_viewer
from ui.names import unit_name
from ui.words import t

OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    "regression": ("scatter", "residuals"),
    "binary": ("confusion",),
    "multiclass": ("confusion",),
    "segmentation": ("masks",),
}
"""Views of one task by its kind."""
OF_RUN = ("samples", "metrics", "weights")
CHOSEN = "detail_view"
HEIGHT = 340
ECHO_SECONDS = 3.0
Arrays = dict[str, NDArray[Any]]


def detail(source: Source, view: RunView, tasks: tuple[Task, ...], colours: Mapping[str, str]) -> None:
    """The chooser, and the view that is chosen.

    Args:
        source: where previews are read.
        view: of the run.
        tasks: of the run.
        colours: per task.
    """
    options = [f"{name}:{task.name}" for task in tasks for name in OF_KIND[task.kind]] + [f"{n}:" for n in OF_RUN]
    if st.session_state.get(CHOSEN) not in options:
        st.session_state[CHOSEN] = options[0]
    kinds = [option.split(":")[0] for option in options]
    named = {o: _name(o) if kinds.count(k) > 1 else t(f"views.{k}") for o, k in zip(options, kinds, strict=True)}
    call: dict[str, Any] = {
        "key": CHOSEN,
        "label_visibility": "collapsed",
        "wrap": True,
        "format_func": named.__getitem__,
    }
    chosen = st.segmented_control(t("views.choose"), options, required=True, **call)
    kind, name = str(chosen).split(":", 1)
    if kind in ("metrics", "weights", "samples"):
        _of_run(source, view, kind, tasks, colours)
        return
    task = next(task for task in tasks if task.name == name)
    found = _at_epoch(source, view)
    if found is None:
        st.caption(t("output.nothing_yet"))
    elif f"prediction.{name}" in found and f"target.{name}" in found:
        _of_task(kind, task, found, colours[name], view.record.id)


def _name(option: str) -> str:
    kind, task = option.split(":", 1)
    return f"{t(f'views.{kind}')} · {task}" if task else t(f"views.{kind}")


def _of_run(source: Source, view: RunView, kind: str, tasks: tuple[Task, ...], colours: Mapping[str, str]) -> None:
    if kind == "metrics":
        tiles.show_metrics_table(view, tasks)
    elif kind == "weights":
        data = charts.weights_chart(view.series, colours, total_steps=view.record.total_steps, view=view.record.id)
        live_chart(data, key="weights_chart", height=HEIGHT, text_alternative=t("views.weights"))
    else:
        _samples(source, view, tasks)


def _samples(source: Source, view: RunView, tasks: tuple[Task, ...]) -> None:
    found = _load(source, view, _of_split(view, "test"), None)
    if found is None:
        st.caption(t("views.samples_later"))
        return
    st.caption(t("views.samples_note"))
    st.dataframe(charts.sample_table(tasks, found), hide_index=True)


def _of_task(kind: str, task: Task, found: Arrays, colour: str, run: str) -> None:
    truth, predicted = found[f"target.{task.name}"], found[f"prediction.{task.name}"]
    if kind == "scatter":
        data = charts.prediction_scatter(truth, predicted, colour, name=task.name, unit=unit_name(task.unit), view=run)
        live_chart(data, key="scatter_chart", height=HEIGHT, text_alternative=_name(f"scatter:{task.name}"))
    elif kind == "residuals":
        data = charts.residual_histogram(truth, predicted, colour, unit=unit_name(task.unit), view=run)
        live_chart(data, key="residual_chart", height=HEIGHT, text_alternative=_name(f"residuals:{task.name}"))
    elif kind == "confusion":
        counts = charts.confusion_counts(truth, charts.predicted_classes(task, predicted), len(task.classes))
        table = charts.confusion_table(counts, task.classes, colour, _name(f"confusion:{task.name}"))
        show_markup(table, key="confusion")
    else:
        (images,) = (array for name, array in found.items() if name.startswith("input."))
        captions = [t("views.row", number=int(row)) for row in found["rows"][: len(truth)]]
        mask_viewer(images, truth, predicted, task.classes, key="masks", captions=captions)


def _at_epoch(source: Source, view: RunView) -> Arrays | None:
    """Truth and predictions at the epoch that the slider is at; it follows the run until somebody moves it."""
    made = [p for p in _of_split(view, tiles.shown_split(view)) if not p.first]
    if not made:
        return None
    newest = max(1, round(made[-1].epoch))
    last = max(2, view.epochs, newest)
    key = f"epoch:{view.record.id}"
    if key not in st.session_state or not st.session_state.get(_held(key)):
        st.session_state[key] = newest
        _followed(key).append((newest, time.monotonic()))
    call: dict[str, Any] = {"help": t("views.epoch_help"), "on_change": _hold, "args": (key, newest)}
    st.slider(t("views.epoch"), 1, last, step=1, key=key, **call)
    wanted = st.session_state[key]
    preview = next((p for p in reversed(made) if round(p.epoch) <= wanted), made[0])
    st.caption(t("views.at", epoch=tiles.epoch_text(preview.epoch), split=t(f"split.{preview.split}")))
    return _load(source, view, _of_split(view, preview.split), preview)


def _hold(key: str, newest: int) -> None:
    """Callback: stay where a person put the slider, until that is the newest epoch again.

    A browser that lags behind sends back the value at which it last followed the run: that is nobody's movement.
    """
    value, now = st.session_state[key], time.monotonic()
    if not any(value == epoch and now - at < ECHO_SECONDS for epoch, at in _followed(key)):
        st.session_state[_held(key)] = value < newest


def _held(key: str) -> str:
    return f"held:{key}"


def _followed(key: str) -> deque[tuple[int, float]]:
    """The last epochs at which the slider followed the run by itself, and when."""
    found: deque[tuple[int, float]] = st.session_state.setdefault(f"followed:{key}", deque(maxlen=8))
    return found


def _of_split(view: RunView, split: str) -> list[PreviewFile]:
    return [preview for preview in view.previews if preview.split == split]


def _load(source: Source, view: RunView, files: list[PreviewFile], chosen: PreviewFile | None) -> Arrays | None:
    """What stands in the first preview, with the predictions of the chosen one (the last, if None)."""
    first = next((preview for preview in files if preview.first), None)
    chosen = chosen or next((preview for preview in reversed(files) if not preview.first), None)
    if first is None or chosen is None:
        return None
    try:
        return hub.arrays(source, view.record.id, first) | hub.arrays(source, view.record.id, chosen)
    except MTLError as error:
        st.warning(str(error))
        return None
