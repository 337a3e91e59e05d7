"""The picture of the network that the form describes, beside the form and as wide as the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mtl_core.layout import Layout
from ui import form_state, shown_run
from ui.markup import show_markup
from ui.network_picture import network_markup
from ui.network_values import mixes
from ui.spec_form import colours_of
from ui.words import t


def picture(*, large: bool = False) -> str:
    """The form's network as HTML, with its λ and γ as they stand now; how it mixes as the run that is shown told it."""
    spec = form_state.current().spec
    strength = max((term.strength for term in spec.regularizers), default=0.0)
    lambdas, colours = spec.weighting.lambdas, colours_of(spec)
    layout = spec.layout()
    call: dict[str, Any] = {"strengths": strength, "mixing": _mixing(layout), "large": large}
    return network_markup(layout, lambdas, colours, **call)


def _mixing(layout: Layout) -> Mapping[str, Any]:
    """What the run that is shown told of its mixing; nothing where the form describes another network."""
    view = shown_run.shown().view if mixes(layout) else None
    told = view is not None and bool(view.series.mixing) and view.spec.layout() == layout
    return view.series.mixing if view is not None and told else {}


def larger() -> None:
    """The button that opens the picture in a dialog, where its text is as large as the page's."""
    with st.container(horizontal=True, horizontal_alignment="right", key="network_larger"):
        call: dict[str, Any] = {"help": t("network.larger_help"), "icon": ":material/open_in_full:"}
        if st.button(t("network.larger"), type="tertiary", key="network_larger_open", **call):
            st.dialog(t("network.title"), width="large")(_dialog)()


def _dialog() -> None:
    show_markup(picture(large=True), key="network_large")
