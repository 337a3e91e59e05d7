"""Open a session in a test."""

from __future__ import annotations

from collections.abc import Generator

from mtl_core.datasets.base import Progress
from mtl_core.session import Session


def finished(loading: Generator[Progress, None, Session]) -> Session:
    while True:
        try:
            next(loading)
        except StopIteration as loaded:
            session: Session = loaded.value
            return session
