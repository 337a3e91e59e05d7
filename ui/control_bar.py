"""The control bar: start, pause, step, stop, again, on; how fast, and how far."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import form_state, shown_run
from ui.once import drawn
from ui.shown_run import PACE, PACES, Shown
from ui.single_step import single_step
from ui.words import t

KEYS = {"Space": "start_pause", "s": "one_step", "x": "stop"}
"""Keys of the keyboard to what they press; space presses whichever of Start, Pause and Resume is there."""
MORE_EPOCHS = 20


def control_bar(shown: Shown) -> DeltaGenerator:
    """The bar's buttons for the state that the run is in; returns the place of the progress."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if shown.steerable:
            _while_it_runs(shown)
        elif shown.together and shown.mine and shown.id is not None:
            _order("stop", "stop", shown.id, primary=True)
            st.caption(t("control.together"))
        else:
            _start()
            _afterwards(shown)
        _pace(shown)
        return st.container(width="stretch")


def _first_place() -> DeltaGenerator:
    """Where Start, Pause and Resume stand, one in the other's place.

    Start has a key of its own: a second click of a double click, which comes once Pause is there, is nobody's.
    """
    return st.container(key="start_pause", width="content")


def _start() -> None:
    wrong = bool(form_state.current().problems)
    tip = t("control.mend_first") if wrong else t("control.start_help")
    call: dict[str, Any] = {"on_click": shown_run.start, "args": (drawn(),), "disabled": wrong, "help": tip}
    with _first_place():
        st.button(t("control.start"), key="start", type="primary", icon=":material/play_arrow:", **call)


def _while_it_runs(shown: Shown) -> None:
    assert shown.view is not None
    assert shown.id is not None
    status, run = shown.view.record.status, shown.id
    waiting = status in ("queued", "starting")
    paused = status == "paused"
    with _first_place():
        _order("resume" if paused else "pause", "pause_resume", run, primary=True, disabled=waiting)
    _order("step", "one_step", run, disabled=waiting)
    single_step(shown, disabled=waiting)
    _order("epoch", "one_epoch", run, disabled=waiting)
    _order("stop", "stop", run)
    _again("restart", run, keep_schedule=False)


ICONS = {"pause": "pause", "resume": "play_arrow", "step": "skip_next", "epoch": "fast_forward", "stop": "stop"}


def _order(name: str, key: str, run: str, *, primary: bool = False, disabled: bool = False) -> None:
    call: dict[str, Any] = {"on_click": shown_run.order_shown, "args": (run, name), "disabled": disabled}
    call |= {"type": "primary" if primary else "secondary", "help": t(f"control.{name}_help")}
    st.button(t(f"control.{name}"), key=key, icon=f":material/{ICONS[name]}:", **call)


def _again(name: str, run: str, *, keep_schedule: bool) -> None:
    icon = ":material/replay:" if keep_schedule else ":material/restart_alt:"
    call: dict[str, Any] = {"on_click": shown_run.restart, "args": (run, drawn())}
    call["kwargs"] = {"keep_schedule": keep_schedule}
    st.button(t(f"control.{name}"), key=name, icon=icon, help=t(f"control.{name}_help"), **call)


def _afterwards(shown: Shown) -> None:
    """What can be done with a run that has ended: go on from where it stopped, or again."""
    if shown.view is None or shown.id is None or not shown.mine:
        return
    run, status = shown.id, shown.view.record.status
    if status in ("interrupted", "stopped", "failed"):
        call: dict[str, Any] = {"on_click": shown_run.go_on_shown, "args": (run,), "help": t("control.go_on_help")}
        st.button(t("control.go_on"), key="go_on", icon=":material/resume:", **call)
    _again("restart", run, keep_schedule=False)
    if shown.view.spec.schedule:
        _again("replay", run, keep_schedule=True)
    if status == "finished":
        call = {"icon": ":material/psychology:", "help": t("predict.play_help"), "query_params": {"run": run}}
        st.page_link("pages/predict.py", label=t("predict.play"), **call)
        with st.popover(t("control.continue"), icon=":material/more_time:"):
            st.number_input(t("control.more_epochs"), 1, 1_000_000, MORE_EPOCHS, step=1, key="more_epochs")
            call = {"on_click": shown_run.go_on_for, "args": (run, "more_epochs", drawn()), "type": "primary"}
            st.button(t("control.continue_now"), key="continue_now", **call)


def _pace(shown: Shown) -> None:
    wanted = st.session_state.get(PACE) or "watch"
    if shown.steerable and shown.view is not None:
        pace = shown.view.record.pace
        wanted = next((name for name, seconds in PACES.items() if seconds == pace), wanted)
    call: dict[str, Any] = {"on_change": shown_run.set_pace, "args": (shown.id if shown.steerable else None,)}
    if not form_state.told_anew(PACE, wanted):
        call["default"] = wanted
    options = {name: t(f"pace.{name}") for name in PACES}
    st.segmented_control(
        t("control.pace"),
        list(options),
        required=True,
        key=PACE,
        format_func=options.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
        help=t("control.pace_help"),
        **call,
    )
