"""A search under way or done: how far, the best, its history, what mattered, every trial."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.execution.searching import search_state, start_search, stop_search
from mtl_core.runs.groups import get_group, list_groups
from mtl_core.search.study import KIND
from mtl_core.settings import home_dir
from mtl_core.spec import parse_spec
from ui import hub, own_access, search_charts, shown_run
from ui.evaluation import GROUP
from ui.metric_text import formatted, metric_name
from ui.owner import owner_token
from ui.shown_run import CLI
from ui.spec_form import colours_of
from ui.words import t

LIVE_SECONDS = 2.0
MOST_SHOWN = 8
OPENING = "opening_trial"


def search_panel() -> None:
    """The search that was started or linked last; renewed while it goes on."""
    known = [group.id for group in list_groups(hub.store(), (owner_token(), CLI), 50) if group.kind == KIND]
    wanted = st.session_state.get(GROUP)
    if wanted not in known and wanted and _is_search(wanted):
        known = [wanted, *known]
    if not known:
        st.caption(f":material/inbox: {t('evaluation.none_yet')}")
        return
    chosen = wanted if wanted in known else known[0]
    going = _going(chosen)
    st.fragment(_body, run_every=LIVE_SECONDS if going else None)(chosen, going)


def _is_search(group: str) -> bool:
    try:
        record = get_group(hub.store(), group)
    except RunNotFound:
        return False
    return record.kind == KIND and not own_access.hidden(record)


def _going(group: str) -> bool:
    try:
        state = search_state(home_dir(), group)
    except MTLError:
        return False
    return state is not None and state.status == "running"


def _body(group: str, going: bool) -> None:
    from mtl_core.search.answer import search_answer

    if opening := st.session_state.pop(OPENING, None):
        st.switch_page("pages/playground.py", query_params={"run": opening})
    if _going(group) != going:
        st.rerun()
    try:
        answer = search_answer(hub.store(), group)
    except MTLError as error:
        st.error(str(error))
        return
    ended = [trial for trial in answer.trials if trial.state != "running"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pruned, failed = (sum(trial.state == state for trial in ended) for state in ("pruned", "failed"))
        words = t("search.stand", done=len(ended), trials=answer.trials_asked, pruned=pruned, failed=failed)
        st.caption(words, width="stretch")
        if going:
            call: dict[str, Any] = {"on_click": stop_search, "args": (home_dir(), group), "icon": ":material/stop:"}
            st.button(t("control.stop"), key="search_stop", **call)
        elif len(ended) < answer.trials_asked:
            call = {"on_click": _go_on, "args": (group,), "icon": ":material/resume:"}
            if st.button(t("control.go_on"), key="search_go_on", **call):
                st.rerun()
    state = search_state(home_dir(), group)
    if state is not None and state.status == "failed":
        st.error(state.message, icon=":material/error:")
    st.progress(min(1.0, len(ended) / answer.trials_asked))
    if not any(trial.measured for trial in answer.trials):
        st.caption(t("output.nothing_yet"))
        return
    _best(answer)
    several = len(answer.objectives) > 1
    figure = search_charts.front(answer) if several else search_charts.history(answer)
    st.plotly_chart(figure, key=f"search_history:{going}", config={"displaylogo": False})
    if answer.importances:
        st.markdown(f"**{t('search.mattered')}**")
        colours = colours_of(parse_spec(get_group(hub.store(), group).spec))
        figure = search_charts.importances(answer, colours)
        st.plotly_chart(figure, key=f"search_importances:{going}", config={"displaylogo": False})
    _table(answer)
    st.caption(t("search.honest"))


def _best(answer: Any) -> None:
    """The best trial or the front's first ones, each with the way to its run."""
    st.markdown(f"**{t('search.front') if len(answer.objectives) > 1 else t('search.best')}**")
    order = sorted(answer.best, key=lambda trial: trial.measured)
    for trial in order[:MOST_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            numbers = ", ".join(
                f"{task} {metric_name(metric)} **{formatted(metric, value)}**"
                for (task, metric), value in zip(answer.objectives, trial.measured, strict=True)
            )
            st.markdown(f"{numbers} · {_values(trial.values)}", width="stretch")
            if trial.run is not None:
                call: dict[str, Any] = {
                    "on_click": shown_run.open_later,
                    "args": (trial.run, OPENING),
                    "icon": ":material/open_in_full:",
                }
                st.button(t("runs.open"), key=f"trial:{trial.run}", type="tertiary", **call)


def _values(values: Any) -> str:
    told = [
        f"`{field}` {value:.4g}" if isinstance(value, float) else f"`{field}` {value}"
        for field, value in values.items()
    ]
    return ", ".join(told)


def _table(answer: Any) -> None:
    import pandas as pd

    rows = []
    for trial in answer.trials:
        row: dict[str, Any] = {t("search.number"): trial.number, t("runs.status"): t(f"search.state_{trial.state}")}
        row |= {field: str(trial.values.get(field, "–")) for field in answer.fields}
        for i, (task, metric) in enumerate(answer.objectives):
            row[f"{task} · {metric_name(metric)}"] = formatted(metric, trial.measured[i]) if trial.measured else "–"
        rows.append(row)
    with st.expander(t("search.trials_table", count=len(rows)), icon=":material/table:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _go_on(group: str) -> None:
    try:
        start_search(home_dir(), group)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
