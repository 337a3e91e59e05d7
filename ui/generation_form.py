"""How pictures are made: VAE or GAN, together with the other tasks or on their finished trunk."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mtl_core.generation import GENERATORS
from mtl_core.generation.base import Generation
from ui import form_state
from ui.fields import choice_name, field_widget
from ui.words import t, t_or

FOLDED = (
    *("channels", "prior", "components", "sigma", "reconstruction"),
    *("r1_every", "lr_generator", "betas", "average", "stabiliser", "r1"),
)
ONLY_WITH: Mapping[str, tuple[str, str]] = {
    "after": ("start", "after_supervised"),
    "components": ("prior", "mixture"),
    "sigma": ("reconstruction", "mse"),
    "r1": ("stabiliser", "r1"),
    "r1_every": ("stabiliser", "r1"),
}
"""Fields that mean something for one value of another field only."""


def generation_section() -> None:
    """The chooser and its fields; nothing where no task makes pictures."""
    spec = form_state.current().spec
    if not any(task.kind == "generation" for task in spec.task_list()):
        return
    name = spec.generation.name
    call = form_state.widget("generation.name", name, "default")
    call |= {"on_change": form_state.changed, "args": ("generation.name", call["key"])}
    names = {entry: choice_name("generation_name", entry) for entry in GENERATORS}
    st.segmented_control(t("generation.how"), names, required=True, format_func=names.__getitem__, **call)
    st.caption(t_or(f"generation.{name}", (GENERATORS[name].__doc__ or "").split("\n")[0]))
    shown = [field for field in GENERATORS[name].model_fields if field != "name" and _fits(spec.generation, field)]
    for field in shown:
        if field not in FOLDED:
            field_widget(f"generation.{field}", GENERATORS[name].model_fields[field])
    with st.expander(t("generation.more"), icon=":material/tune:"):
        for field in shown:
            if field in FOLDED:
                field_widget(f"generation.{field}", GENERATORS[name].model_fields[field])


def _fits(chosen: Generation, field: str) -> bool:
    other, value = ONLY_WITH.get(field, ("", ""))
    return not other or getattr(chosen, other) == value
