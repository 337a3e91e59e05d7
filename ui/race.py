"""The race on the two-valley toy: who walks from where, the pictures, and how it ended."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtl_core.execution.background import JobState
from mtl_core.execution.racing import KEPT_EVERY, RATE, STEPS, OwnRace, Walked, race_state, walked
from mtl_core.toys.settings import SETTINGS
from ui import race_choice, race_data, race_own
from ui.race_table import Row, ends_table
from ui.race_view import race_view
from ui.recorded import walks
from ui.words import t

LIVE_SECONDS = 0.4
ARENA = "race_arena"


def two_valleys() -> None:
    """The whole of it."""
    st.markdown(t("race.valleys_about"))
    race_choice.choose()
    setting, methods = race_choice.setting(), race_choice.methods()
    if not methods:
        st.info(t("race.no_methods"), icon=":material/info:")
        return
    own = race_own.race(setting, methods)
    state = race_own.begun(own) if own else None
    if own and state:
        busy = state.status == "running"
        st.fragment(_own, run_every=LIVE_SECONDS if busy else None)(own, busy)
    else:
        _recorded(setting, methods, race_choice.starts())
    race_own.form()


def _recorded(setting: str, methods: list[str], starts: list[int]) -> None:
    if not starts:
        st.info(t("race.no_starts"), icon=":material/info:")
        return
    shown = [race_data.recorded_walk(setting, method, start) for method in methods for start in starts]
    _arena(setting, shown, walks.steps(setting).tolist(), f"{setting}:{starts}:{methods}")
    record = SETTINGS[setting]
    rows = [Row(m, record.starts[start], walks.outcome(setting, m, start)) for m in methods for start in starts]
    st.caption(t("race.recorded", steps=f"{record.steps:,}", rate=f"{record.lr:g}", source=record.source))
    ends_table(rows)


def _own(own: OwnRace, was_busy: bool) -> None:
    """The reader's own walks, as far as they are."""
    state = race_state(own)
    busy = state is not None and state.status == "running"
    if busy != was_busy:
        st.rerun()
    so_far = walked(own)
    _progress(state, so_far)
    problem = SETTINGS[own.setting].problem
    shown = []
    for method in own.methods:
        outcome = so_far.outcomes.get(method)
        path = so_far.paths.get(method) or [list(own.start)]
        about = {"arrived": outcome.arrived if outcome else None, "width": 4}
        shown.append(race_data.named(method) | about | {"packed": race_data.points_of(problem, path)})
    _arena(own.setting, shown, list(range(0, STEPS + 1, KEPT_EVERY)), own.key, busy=busy)
    st.caption(t("race.own_about", steps=f"{STEPS:,}", rate=f"{RATE:g}"))
    ends_table([Row(method, own.start, outcome) for method, outcome in so_far.outcomes.items()])


def _progress(state: JobState | None, so_far: Walked) -> None:
    if state is None or state.status == "failed":
        st.error(state.message if state else t("race.own_lost"), icon=":material/error:")
    elif state.status == "running":
        text = t("race.own_walking", done=state.done, steps=STEPS) if so_far.paths else t("race.own_starting")
        st.progress(min(1.0, state.done / STEPS), text)


def _arena(setting: str, shown: list[dict[str, Any]], steps: list[int], view: str, *, busy: bool = False) -> None:
    problem = SETTINGS[setting].problem
    plane = race_data.plane(problem.scale, {"title": t("race.plane"), "label": t("race.plane_label")})
    space = race_data.space(problem, shown, {"title": t("race.space"), "label": t("race.space_label")})
    data = {"view": view, "steps": steps, "walks": shown, "plane": plane, "space": space, "busy": busy}
    race_view(data, key=ARENA, on_start=_clicked)
    st.caption(t("race.signs"))


def _clicked() -> None:
    point = st.session_state[ARENA].get("start")
    if point:
        race_own.set_start(float(point[0]), float(point[1]))
