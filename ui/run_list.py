"""The list of a person's runs: what became of them, and what can be done with them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.paths import get_path
from mtl_core.runs import shelf
from mtl_core.runs.records import ENDED, RunRecord
from ui import evaluation, form_state, hub, run_export, run_filter, run_marks, run_picked, shown_run
from ui.control_bar import MORE_EPOCHS
from ui.lines import MOST_BESIDE
from ui.many_tiles import spreads
from ui.names import dataset_title
from ui.owner import owner_token
from ui.plain_text import plain
from ui.run_panel import status_badge
from ui.run_picked import OPENING
from ui.shown_run import CLI, RUN
from ui.tiles import epoch_text, formatted, metric_name
from ui.words import t, t_or

PAGE_SIZE = 20
MOST = 400
REFRESH_SECONDS = 2.0
THROWN = "thrown_away"
"""Ids of the runs that were thrown away last; the offer to take them back stands until it is taken or declined."""


def run_list() -> None:
    """Own runs and those of the command line, newest first; renewed while one of them goes on."""
    _offer_back()
    runs = _runs()
    if not runs:
        st.info(t("runs.none"), icon=":material/inbox:")
        st.page_link("pages/playground.py", label=t("runs.to_playground"), icon=":material/tune:")
        return
    run_filter.controls(runs)
    found = run_filter.chosen(runs)
    count = len(entries(found))
    if not found:
        st.caption(f":material/search_off: {t('runs.nothing_found', count=len(runs))}")
    elif len(found) < len(runs):
        st.caption(t("runs.found", found=len(found), count=len(runs)))
    if count > PAGE_SIZE:
        st.pagination(-(-count // PAGE_SIZE), key="runs_page")
    every = REFRESH_SECONDS if any(run.status not in ENDED for run in runs) else None
    st.fragment(_rows, run_every=every)()


def _runs() -> list[RunRecord]:
    return hub.store().runs(owner=(owner_token(), CLI), limit=MOST)


def entries(runs: Sequence[RunRecord]) -> list[list[RunRecord]]:
    """The runs as they are listed: one by itself, or all of a group together, where the newest of them stands.

    Args:
        runs: newest first.

    Returns:
        One list an entry, that of a group in the order in which its runs were queued.
    """
    together: dict[str, list[RunRecord]] = {}
    for run in runs:
        together.setdefault(run.group_id or run.id, []).append(run)
    return [found[::-1] for found in together.values()]


def _rows() -> None:
    if opening := st.session_state.pop(OPENING, None):
        page, parameters = opening
        st.switch_page(page, query_params=parameters)
    if shown_run.TROUBLE in st.session_state:
        st.rerun()  # told at the page's top
    runs = _runs()
    run_picked.bar({run.id for run in runs})
    there = entries(run_filter.chosen(runs))
    last_page = -(-len(there) // PAGE_SIZE)
    first = (min(int(st.session_state.get("runs_page") or 1), max(1, last_page)) - 1) * PAGE_SIZE
    for found in there[first : first + PAGE_SIZE]:
        with st.container(border=True):
            if found[0].group_id:
                _group(found[0].group_id, found)
            else:
                _row(found[0])


def _group(group: str, runs: Sequence[RunRecord]) -> None:
    """A line for runs that were started as one; the runs themselves once it is opened."""
    what, numbers, buttons = st.columns([2.2, 2.4, 1.8], vertical_alignment="center")
    with what:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            status_badge(group_status([run.status for run in runs]))
            if runs[0].owner == CLI:
                st.badge(t("runs.cli"), color="gray", icon=":material/terminal:")
        st.markdown(f"**{plain(runs[0].name) or _title(runs[0])}**")
        st.caption(t("runs.when", when=_ago(runs[0].created), id=group))
    with numbers:
        finished = sum(run.status == "finished" for run in runs)
        st.caption(t("evaluation.done", done=finished, count=len(runs)))
    with buttons, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        call: dict[str, Any] = {"on_click": _open_group, "args": (group,), "icon": ":material/query_stats:"}
        st.button(t("runs.open"), key=f"open_group:{group}", **call)
        if all(run.status in ENDED for run in runs):
            _bin(f"group:{group}", [run.id for run in runs])
    members = st.expander(
        t("evaluation.members", count=len(runs)), icon=":material/list:", key=f"group:{group}", on_change="rerun"
    )
    if members.open:  # three buttons a run, which a closed list need not make
        with members:
            for run in runs:
                _row(run)


def group_status(statuses: Sequence[str]) -> str:
    """One status for several runs: that of the work still under way, else the worst of how they ended."""
    order = ("running", "starting", "paused", "queued", "failed", "interrupted", "stopped", "finished")
    return next(status for status in order if status in statuses)


def _row(run: RunRecord) -> None:
    what, numbers, buttons = st.columns([2.2, 2.4, 1.8], vertical_alignment="center")
    with what:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            status_badge(run.status)
            if run.owner == CLI:
                st.badge(t("runs.cli"), color="gray", icon=":material/terminal:")
            run_marks.badges(run)
        st.markdown(f"**{plain(run.label or run.name) or _title(run)}**")
        st.caption(t("runs.when", when=_ago(run.created), id=run.id))
        run_marks.note_line(run)
    with numbers:
        st.caption(
            t("runs.progress", epoch=epoch_text(run.epoch), epochs=hub.planned_epochs(run), step=f"{run.step:,}")
        )
        st.markdown(_metrics(run) or f":gray[{t('runs.no_metrics')}]")
        if run.error and run.error.get("message"):
            st.caption(f":red[{str(run.error['message'])[:200]}]")
    with buttons, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        _buttons(run)


def _title(run: RunRecord) -> str:
    title = dataset_title(str(get_path(run.spec, "dataset.name")), get_path(run.spec, "dataset.options"))
    name = str(get_path(run.spec, "architecture.name"))
    return f"{title} · {t_or(f'choice.architecture_name_{name}', name)}"


def _metrics(run: RunRecord) -> str:
    """The first metric of each task on the validation part; of many tasks mean ± sd."""
    found = (run.result or {}).get("metrics", {}).get("validation") or {}
    if len(found) > MOST_BESIDE:
        return spreads(found)
    firsts = [(task, *next(iter(values.items()))) for task, values in found.items() if values]
    return " · ".join(f"{task} {metric_name(metric)} **{formatted(metric, value)}**" for task, metric, value in firsts)


def _buttons(run: RunRecord) -> None:
    call: dict[str, Any] = {"on_click": _open, "args": (run.id,), "icon": ":material/open_in_full:"}
    st.button(t("runs.open"), key=f"open:{run.id}", **call)
    if run.status in ENDED:
        more = MORE_EPOCHS if run.status == "finished" else 0
        label = t("runs.more", count=more) if more else t("control.go_on")
        call = {"on_click": _go_on, "args": (run.id, more), "icon": ":material/resume:"}
        st.button(label, key=f"go_on:{run.id}", help=t("control.go_on_help"), **call)
        _bin(run.id, [run.id])
    else:
        call = {"on_click": shown_run.order, "args": (run.id, "stop"), "icon": ":material/stop:"}
        st.button(t("control.stop"), key=f"stop:{run.id}", **call)
    run_marks.star(run)
    run_marks.editor(run)
    if run.status == "finished":
        link: dict[str, Any] = {"icon": ":material/psychology:", "help": t("predict.play_help")}
        st.page_link("pages/predict.py", label=t("predict.play"), query_params={"run": run.id}, **link)
        run_export.export_menu(run)
    run_picked.box(run.id)


def _bin(key: str, runs: list[str]) -> None:
    """The button that throws runs away."""
    call: dict[str, Any] = {"on_click": _throw_away, "args": (runs,), "icon": ":material/delete:"}
    if st.button(t("runs.delete"), key=f"delete:{key}", type="tertiary", **call):
        st.rerun()  # the offer to take them back stands outside this fragment


def _open(run: str) -> None:
    """Callback: look at the run in the Playground, with its spec in the form."""
    try:
        form_state.adopt(hub.hub().fresh(run).spec)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
    else:
        st.session_state[OPENING] = ("pages/playground.py", {"run": run})


def _open_group(group: str) -> None:
    """Callback: look at the group on the page of evaluation."""
    evaluation.look_at(group)
    st.session_state[OPENING] = (evaluation.page_of(group), {"group": group})


def _go_on(run: str, more_epochs: int) -> None:
    shown_run.go_on(run, more_epochs)
    if shown_run.TROUBLE not in st.session_state:
        _open(run)


def _throw_away(runs: list[str]) -> None:
    """Callback: out of sight, with an offer to take them back."""
    try:
        shelf.throw_away(hub.store(), runs)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
        return
    st.session_state[THROWN] = runs
    if st.session_state.get(RUN) in runs:
        st.session_state.pop(RUN)


def _offer_back() -> None:
    """What was thrown away last, and the way back."""
    thrown = st.session_state.get(THROWN)
    if not thrown:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/delete: {t('runs.thrown', count=len(thrown))}", width="content")
        st.button(t("runs.undo"), key="undo_delete", icon=":material/undo:", on_click=_take_back)
        st.button(t("runs.let_go"), key="let_go", type="tertiary", on_click=_let_go)


def _take_back() -> None:
    thrown = st.session_state.pop(THROWN, [])
    back = shelf.take_back(hub.store(), thrown)
    if len(back) < len(thrown):
        st.session_state[shown_run.TROUBLE] = t("runs.too_late", count=len(thrown) - len(back))


def _let_go() -> None:
    st.session_state.pop(THROWN, None)


def _ago(created: float) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0.0, time.time() - created)
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return t(f"runs.{unit}", count=int(seconds // size))
    return t("runs.just_now")
