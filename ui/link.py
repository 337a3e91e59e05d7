"""The page's link, as this session has it: what a browser sends late does not bring back an older one.

Streamlit begins each run of the script with the link that the browser had when it asked for the run. A panel that
asks by its timer just before the browser learns of a new link asks with the old one; where that run then draws the
whole page anew, the page would follow a link that is gone: the run that was looked at before, the form before the
slider moved. So a link that this session has already left counts as late, unless the browser went back or forward.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

KNOWN = "links_known"
MOST = 50
"""Links that a session remembers for one page; a late one is one of the last few."""


def here() -> dict[str, str]:
    """The parameters of the link."""
    found = st.query_params.to_dict()
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return found
    page, links = st.session_state.get(KNOWN, ("", []))
    if page == context.page_script_hash and found in links[:-1] and not context.is_history_navigation:
        found = links[-1]
        st.query_params.from_dict(found)
    else:
        _remember(found, context.page_script_hash)
    return dict(found)


def names(name: str) -> bool:
    """Whether the link that came has this parameter, late or not: a quick look for what is asked for each word."""
    return name in st.query_params


def get(name: str) -> str | None:
    """One parameter of the link."""
    return here().get(name)


def put(name: str, value: str) -> None:
    """Set one parameter."""
    replace(here() | {name: value})


def drop(name: str) -> None:
    """Take one parameter away, where it is there."""
    replace({key: value for key, value in here().items() if key != name})


def replace(parameters: Mapping[str, str]) -> None:
    """Put a whole link in the place of this one, where it is another."""
    if here() == parameters:
        return
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:  # first: a click may end this run of the script as soon as the browser is told
        _remember(dict(parameters), context.page_script_hash)
    st.query_params.from_dict(parameters)


def _remember(link: dict[str, str], page: str) -> None:
    """The newest link last; one that came again is new again."""
    before, links = st.session_state.get(KNOWN, ("", []))
    if before != page:
        links = []
    elif links and links[-1] == link:
        return
    st.session_state[KNOWN] = (page, [*(known for known in links if known != link), link][-MOST:])
