"""Pictures and tables made in Python, shown in a node that stays: a new one replaces the old without flicker."""

from __future__ import annotations

import hashlib
from typing import Any

from ui import parts
from ui.sent import Sent, panel


def show_markup(markup: str, *, key: str, slot: Sent | None = None) -> None:
    """Show SVG or HTML of our own making (its styles lie in ui/frontend/); in a panel only what is new travels.

    Args:
        markup: trusted; whoever makes it escapes every name that came from outside.
        key: keeps the node the same one.
        slot: the panel that feeds it under its key, if it stands outside of it (:func:`ui.feed.feed`).
    """
    sent = slot or panel()
    data = markup_update(markup, sent, key=key)
    call: dict[str, Any] = {"on_whole_change": sent.forget} if sent and not slot else {}
    parts.mount("markup", data | ({"markup": markup, "slot": key} if slot else {}), key=key, **call)


def markup_update(markup: str, sent: Sent | None, *, key: str) -> dict[str, Any]:
    """The markup and its mark, or the mark alone where the browser has got it."""
    mark = hashlib.blake2s(markup.encode(), digest_size=6).hexdigest()
    return {"mark": mark} if sent and sent.has(key, mark) else {"mark": mark, "markup": markup}
