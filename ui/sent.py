"""What a browser has got of a panel that draws itself anew, so that a refresh carries only what is new.

A browser that has missed something says so, and gets the whole again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ui.chart_data import ChartData

Still = dict[str, object]
"""What a chart is given besides its points: it seldom changes."""
EACH = 8
"""Drawings, at most, that tell a chart by its difference from one and the same before."""


class Sent:
    """Of one panel: what its last drawing sent under each key."""

    def __init__(self) -> None:
        self._before: dict[str, object] = {}
        self._now: dict[str, object] = {}

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """The panel is being drawn: what was drawn last time and is drawn again may be told by its difference."""
        self._before, self._now = self._now, {}
        token = _PANEL.set(self)
        try:
            yield
        finally:
            _PANEL.reset(token)

    def forget(self) -> None:
        """Callback of a browser that has missed something."""
        self._now = {}

    def chart(self, key: str, figure: ChartData, still: Still) -> ChartData | None:
        """A chart that the browser has got under this key; None where it has none, or something else has changed.

        It is the same one for some drawings: a browser may be too slow to look at each message.
        """
        known = self._before.get(key)
        if not isinstance(known, tuple) or known[1] != still:
            self._now[key] = (figure, still, 1)
            return None
        base, _, times = known
        self._now[key] = (base, still, times + 1) if times < EACH else (figure, still, 1)
        found: ChartData = base
        return found

    def has(self, key: str, mark: str) -> bool:
        """Whether the browser has got what has this mark."""
        self._now[key] = mark
        return self._before.get(key) == mark


_PANEL: ContextVar[Sent | None] = ContextVar("panel", default=None)


def panel() -> Sent | None:
    """What is known of the panel that is being drawn; None outside of one, where all is sent whole."""
    return _PANEL.get()
