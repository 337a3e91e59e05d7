"""What happens in a run: status, tiles, live curves, and the views under them. Live and recorded runs alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mtl_core.errors import RunNotFound
from ui import charts, data_card, first_sight, form_state, hub, many_tasks, ranking, tiles, views
from ui.feed import feed
from ui.fetch_dialog import fetch_button
from ui.fields import choice_name
from ui.formula import formula, method_notes
from ui.hub import Hub, RunView
from ui.live_chart import ChartData, live_chart
from ui.markup import show_markup
from ui.names import dataset_title
from ui.progress import progress_markup
from ui.recorded import recorded_run
from ui.remembered import made_once
from ui.sent import Sent
from ui.shown_run import Shown
from ui.spec_form import colours_of
from ui.tile_markup import alert
from ui.words import one_language, t

LIVE_SECONDS = 0.5
CHART_HEIGHT = 310
CHART = "loss_chart"
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
        network: beside the form.
        draw_network: the form's network as it stands now, as HTML.
    """

    progress: DeltaGenerator
    formula: DeltaGenerator
    network: DeltaGenerator
    draw_network: Callable[[], str]

    def markup(self, view: RunView | None, *, recorded: bool = False) -> dict[str, str]:
        """What each of them shows, by key."""

        def made() -> dict[str, str]:
            return {"progress": progress_markup(view, recorded), "formula": formula(view)}

        shared = view is not None and not view.ended  # else the formula is the form's
        return (made_once(made, view, "beside") if shared else made()) | {"network": self.draw_network()}

    def fill(self, view: RunView | None, sent: Sent, *, recorded: bool = False) -> None:
        """Draw them; afterwards the panel keeps them up to date."""
        for key, text in self.markup(view, recorded=recorded).items():
            with getattr(self, key):
                show_markup(text, key=key, slot=sent)
        with self.formula:
            method_notes(view)


def status_badge(status: str) -> None:
    """A run's status in its colour."""
    colour, icon = STATUS_LOOK[status]
    st.badge(t(f"status.{status}"), icon=icon, color=colour)


def run_panel(reader: Hub, drawn: RunView, slots: Slots, *, recorded: bool, before: tiles.Metrics) -> None:
    """The whole panel; it draws itself anew twice a second while the run goes on.

    What every refresh changes stands outside the part that draws itself anew, which feeds it by one message.

    Args:
        reader: the hub that reads the run.
        drawn: the run as the rest of the page was drawn for; another status draws the whole page anew.
        slots: places to fill beside it.
        recorded: whether it is shipped with the project.
        before: metrics of the last run, for the tiles.
    """
    sent = Sent()
    every = None if drawn.ended else LIVE_SECONDS
    panel = f"panel:{'live' if every else 'still'}"

    def body() -> None:
        try:
            view = reader.view(drawn.record.id)
        except RunNotFound:
            st.rerun()
        if (view.record.status, view.source) != (drawn.record.status, drawn.source):
            st.rerun()
        with sent.drawing(), one_language():
            markup = slots.markup(view, recorded=recorded) | {"tiles": _numbers(view, before)}
            feed(markup, {CHART: (_loss_chart(view), _chart_call(view))})
            views.detail(reader.source, view, view.spec.task_list(), _colours(view))

    _heading(drawn, recorded, panel)
    _trouble(drawn)
    slots.fill(drawn, sent, recorded=recorded)
    show_markup(_numbers(drawn, before), key="tiles", slot=sent)
    live_chart(_loss_chart(drawn), key=CHART, slot=sent, **_chart_call(drawn))
    st.fragment(body, run_every=every, key=panel)()


def show(shown: Shown, slots: Slots) -> None:
    """The run that the session looks at, else the recorded one of the form's data set, else the data themselves.

    The data stand below the panel's place and go once a panel is drawn, so that the column is never blank in between.
    """
    with st.container():
        drawn = _panel(shown, slots)
    if drawn:
        st.empty()
    else:
        slots.fill(None, Sent())
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


def _colours(view: RunView) -> dict[str, str]:
    """Of the run's tasks."""
    spec = view.spec
    return {name: colour for name, colour in colours_of(spec).items() if name in spec.tasks}


def _numbers(view: RunView, before: tiles.Metrics) -> str:
    """The tiles as HTML, below what a worker refused to change."""

    def made() -> str:
        return tiles.tiles_markup(view, view.spec.task_list(), _colours(view), before)

    return _refused(view) + made_once(made, view, "tiles", before)


def _chart_call(view: RunView) -> dict[str, Any]:
    height = MANY_HEIGHT if many_tasks.many(view.spec.tasks) else CHART_HEIGHT
    return {"height": height, "text_alternative": t("output.loss_alternative")}


def _loss_chart(view: RunView) -> ChartData:
    """The curves; for all who look at the same step it is made once."""
    tasks, drawn = view.spec.task_list(), _colours(view)
    y_log = st.session_state.get("y_axis") != "linear"
    call: dict[str, Any] = {"y_log": y_log, "total_steps": view.total_steps, "view": view.record.id}
    if many_tasks.many(tasks):
        order = ranking.ranked(view, tasks, tiles.shown_split(view))
        drawn = ranking.singled(view, order)
        call |= {"tasks": len(tasks), "task_names": ranking.singled_names(order)}
    return made_once(partial(charts.loss_chart, view.series, drawn, **call), view.series, "loss", drawn, call)


def _heading(view: RunView, recorded: bool, panel: str) -> None:
    """What is shown, and the switch of the loss axis, which draws the panel of this name anew."""
    spec = view.spec
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if recorded:
            st.badge(t("output.recorded"), icon=":material/history:", color="gray", help=t("output.recorded_help"))
        else:
            status_badge(view.record.status)
        if view.source:
            data_card.source_badge(view.source, view.series.started["data"].get("notes", ()))
            data_card.held_badge(view.series.started["data"])
            _taken_badge(view.series.started)
        if view.source in data_card.STAND_IN and data_card.preview_of(spec.dataset)[1]:
            fetch_button(spec.dataset.name, "panel")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        method = choice_name("architecture_name", spec.architecture.name)
        st.caption(f"{dataset_title(spec.dataset.name, spec.dataset.options)} · {method}", width="stretch")
        options = {"linear": t("output.linear"), "log": t("output.log")}
        call: dict[str, Any] = {"key": "y_axis", "default": "log", "persist_state": "session"}
        call |= {"label_visibility": "collapsed", "on_change": st.rerun, "args": (panel,)}
        st.segmented_control(t("output.axis"), list(options), required=True, format_func=options.__getitem__, **call)


def _taken_badge(started: Mapping[str, Any]) -> None:
    """How steps are taken and why, where they are not plain ones on the CPU."""
    taken, device = started.get("acceleration"), started.get("device", "cpu")
    if taken and (taken["taken"], taken["precision"], device) != ("eager", "fp32", "cpu"):
        st.badge(f"{device.upper()} · {taken['chosen']}", icon=":material/bolt:", help=taken["why"])


def _trouble(view: RunView) -> None:
    """What went wrong, where, and what to try."""
    error = view.record.error or {}
    if view.record.status == "failed":
        lines = [f"**{t('trouble.failed')}** {error.get('message', '')}"]
        if error.get("where"):
            lines.append(t("trouble.where", where=error["where"]))
        lines.append(error.get("advice") or t("trouble.advice"))
        st.error("\n\n".join(lines), icon=":material/error:")
    elif view.record.status == "interrupted":
        st.warning(f"**{t('trouble.interrupted')}** {error.get('message', '')}", icon=":material/power_off:")


def _refused(view: RunView) -> str:
    """What a worker refused to change, as HTML."""
    told = view.series.progress
    if told.get("what") != "rejected":
        return ""
    return alert(t("trouble.rejected", field=told["field"], rule=told["rule"], value=told["value"]))
