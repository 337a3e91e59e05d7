"""The sliders of λ, γ and learning rate: the same in the form, before a run, and beside a run that they steer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.colours import SHARED_COLOUR
from ui.form_state import told_anew
from ui.ladders import FINE_STEPS, GAMMA, LAMBDA, LEARNING_RATE, fine_top, ladder_with, short
from ui.words import t

OnChange = Callable[..., None]
FINE = "fine_sliders"


def fine_toggle() -> None:
    """Whether the sliders go in ladder steps or finely."""
    st.toggle(t("sliders.fine"), key=FINE, help=t("sliders.fine_help"), persist_state="session")


def lambda_slider(path: str, task: str, value: float, colour: str, changed: OnChange, prefix: str = "form") -> None:
    """λ of a task, in the task's colour, with a word where it is 0."""
    _slider(path, f"λ {task}", value, LAMBDA, changed, prefix, t("sliders.lambda_help", task=task), colour)
    if value == 0:
        st.caption(f":material/info: {t('sliders.lambda_zero', task=task)}")


def every_slider(path: str, value: float, count: int, excepted: int, changed: OnChange, prefix: str = "form") -> None:
    """λ of all tasks at once, of which some may be exceptions."""
    label = t("sliders.others", count=count) if excepted else t("sliders.every", count=count)
    _slider(path, label, value, LAMBDA, changed, prefix, t("sliders.every_help"), SHARED_COLOUR)
    if value == 0:
        st.caption(f":material/info: {t('sliders.every_zero')}")


def gamma_slider(path: str, value: float, changed: OnChange, prefix: str = "form", label: str = "") -> None:
    """γ, the strength of a term that ties the tasks."""
    _slider(path, label or t("sliders.gamma"), value, GAMMA, changed, prefix, t("sliders.gamma_help"), SHARED_COLOUR)
    if value == 0:
        st.caption(f":material/info: {t('sliders.gamma_zero')}")


def learning_rate_slider(path: str, value: float, changed: OnChange, prefix: str = "form") -> None:
    """The learning rate, in thirds of a decade."""
    _ladder(path, t("sliders.learning_rate"), value, LEARNING_RATE, changed, prefix, t("sliders.learning_rate_help"))


def _slider(
    path: str,
    label: str,
    value: float,
    ladder: tuple[float, ...],
    changed: OnChange,
    prefix: str,
    tip: str,
    colour: str,
) -> None:
    _colour(f"{prefix}:{'fine' if st.session_state.get(FINE) else 'ladder'}:{path}", colour)
    if not st.session_state.get(FINE):
        _ladder(path, label, value, ladder, changed, prefix, tip)
        return
    key = f"{prefix}:fine:{path}"
    top = st.session_state.setdefault(f"{prefix}:top:{path}", fine_top(value))
    if value > top:
        top = st.session_state[f"{prefix}:top:{path}"] = fine_top(value)
    call: dict[str, Any] = {"key": key, "help": tip, "on_change": changed, "args": (path, key)}
    call["value"] = None if told_anew(key, float(value)) else float(value)
    st.slider(label, 0.0, float(top), step=top / FINE_STEPS, format="%.4g", **call)


def _ladder(
    path: str, label: str, value: float, ladder: tuple[float, ...], changed: OnChange, prefix: str, tip: str
) -> None:
    key = f"{prefix}:ladder:{path}"
    st.session_state.pop(f"{prefix}:top:{path}", None)
    options = ladder_with(ladder, value)
    call: dict[str, Any] = {"key": key, "help": tip, "on_change": changed, "args": (path, key)}
    call["value"] = None if told_anew(key, float(value)) else float(value)
    st.select_slider(label, options, format_func=short, **call)


def _colour(key: str, colour: str) -> None:
    """Draw the slider with this key in a colour of its own; Streamlit has one colour for all of them."""
    track = f".st-key-{re.sub(r'[^A-Za-z0-9_-]', '-', key)} [role=group] > [data-rac]"
    st.html(
        f"<style>{track} > div:first-child{{background:color-mix(in srgb,{colour} 30%,transparent)}}"
        f"{track} > [data-rac]{{background:{colour};box-shadow:none}}"
        f"{track} [data-testid=stSliderThumbValue]{{color:{colour}}}</style>"
    )
