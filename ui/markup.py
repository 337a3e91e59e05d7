"""Pictures and tables made in Python, shown in a node that stays: a new one replaces the old without flicker."""

from __future__ import annotations

import streamlit as st

from ui.frontend import source

STYLES = ("markup", "matrix", "multiples", "preview", "sheet")
_COMPONENT = st.components.v2.component(
    "mtl_markup",
    css="".join(source(f"{name}.css") for name in STYLES),
    js=source("matrix.js") + source("markup.js"),
)


def show_markup(markup: str, *, key: str) -> None:
    """Show SVG or HTML of our own making (its styles lie in ui/frontend/).

    Args:
        markup: trusted; whoever makes it escapes every name that came from outside.
        key: keeps the node the same one.
    """
    _COMPONENT(data={"markup": markup}, key=key, height="content")
