"""What is changed in the training rows at each step: which augmentations, and how much of each."""

from __future__ import annotations

import streamlit as st

from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.spec import RunSpec
from ui import form_state
from ui.fields import choice_name, field_widget, show_problem
from ui.words import t, t_or

FIELD = "dataset.augmentation"


def augmentation_section() -> None:
    """The chooser and the fields of what is chosen; nothing where no augmentation fits the data."""
    spec = form_state.current().spec
    names = {name: choice_name("augmentation", name) for name in offered(spec)}
    if not names:
        return
    chosen = [one.name for one in spec.dataset.augmentation]
    title = t("augmentation.title", names=", ".join(names[name] for name in chosen)) if chosen else ""
    with st.expander(title or t("augmentation.none"), icon=":material/auto_fix_high:"):
        call = form_state.widget(FIELD, chosen, "default")
        call |= {"on_change": _changed, "args": (call["key"],), "help": t("augmentation.help"), "wrap": True}
        label = t("augmentation.which")
        st.pills(label, list(names), selection_mode="multi", format_func=names.__getitem__, **call)
        show_problem(FIELD)
        for index, one in enumerate(spec.dataset.augmentation):
            st.caption(f"**{names[one.name]}** – {t_or(f'augmentation.{one.name}', type(one).__doc__ or '')}")
            for name, field in type(one).model_fields.items():
                if name != "name":
                    field_widget(f"{FIELD}.{index}.{name}", field)


def offered(spec: RunSpec) -> list[str]:
    """Augmentations of inputs that the run has, after which its targets are right still."""
    kinds = {look.kind for look in spec.dataset.inputs().values()}
    wrong = spec.dataset.build().changed_by
    return [name for name, one in AUGMENTATIONS.items() if kinds & {*one.inputs} and name not in wrong]


def _changed(key: str) -> None:
    """Callback: keep what stays as it is, add what is new with its defaults."""
    before = {one.name: one.model_dump(mode="json") for one in form_state.current().spec.dataset.augmentation}
    chosen = [name for name in AUGMENTATIONS if name in st.session_state[key]]
    form_state.set_value(FIELD, [before.get(name, {"name": name}) for name in chosen])
