"""What a search runs over: fields to choose from, ranges to change, objectives and trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError, SpecError
from mtl_core.execution.local import ensure_runner
from mtl_core.execution.searching import start_search
from mtl_core.settings import home_dir
from mtl_core.spec import RunSpec
from ui import form_state, hub, link, shown_run
from ui.evaluation import GROUP
from ui.once import drawn, once
from ui.owner import owner_token
from ui.rule_words import rule_text
from ui.words import t

FIELDS, SPACE, TRIALS, PRUNE = "search_fields", "search_space", "search_trials", "search_prune"
OBJECTIVES = "search_objectives:{}"
MOST_TRIALS = 1_000


def offered(spec: RunSpec) -> dict[str, str]:
    """Fields that are worth a search, each with a range to begin with."""
    found = {"optimizer.lr": "optimizer.lr=1e-4..1e-1:log"}
    found |= {f"weighting.lambdas.{task}": f"weighting.lambdas.{task}=0.05..1" for task in spec.tasks[:8]}
    found["architecture.name"] = "architecture.name=hard,soft,partial"
    found["architecture.hidden"] = "architecture.hidden=[32],[64,64],[128,128]"
    found["architecture.dropout"] = "architecture.dropout=0..0.5"
    found["optimizer.weight_decay"] = "optimizer.weight_decay=1e-6..1e-1:log"
    found["batch_size"] = "batch_size=32,64,128,full"
    found["epochs"] = f"epochs={max(1, spec.epochs // 4)}..{spec.epochs * 2}"
    return found


def search_form() -> None:
    """All fields of a search, and its button."""
    spec = form_state.current().spec
    ranges = offered(spec)
    _defaults(ranges)
    st.pills(
        t("search.fields"),
        list(ranges),
        selection_mode="multi",
        key=FIELDS,
        on_change=_fill,
        args=(ranges,),
        wrap=True,
    )
    st.text_area(t("search.space"), key=SPACE, height=110, help=t("search.space_help"))
    key = OBJECTIVES.format(" ".join(spec.tasks))
    st.session_state.setdefault(key, list(spec.tasks)[:1])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.pills(t("search.objectives"), spec.tasks, selection_mode="multi", key=key, help=t("search.objectives_help"))
        st.number_input(t("search.trials"), 1, MOST_TRIALS, 50, key=TRIALS, width=130)
        one = len(st.session_state[key]) == 1
        st.toggle(t("search.prune"), True, key=PRUNE, disabled=not one, help=t("search.prune_help"))
        _button(spec, key)


def _defaults(ranges: Mapping[str, str]) -> None:
    if FIELDS not in st.session_state:
        st.session_state[FIELDS] = list(ranges)[:2]
        _fill(ranges)
    st.session_state[FIELDS] = [field for field in st.session_state[FIELDS] if field in ranges]


def _fill(ranges: Mapping[str, str]) -> None:
    """Callback: a line for each chosen field; lines that a person has changed stay, others too."""
    chosen = st.session_state[FIELDS]
    there = [line for line in st.session_state.get(SPACE, "").splitlines() if line.strip()]
    fields = {line.split("=")[0].strip(): line for line in there}
    kept = [line for field, line in fields.items() if field in chosen or field not in ranges]
    st.session_state[SPACE] = "\n".join([*kept, *(ranges[field] for field in chosen if field not in fields)])


def _button(spec: RunSpec, objectives: str) -> None:
    asked, reason = _planned(spec, objectives)
    call: dict[str, Any] = {"type": "primary", "icon": ":material/play_arrow:", "key": "search_start"}
    call |= {"on_click": _begin, "args": (asked, drawn()), "disabled": asked is None}
    st.button(t("evaluation.start", count=st.session_state[TRIALS]), **call)
    if reason:
        st.info(reason, icon=":material/info:")


def _planned(spec: RunSpec, objectives: str) -> tuple[Any, str]:
    from mtl_core.search import study

    state = st.session_state
    lines = [line for line in state[SPACE].splitlines() if line.strip()]
    try:
        return study.plan(spec, lines, state[objectives] or (), int(state[TRIALS]), bool(state[PRUNE])), ""
    except SpecError as error:
        return None, " ".join(f"`{problem.field}`: {rule_text(problem.rule)}." for problem in error.problems)


def _begin(asked: Any, token: int) -> None:
    """Callback: the search begins in a process of its own."""
    from mtl_core.search import study

    store, owner = hub.store(), owner_token()

    def make() -> str:
        group = study.begin(store, asked, owner)
        ensure_runner(home_dir())
        start_search(home_dir(), group)
        return group

    try:
        group = once(token, make)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
        return
    st.session_state[GROUP] = group
    link.put("group", group)
