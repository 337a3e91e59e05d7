"""A card for each method: what it does, its formula, paper, needs, cost and options, and the way to try it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtl_core.architectures import ARCHITECTURES
from ui import draft as drafts
from ui import form_state, link
from ui.fields import choice_name
from ui.markup import show_markup
from ui.methods import Method, architectures_of, needs, works_with
from ui.methods_costs import costs, times
from ui.methods_formulas import FORMULAS, PAPERS
from ui.methods_picture import reached, toy_picture
from ui.names import dataset_name
from ui.words import t, t_or

LINK = "method"
"""Parameter of the link that names a method."""
OF_FIELD = {"weighting": "weighting_name", "architecture": "architecture_name", "regularizers": "regularizer"}
SENTENCE = {"weighting": "weighting", "architecture": "architecture", "regularizers": "ties"}
NEEDED_FOR = {"table": "maps", "one_task": "two_tasks"}
"""What a network needs that cannot work with a probe."""
FIELDS = {"weighting": "weighting", "architecture": "architecture", "regularizers": "regularizers"}


def method_name(method: Method) -> str:
    """Display name."""
    return choice_name(OF_FIELD[method.field], method.name)


def sentence(method: Method) -> str:
    """What it does, in one sentence."""
    return t_or(f"{SENTENCE[method.field]}.{method.name}", (method.model.__doc__ or "").split("\n")[0])


def needs_text(method: Method) -> str:
    """What a step needs; of a network, what it cannot do without."""
    if method.field == "weighting":
        keys = needs(method.model)
    elif method.field == "architecture":
        keys = [NEEDED_FOR[probe] for probe in works_with(method)[1] if probe in NEEDED_FOR]
    else:
        keys = ["own_parts"]
    return ", ".join(t(f"methods.{key}") for key in keys) or "–"


def card(method: Method) -> None:
    """The whole card."""
    year = f" · {method.year}" if method.year else ""
    st.markdown(f"##### {method_name(method)}")
    st.markdown(f":small[:gray[{t(f'methods.{method.kind}')}{year} · `{method.name}`]]")
    st.markdown(sentence(method))
    if method.name in FORMULAS:
        with st.container(key=f"formula_{method.name}"):
            st.latex(FORMULAS[method.name])
    _toy(method)
    _facts(method)
    _options(method)
    st.space("stretch")
    _buttons(method)


def _toy(method: Method) -> None:
    """What a weighting did on the two-valley toy; nothing where that was not recorded."""
    picture = toy_picture(method.name, method_name(method)) if method.field == "weighting" else None
    arrived = reached(method.name)
    if picture and arrived:
        show_markup(picture, key=f"toy:{method.name}")
        st.caption(t("methods.reached", count=arrived[0], all=arrived[1]), help=t("methods.toy"))


def _facts(method: Method) -> None:
    """Needs, cost, what it works with, and the paper: small and one below the other."""
    works, not_with = works_with(method)
    rows = [("needs", needs_text(method).replace("–", "")), ("cost", _cost_text(method))]
    if method.field == "weighting":
        rows += [("networks", _networks(architectures_of(method))), ("not_with", _probes(not_with))]
    if method.field == "architecture":
        rows += [("works_with", _probes(works)), ("not_with", _probes(not_with))]
    rows.append(("paper", _paper(method)))
    with st.container(gap="xsmall"):
        for name, text in rows:
            if text:
                st.markdown(f":small[:gray[{t(f'methods.{name}')}] {text}]")


def _cost_text(method: Method) -> str:
    found = costs().ratios.get(method.name, {})
    shown = [f"{t('methods.times', value=times(r))} ({t_or(f'methods.set_{s}', s)})" for s, r in found.items()]
    return ", ".join(shown)


def _networks(found: Sequence[str]) -> str:
    if len(found) == len(ARCHITECTURES):
        return t("methods.any_network")
    return ", ".join(choice_name("architecture_name", name) for name in found)


def _probes(found: Sequence[str]) -> str:
    return ", ".join(t(f"methods.{name}_probe") for name in found)


def _paper(method: Method) -> str:
    if method.year is None:
        return ""
    address = PAPERS.get(method.name)
    first, *rest = method.source.split("; ")
    return "; ".join([f"[{first}]({address})" if address else first, *rest])


def _options(method: Method) -> None:
    """Its own fields with defaults."""
    found = method.options()
    if not found:
        return
    with st.expander(t("methods.defaults"), icon=":material/tune:"):
        for name, default, about in found:
            words = f"{FIELDS[method.field]}_{name}"
            label = t_or(f"field.{words}", name.replace("_", " ").capitalize())
            meaning = t_or(f"help.{words}", about)
            st.markdown(f"**{label}** = `{default}` :small[:gray[`{name}`]]  \n:small[{meaning}]")


def _buttons(method: Method) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tip = t("methods.try_help", dataset=dataset_name(method.example().dataset.name))
        call: dict[str, Any] = {"on_click": _take, "args": (method,), "icon": ":material/tune:", "help": tip}
        if st.button(t("methods.try"), key=f"try:{method.name}", **call):
            st.switch_page("pages/playground.py")
        alone: dict[str, Any] = {"on_click": show_alone, "args": (method.name,), "icon": ":material/link:"}
        if link.get(LINK) != method.name:
            call = {"type": "tertiary", "help": t("methods.alone_help")}
            st.button(t("methods.alone"), key=f"alone:{method.name}", **call, **alone)


def show_alone(name: str | None) -> None:
    """Callback: one method alone, by the link; None for all."""
    if name is None:
        link.drop(LINK)
    else:
        link.put(LINK, name)


def _take(method: Method) -> None:
    """Callback: the form gets the method; where that breaks a rule, the whole set-up of the example."""
    value: Any = [{"name": method.name}] if method.field == "regularizers" else method.name
    path = method.field if method.field == "regularizers" else f"{method.field}.name"
    kept = {key: old for key, old in form_state.draft().items() if not key.startswith(f"{path}.")}
    tried = drafts.build(kept | {path: value})
    untied = method.field == "regularizers" and not tried.spec.layout().tied(heads=True)
    form_state.replace(drafts.of_spec(method.example() if tried.problems or untied else tried.spec))
