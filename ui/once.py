"""What a click begins is begun once, however often it is clicked before the page is drawn anew.

Streamlit starts the script again at each click, and stops the one that was going on wherever it next touches the
page, in a callback as well. So the callbacks of two quick clicks may work side by side, and the first may end between
making something and showing it. Each drawing of a button carries a token; what was made for a token is handed to
everyone who brings it. And what a session began is remembered until it is shown, for the next drawing of its page:
the second click may have been a slider's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from threading import Lock

KEPT = 1000
"""Tokens that are remembered; a second click comes within a second."""

_tokens = count()
_made: OrderedDict[int, str] = OrderedDict()
_unshown: dict[str, str] = {}
_lock = Lock()


def drawn() -> int:
    """A token for a button that is about to be drawn, to be an argument of its callback."""
    return next(_tokens)


def once(token: int, make: Callable[[], str], *, by: str | None = None) -> str:
    """What ``make`` gave for this token, calling it the first time.

    Args:
        token: of :func:`drawn`.
        make: gives the id of what it made; it touches neither the page nor the session, so that it is not stopped
            half-way. What it raises goes to the caller, and the next click tries again.
        by: the session that will show it: until it says :func:`shown`, :func:`unshown` has it.
    """
    with _lock:
        if token not in _made:
            _made[token] = make()
            if by is not None:
                _unshown[by] = _made[token]
            if len(_made) > KEPT:
                _made.popitem(last=False)
        return _made[token]


def unshown(session: str) -> str | None:
    """What this session began and did not come to show yet."""
    with _lock:
        return _unshown.get(session)


def shown(session: str) -> None:
    """What this session began is on its page."""
    with _lock:
        _unshown.pop(session, None)
