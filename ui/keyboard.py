"""Keys that press buttons: space = start or pause, s = step, x = stop.

``st.button(shortcut=…)`` was looked at and left: it takes the space bar away from whatever other
button has the keyboard's focus, so that who walks the page with Tab can press nothing. This
component presses the real button instead (so its callback runs as after a click), and keeps
still while someone types, holds a modifier, has a dialog open, or has Tab-focused another control.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from ui.frontend import source

_COMPONENT = st.components.v2.component("mtl_keyboard", css=source("hidden.css"), js=source("keyboard.js"))


def press_keys(buttons: Mapping[str, str], *, key: str = "mtl_keyboard") -> None:
    """Let keys press buttons of this page.

    Args:
        buttons: key on the keyboard (``Space`` or one letter) to the ``key=`` of the ``st.button`` that it
            presses; disabled or missing buttons are passed over.
        key: of the component; one a page.

    Raises:
        ValueError: for a keyboard key that is neither ``Space`` nor a single letter or digit.
    """
    for name in buttons:
        if name != "Space" and not (len(name) == 1 and name.isalnum()):
            raise ValueError(f"a key is 'Space' or one letter or digit, got {name!r}")
    _COMPONENT(
        data={"buttons": json.dumps({name.lower(): target for name, target in buttons.items()})},
        key=key,
        height="content",
    )
