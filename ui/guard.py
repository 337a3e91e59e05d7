"""The guard of every page: whoever opens a page by its own link comes in through app.py.

Until some session has run ``st.navigation``, Streamlit serves ``/runs?run=…`` by running ``pages/runs.py`` alone,
without app.py and so without language, owner and navigation.
"""

from __future__ import annotations

import streamlit as st

INSIDE = "_inside_app"
RETURN = "_return_to"
MAIN = "app.py"


def enter(page: str) -> None:
    """Go to app.py, and from there back to ``page``, unless app.py is what runs this page.

    Args:
        page: path of the page's file from app.py, e.g. ``pages/runs.py``.
    """
    if st.session_state.get(INSIDE):
        return
    st.session_state[RETURN] = (page, _parameters())
    st.switch_page(MAIN)


def opened() -> None:
    """For app.py, after ``st.navigation``: mark the session, and go where a guard wanted to be."""
    st.session_state[INSIDE] = True
    wanted = st.session_state.pop(RETURN, None)
    if wanted:
        page, parameters = wanted
        st.switch_page(page, query_params=parameters)


def _parameters() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}
