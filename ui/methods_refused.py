"""Which methods a set-up cannot work with, and why: the rules of the spec, asked of every entry before it is chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from mtl_core.architectures import ARCHITECTURES
from mtl_core.spec import RunSpec
from mtl_core.spec_rules import cross_field_problems
from mtl_core.weightings import WEIGHTINGS
from ui import form_state
from ui.fields import choice_name, listed
from ui.words import t

LABELS = "labels:{key}"


def refused_weightings(spec: RunSpec) -> dict[str, str]:
    """Per weighting that cannot work with a spec the rule that it breaks; asked once for all that need the same."""
    asked: dict[tuple[bool, int], str | None] = {}
    for name, model in WEIGHTINGS.items():
        needs = model.needs_gramian, model.least_tasks
        if needs not in asked:
            one = model.model_validate({"name": name, "lambdas": spec.weighting.lambdas})
            asked[needs] = _rule(spec, "weighting", one)
    rules = {name: asked[model.needs_gramian, model.least_tasks] for name, model in WEIGHTINGS.items()}
    return {name: rule for name, rule in rules.items() if rule}


def refused_architectures(spec: RunSpec) -> dict[str, str]:
    """Per architecture that cannot work with a spec's data and tasks the rule that it breaks."""
    sizes = spec.architecture.model_dump()
    found = {}
    for name, model in ARCHITECTURES.items():
        kept = {field: value for field, value in sizes.items() if field in model.model_fields}
        found[name] = _rule(spec, "architecture", model.model_validate(kept | {"name": name}))
    return {name: rule for name, rule in found.items() if rule}


def _rule(spec: RunSpec, field: str, method: Any) -> str | None:
    problems = cross_field_problems(spec.model_copy(update={field: method}))
    return next((problem.rule for problem in problems if problem.field == f"{field}.name"), None)


def wanted(path: str, registry: Collection[str], built: str) -> str:
    """The method that the draft names, also where the rules refuse it; else that of the built spec."""
    name = form_state.draft().get(path)
    return name if isinstance(name, str) and name in registry else built


def weighting_labels(refused: Collection[str]) -> dict[str, str]:
    """What stands in the list: the name, what it weighs, and whether it cannot work here."""
    labels = {}
    for name, model in WEIGHTINGS.items():
        about = [t("form.of_gradients" if model.needs_gramian else "form.of_losses")]
        about += [t("form.not_here")] if name in refused else []
        labels[name] = " · ".join([choice_name("weighting_name", name), *about])
    return labels


def architecture_labels(refused: Collection[str]) -> dict[str, str]:
    """The names, with a mark at those that cannot work here."""
    names = {name: choice_name("architecture_name", name) for name in ARCHITECTURES}
    return {name: f":material/block: {text}" if name in refused else text for name, text in names.items()}


def told_of_labels(call: dict[str, Any], value: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The call of a widget whose labels may have changed while its value did not: then it is told the value anew.

    A browser says which entry is chosen by the entry's label, so one that it was told under another label is lost.
    """
    key, before = call["key"], LABELS.format(key=call["key"])
    if st.session_state.get(before, labels) != labels and key in st.session_state:
        st.session_state[key] = value
        call = {name: entry for name, entry in call.items() if name not in ("index", "default")}
    st.session_state[before] = dict(labels)
    return call


def weighting_list(value: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Key, place and callback of the list of weightings, for its call just behind."""
    call = told_of_labels(listed("weighting.name", value, list(labels)), value, labels)
    return call | {"on_change": form_state.changed, "args": ("weighting.name", call["key"])}


def architecture_choice(value: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Key, default and callback of the chooser of architectures, for its call just behind."""
    call = told_of_labels(form_state.widget("architecture.name", value, "default"), value, labels)
    return call | {"on_change": form_state.changed, "args": ("architecture.name", call["key"])}
