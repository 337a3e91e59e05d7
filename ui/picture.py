"""The picture of the network that the form describes, beside the form and as wide as the window."""

from __future__ import annotations

import streamlit as st

from ui import form_state
from ui.network_picture import show_network
from ui.spec_form import colours_of
from ui.words import t


def draw(key: str = "network", *, large: bool = False) -> None:
    """The form's network with its λ and γ as they stand now."""
    spec = form_state.current().spec
    strength = max((term.strength for term in spec.regularizers), default=0.0)
    lambdas, colours = spec.weighting.lambdas, colours_of(spec)
    show_network(spec.layout(), lambdas, colours, strengths=strength, key=key, large=large)


def larger() -> None:
    """The button that opens the picture in a dialog, where its text is as large as the page's."""
    with st.container(horizontal=True, horizontal_alignment="right", key="network_larger"):
        call = {"help": t("network.larger_help"), "icon": ":material/open_in_full:"}
        if st.button(t("network.larger"), type="tertiary", key="network_larger_open", **call):
            st.dialog(t("network.title"), width="large")(_dialog)()


def _dialog() -> None:
    draw("network_large", large=True)
