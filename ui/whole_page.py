"""A click that the browser sent for a panel alone still draws the whole page.

A browser gathers what happens within one turn of its loop into one request, and asks for one panel where anything of
it happened in that panel. A button outside that is pressed in the same turn (on a busy machine a turn is long) rides
along: its callback is called, and then the panel alone is drawn, from a page that is of before the click.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def needed() -> None:
    """Last word of a callback whose widget stands outside of panels: what it did is for the whole page to show."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.fragment_ids_this_run:
        st.rerun()
