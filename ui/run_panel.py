"""What happens in a run: status, tiles, live curves, and the views under them. Live and recorded runs alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mtl_core.errors import RunNotFound
from ui import charts, data_card, first_sight, form_state, hub, many_tasks, ranking, tiles, views
from ui.fetch_dialog import fetch_button
from ui.fields import choice_name
from ui.formula import formula
from ui.hub import Hub, RunView
from ui.live_chart import live_chart
from ui.names import dataset_title
from ui.recorded import recorded_run
from ui.shown_run import Shown
from ui.spec_form import colours_of
from ui.words import t

LIVE_SECONDS = 0.5
CHART_HEIGHT = 310
MANY_HEIGHT = 360
"""Of the curves of many tasks, whose legend has more lines."""
STATUS_LOOK: Mapping[str, tuple[Any, str]] = {
    "queued": ("gray", ":material/schedule:"),
    "starting": ("blue", ":material/hourglass_top:"),
    "running": ("blue", ":material/play_arrow:"),
    "paused": ("orange", ":material/pause:"),
    "finished": ("green", ":material/check:"),
    "stopped": ("gray", ":material/stop:"),
    "failed": ("red", ":material/error:"),
    "interrupted": ("orange", ":material/power_off:"),
}


@dataclass(frozen=True)
class Slots:
    """Places outside the panel that follow the run as well.

    Attributes:
        progress: in the control bar.
        formula: beside the weights.
        picture: of the network.
        draw_picture: draws it as the form stands now.
    """

    progress: DeltaGenerator
    formula: DeltaGenerator
    picture: DeltaGenerator
    draw_picture: Callable[[], None]


def status_badge(status: str) -> None:
    """A run's status in its colour."""
    colour, icon = STATUS_LOOK[status]
    st.badge(t(f"status.{status}"), icon=icon, color=colour)


def run_panel(reader: Hub, drawn: RunView, slots: Slots, *, recorded: bool, before: tiles.Metrics) -> None:
    """The whole panel; it draws itself anew twice a second while the run goes on.

    Args:
        reader: the hub that reads the run.
        drawn: the run as the rest of the page was drawn for; another status draws the whole page anew.
        slots: places to fill beside it.
        recorded: whether it is shipped with the project.
        before: metrics of the last run, for the tiles.
    """

    def body() -> None:
        try:
            view = reader.view(drawn.record.id)
        except RunNotFound:
            st.rerun()
        if view.record.status != drawn.record.status:
            st.rerun()
        with slots.progress:
            progress_bar(view, recorded)
        with slots.formula:
            formula(view)
        with slots.picture:
            slots.draw_picture()
        _output(reader, view, recorded, before)

    every = None if drawn.ended else LIVE_SECONDS
    st.fragment(body, run_every=every, key=f"panel:{'live' if every else 'still'}")()


def show(shown: Shown, slots: Slots) -> None:
    """The run that the session looks at, else the recorded one of the form's data set, else the data themselves.

    The data stand below the panel's place and go once a panel is drawn, so that the column is never blank in between.
    """
    with st.container():
        drawn = _panel(shown, slots)
    if drawn:
        st.empty()
    else:
        _nothing_yet(slots)
        first_sight.first_sight(form_state.current().spec.dataset)


def _panel(shown: Shown, slots: Slots) -> bool:
    """Draw the panel of the session's run, or of a recorded one; False where there is neither."""
    if shown.view is not None and shown.id is not None:
        run_panel(hub.hub(), shown.view, slots, recorded=False, before=tiles.before_of(hub.store(), shown.view))
        return True
    recorded = recorded_run(form_state.current().spec.dataset.name)
    if recorded is None:
        return False
    reader = hub.recorded_hub()
    run_panel(reader, reader.view(recorded), slots, recorded=True, before={})
    return True


def _nothing_yet(slots: Slots) -> None:
    """What stands beside the panel while there is no run."""
    with slots.progress:
        st.caption(t("progress.none"))
    with slots.formula:
        formula(None)
    with slots.picture:
        slots.draw_picture()


def progress_bar(view: RunView, recorded: bool) -> None:
    """How far the run is, how fast, and how long it takes still."""
    if recorded:
        st.caption(t("progress.recorded"))
        return
    loading = view.series.progress
    if loading.get("unit") not in (None, "steps") and not view.ended:
        total = loading.get("total")
        share = min(1.0, loading["done"] / total) if total else 0.0
        st.progress(share, t("progress.loading", what=loading["what"], done=loading["done"], unit=loading["unit"]))
        return
    total = view.record.total_steps or view.series.started.get("total_steps")
    share = min(1.0, view.series.step / total) if total else 0.0
    st.progress(share, " · ".join(_position(view, total)))


def _position(view: RunView, total: int | None) -> list[str]:
    words = [t(f"status.{view.record.status}")]
    if view.record.status == "queued":
        return [*words, t("progress.ahead", count=_ahead(view))]
    words.append(t("progress.epoch", done=tiles.epoch_text(view.series.epoch), total=str(view.epochs)))
    if total:
        words.append(t("progress.step", done=f"{view.series.step:,}", total=f"{total:,}"))
    speed, left = view.samples_per_second, view.seconds_left
    if speed and not view.ended:
        words.append(t("progress.speed", speed=f"{speed:,.0f}"))
    if left is not None and view.record.status == "running":
        words.append(t("progress.left", left=duration(left)))
    if view.ended and view.record.result:
        words.append(t("progress.took", seconds=duration(float(view.record.result.get("seconds", 0)))))
    return words


def _ahead(view: RunView) -> int:
    """Runs that wait longer than this one."""
    waiting = hub.store().runs(status="queued", limit=1_000)
    return sum(other.created < view.record.created for other in waiting)


def duration(seconds: float) -> str:
    """Seconds as a person says them: ``0.3 s``, ``12 s``, ``3 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _output(reader: Hub, view: RunView, recorded: bool, before: tiles.Metrics) -> None:
    spec = view.spec
    tasks, colours = spec.task_list(), {name: c for name, c in colours_of(spec).items() if name in spec.tasks}
    logarithmic = _heading(view, recorded)
    _trouble(view)
    tiles.metric_tiles(view, tasks, colours, before)
    tiles.test_line(view, tasks)
    call: dict[str, Any] = {"y_log": logarithmic, "total_steps": view.record.total_steps, "view": view.record.id}
    drawn, height = colours, CHART_HEIGHT
    if many_tasks.many(tasks):
        order = ranking.ranked(view, tasks, tiles.shown_split(view))
        drawn = ranking.singled(view, order)
        call |= {"tasks": len(tasks), "task_names": ranking.singled_names(order)}
        height = MANY_HEIGHT
    data = charts.loss_chart(view.series, drawn, **call)
    live_chart(data, key="loss_chart", height=height, text_alternative=t("output.loss_alternative"))
    views.detail(reader.source, view, tasks, colours)


def _heading(view: RunView, recorded: bool) -> bool:
    """What is shown, and the switch of the loss axis; returns whether it is logarithmic."""
    spec = view.spec
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if recorded:
            st.badge(t("output.recorded"), icon=":material/history:", color="gray", help=t("output.recorded_help"))
        else:
            status_badge(view.record.status)
        if view.source:
            data_card.source_badge(view.source, view.series.started["data"].get("notes", ()))
        if view.source in data_card.STAND_IN and data_card.preview_of(spec.dataset)[1]:
            fetch_button(spec.dataset.name, "panel")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        method = choice_name("architecture_name", spec.architecture.name)
        st.caption(f"{dataset_title(spec.dataset.name, spec.dataset.options)} · {method}", width="stretch")
        options = {"linear": t("output.linear"), "log": t("output.log")}
        st.session_state.setdefault("y_axis", "log")
        call: dict[str, Any] = {"key": "y_axis", "label_visibility": "collapsed", "persist_state": "session"}
        chosen = st.segmented_control(
            t("output.axis"), list(options), required=True, format_func=options.__getitem__, **call
        )
    return bool(chosen == "log")


def _trouble(view: RunView) -> None:
    """What went wrong, where, and what to try; what a worker refused to change."""
    error = view.record.error or {}
    if view.record.status == "failed":
        lines = [f"**{t('trouble.failed')}** {error.get('message', '')}"]
        if error.get("where"):
            lines.append(t("trouble.where", where=error["where"]))
        lines.append(error.get("advice") or t("trouble.advice"))
        st.error("\n\n".join(lines), icon=":material/error:")
    elif view.record.status == "interrupted":
        st.warning(f"**{t('trouble.interrupted')}** {error.get('message', '')}", icon=":material/power_off:")
    elif view.series.progress.get("what") == "rejected":
        refused = view.series.progress
        st.warning(t("trouble.rejected", field=refused["field"], rule=refused["rule"], value=refused["value"]))
