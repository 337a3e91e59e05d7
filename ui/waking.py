"""Waking the runner a moment after the page was asked for: the first paint comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from mtl_core.errors import MTLError

DELAY_SECONDS = 1.5
"""A browser that opens the page has painted it by then; a runner that starts takes a core for a second."""


class Waking:
    """One attempt at a time, in a thread of its own; what goes wrong is kept until it is told.

    Args:
        wake: starts the runner of a home.
        delay: seconds before it does.
    """

    def __init__(self, wake: Callable[[Path], object], delay: float = DELAY_SECONDS) -> None:
        self._wake, self._delay = wake, delay
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._trouble: MTLError | None = None

    def later(self, home: Path) -> None:
        """See to it that the runner is woken soon.

        Raises:
            MTLError: what went wrong the last time.
        """
        with self._lock:
            trouble, self._trouble = self._trouble, None
            if self._timer is None:
                self._timer = threading.Timer(self._delay, self._now, (home,))
                self._timer.daemon = True
                self._timer.start()
        if trouble is not None:
            raise trouble

    def _now(self, home: Path) -> None:
        try:
            self._wake(home)
        except MTLError as error:
            self._trouble = error
        finally:
            with self._lock:
                self._timer = None
