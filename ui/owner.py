"""Whose runs these are: an unguessable token kept in the browser, no accounts.

The first page of a browser makes the token and a small component stores it as the cookie
``mtl_owner``; every later page reads it there. Until the browser has answered, the session
keeps the token, so that a run started in the first second has the same owner as the next.
"""

from __future__ import annotations

import re
import secrets

import streamlit as st

from ui.frontend import source

COOKIE = "mtl_owner"
SESSION_KEY = "mtl_owner_token"
ONE_YEAR_S = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")

_COMPONENT = st.components.v2.component("mtl_owner", css=source("hidden.css"), js=source("owner.js"))


def owner_token() -> str:
    """The token of this browser: from the cookie, else from the session, else a new one.

    Within a session it never changes. It is 256 bits from the system's source of randomness.
    """
    if SESSION_KEY not in st.session_state:
        sent = st.context.cookies.get(COOKIE, "")
        st.session_state[SESSION_KEY] = sent if valid_token(sent) else secrets.token_urlsafe(32)
    return str(st.session_state[SESSION_KEY])


def remember_owner(*, key: str = "mtl_owner") -> None:
    """Store the token in the browser for a year; call once a page, it takes no room."""
    _COMPONENT(data={"name": COOKIE, "token": owner_token(), "maxAge": ONE_YEAR_S}, key=key, height="content")


def valid_token(token: object) -> bool:
    """Whether something that came from outside has the form of a token."""
    return isinstance(token, str) and _TOKEN.fullmatch(token) is not None
