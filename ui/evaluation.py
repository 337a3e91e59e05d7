"""The questions that several runs answer together: which one, about what, and the button that starts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import streamlit as st

from mtl_core.errors import MTLError, SpecError
from mtl_core.execution.local import ensure_runner
from mtl_core.runs.groups import get_group, list_groups
from mtl_core.settings import home_dir
from mtl_core.spec import RunSpec
from mtl_core.sweeps import base, crossvalidation, modalities, with_without
from mtl_core.sweeps.base import Plan
from ui import compare_form, form_state, hub, link, shown_run
from ui.fields import choice_name
from ui.names import dataset_title
from ui.once import drawn, once
from ui.owner import owner_token
from ui.rule_words import rule_text
from ui.words import t

QUESTIONS = ("sharing", "learning_curve", "crossvalidation", "with_without", "modalities", "relatedness")
QUESTION, WAY = "evaluation_question", "tradeoff_way"
WAYS = ("tradeoff", "search")
SWEEP = "sweep"
"""Kind of a grid that the command line has started: it is shown here, and asked there."""
GROUP = "evaluation_group"
MOST_SEEDS = 20
SCHEME = "evaluation_scheme"
FOLDS = "evaluation_folds"
REPEATS = "evaluation_repeats"
SEEDS = "evaluation_seeds"
DEFAULTS: Mapping[str, Any] = {SCHEME: "kfold", FOLDS: 5, REPEATS: 1, SEEDS: 3}


def spec_line() -> None:
    """What the questions are about: the spec that stands in the Playground's form."""
    spec = form_state.current().spec
    title = dataset_title(spec.dataset.name, spec.dataset.options)
    words = [title, choice_name("architecture_name", spec.architecture.name)]
    words += [tasks_text(spec.tasks), t("evaluation.epochs", count=f"{spec.epochs:,}")]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(" · ".join(words))
        st.page_link("pages/playground.py", label=t("evaluation.change"), icon=":material/tune:")


def tasks_text(tasks: list[str], most: int = 4) -> str:
    """The tasks' names, of many the first and how many more."""
    if len(tasks) <= most:
        return ", ".join(tasks)
    return t("evaluation.and_more", tasks=", ".join(tasks[:most]), count=len(tasks) - most)


def linked() -> None:
    """Look at the group that the link names, the first time that it is opened."""
    named = link.get("group")
    if named and GROUP not in st.session_state:
        look_at(named)


def choose() -> str:
    """Which question; the group that the link names brings its own."""
    linked()
    if st.session_state.get(QUESTION) is None:
        st.session_state[QUESTION] = _asked_last()
    asked = (
        (*QUESTIONS, SWEEP) if st.session_state.get(GROUP) and _kind_of(st.session_state[GROUP]) == SWEEP else QUESTIONS
    )
    if st.session_state[QUESTION] not in asked:
        st.session_state[QUESTION] = QUESTIONS[0]
    names = {question: t(f"evaluation.{question}") for question in asked}
    call: dict[str, Any] = {"key": QUESTION, "label_visibility": "collapsed", "wrap": True, "required": True}
    chosen = str(st.segmented_control(t("evaluation.question"), names, format_func=names.__getitem__, **call))
    st.caption(t(f"evaluation.{chosen}_about"))
    return chosen


def _asked_last() -> str:
    """The question that this browser asked last, else the first one."""
    asked = (group.kind for group in list_groups(hub.store(), owner_token(), 20))
    return next((kind for kind in asked if kind in QUESTIONS), QUESTIONS[0])


def look_at(group: str) -> None:
    """Show a group, under the question that it answers."""
    st.session_state[GROUP] = group
    kind = _kind_of(group)
    if kind in (*QUESTIONS, SWEEP):
        st.session_state[QUESTION] = kind


def page_of(group: str) -> str:
    """The page on which a group is shown."""
    return "pages/tradeoffs.py" if _kind_of(group) in WAYS else "pages/evaluation.py"


def tradeoff_way() -> str:
    """How trade-offs are looked for: by a sweep of λ, or by a search; what the linked group is comes first."""
    linked_kind = _kind_of(st.session_state[GROUP]) if st.session_state.get(GROUP) else None
    if st.session_state.get(WAY) not in WAYS:
        st.session_state[WAY] = linked_kind if linked_kind in WAYS else WAYS[0]
    names = {way: t(f"search.way_{way}") for way in WAYS}
    call: dict[str, Any] = {"key": WAY, "label_visibility": "collapsed", "required": True}
    return str(st.segmented_control(t("search.way"), WAYS, format_func=names.__getitem__, **call))


def _kind_of(group: str) -> str | None:
    try:
        return get_group(hub.store(), group).kind
    except MTLError:
        return None


def start_form(question: str) -> None:
    """The few numbers that a question needs, and its button."""
    for key, value in DEFAULTS.items():
        st.session_state.setdefault(key, value)
    compare_form.defaults()
    if question in compare_form.FORMS:
        ask(*compare_form.FORMS[question])
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if question == "crossvalidation":
            schemes: tuple[Literal["kfold", "holdout"], ...] = crossvalidation.SCHEMES
            names = {scheme: t(f"choice.dataset_split_name_{scheme}") for scheme in schemes}
            st.segmented_control(
                t("evaluation.scheme"), names, format_func=names.__getitem__, key=SCHEME, required=True
            )
            st.number_input(t("evaluation.folds"), 2, crossvalidation.MOST_FOLDS, key=FOLDS, width=120)
            st.number_input(t("evaluation.repeats"), 1, MOST_SEEDS, key=REPEATS, width=120)
        else:
            st.number_input(t("evaluation.seeds"), 1, MOST_SEEDS, key=SEEDS, width=120)
        _start(*planned(question, form_state.current().spec))


def ask(fields: Callable[[RunSpec], None], plan: Callable[[RunSpec], compare_form.Planned]) -> None:
    """The fields of a comparison, and its button.

    Args:
        fields: draws them.
        plan: makes the runs of what they say.
    """
    spec = form_state.current().spec
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        fields(spec)
        made, reason = plan(spec)
        _start(made, reason)
    if made is not None:
        compare_form.left_out([one.as_json() for one in made.left_out])


def _start(plan: Plan | None, reason: str) -> None:
    """The button, and why it cannot be pressed."""
    count = len(plan.members) if plan else 0
    call: dict[str, Any] = {"type": "primary", "icon": ":material/play_arrow:", "key": "evaluation_start"}
    call |= {"on_click": _begin, "args": (plan, drawn()), "disabled": plan is None}
    st.button(t("evaluation.start", count=count) if count else t("control.start"), **call)
    if reason:
        st.info(reason, icon=":material/info:")


def planned(question: str, spec: RunSpec) -> tuple[Plan | None, str]:
    """The runs that a question needs, or why it cannot be asked of this spec."""
    state = st.session_state
    try:
        if question == "crossvalidation":
            return crossvalidation.plan(spec, int(state[FOLDS]), state[SCHEME], int(state[REPEATS])), ""
        if question == "with_without":
            return with_without.plan(spec, int(state[SEEDS])), ""
        return modalities.plan(spec, int(state[SEEDS])), ""
    except SpecError as error:
        hint = t(f"evaluation.{question}_hint") if question != "crossvalidation" else ""
        return None, " ".join([hint, *(f"`{p.field}`: {rule_text(p.rule)}." for p in error.problems)]).strip()


def _begin(plan: Plan | None, token: int) -> None:
    """Callback of the button: all runs into the queue."""
    if plan is None:
        return
    store, owner = hub.store(), owner_token()
    try:
        group = once(token, lambda: base.start(store, plan, owner))
        ensure_runner(home_dir())
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)
        return
    st.session_state[GROUP] = group
    link.put("group", group)
