"""How often the gradients are measured, what that costs, and the switch that changes it while a run goes on."""

from __future__ import annotations

from statistics import median
from typing import Any

import streamlit as st

from ui import form_state, shown_run
from ui.hub import RunView
from ui.words import t

PATH = "gradients.every"
RUNGS = (0, 1, 10, 50, 100, 1_000)
"""Steps between two measurements that are offered; 0 is off."""


def control(view: RunView) -> None:
    """The switch beside the cost: it steers the run where it may be steered, else it is for the next one."""
    shown = shown_run.shown()
    steers = shown.steerable and shown.id == view.record.id
    planned = view.spec.gradients.every
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if steers:
            value = int(shown_run.steered(view, PATH, planned))
            key = f"live:{view.record.id}:{PATH}"
            call: dict[str, Any] = {"key": key} | ({} if form_state.told_anew(key, value) else {"default": value})
        else:
            value = form_state.current().spec.gradients.every
            call = form_state.widget(PATH, value, "default")
            key = str(call["key"])
        call |= {"on_change": _changed, "args": (key, view.record.id if steers else None)}
        _switch(value, t("gradients.every") if steers else t("gradients.every_next"), call)
    text = cost_text(view, int(view.value(PATH, planned)))
    if text:
        st.caption(text)


def _switch(value: int, label: str, call: dict[str, Any]) -> None:
    names = {rung: t("gradients.off") if rung == 0 else f"{rung:,}" for rung in sorted({*RUNGS, value})}
    tip = t("gradients.every_help")
    st.segmented_control(label, list(names), required=True, format_func=names.__getitem__, help=tip, wrap=True, **call)


def _changed(key: str, run: str | None) -> None:
    """Callback: one order to the run, or a value for the next one."""
    value = int(st.session_state[key])
    if run is None:
        form_state.set_value(PATH, value)
    else:
        shown_run.steer_to(PATH, value, run)


def cost_text(view: RunView, every: int) -> str:
    """What a measurement takes, and which share of the training that is."""
    if every == 0:
        return f":material/pause_circle: {t('gradients.switched_off')}"
    seconds, share = view.series.gradients.seconds, cost_share(view, every)
    if seconds is None:
        return ""
    shown = {"cost": duration(seconds), "every": f"{every:,}"}
    if share is None:
        return f":material/speed: {t('gradients.cost_alone', **shown)}"
    return f":material/speed: {t('gradients.cost', share=f'{share:.1%}' if share < 0.1 else f'{share:.0%}', **shown)}"


def cost_share(view: RunView, every: int) -> float | None:
    """The measurements' share of the time of the steps, pauses and the pace apart; None before steps were timed."""
    gradients, size = view.series.gradients, view.record.spec["batch_size"]
    rows = view.series.started.get("data", {}).get("sizes", {}).get("train", 0) if size == "full" else size
    speed = median(gradients.speeds) if gradients.speeds else 0.0
    if gradients.seconds is None or not speed or not rows or every < 1:
        return None
    step, extra = rows / speed, gradients.seconds / every
    return float(extra / (step + extra))


def duration(seconds: float) -> str:
    """A short time: ``0.4 ms``, ``83 ms``, ``1.2 s``."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.0095 else f"{seconds * 1e3:.0f} ms"
