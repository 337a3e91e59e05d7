"""Takers: who takes the steps of a way."""

from __future__ import annotations

from typing import Protocol

from mtl_core.acceleration.compiled import Compiled
from mtl_core.acceleration.graph import Captured
from mtl_core.acceleration.ways import Way
from mtl_core.batches import Batch
from mtl_core.session import Session
from mtl_core.stepping import Step, take_step


class Taker(Protocol):
    """Takes steps; :attr:`failed` says why it could not, if so."""

    failed: str | None

    def fits(self, batch: Batch) -> bool:
        """Whether a step of this batch can be taken so."""

    def take(self, batch: Batch) -> Step:
        """Take the step."""


class Eager:
    """Takes steps operation by operation, whatever they are.

    Args:
        session: of the run.
    """

    failed: str | None = None

    def __init__(self, session: Session) -> None:
        self._session = session

    def fits(self, batch: Batch) -> bool:
        """Always."""
        return True

    def take(self, batch: Batch) -> Step:
        """Take the step."""
        return take_step(self._session, batch)


def taker(session: Session, way: Way, batch: Batch) -> Taker:
    """Who takes the steps of this way, of batches like this one; the session's precision is that of the way.

    Raises:
        RuntimeError: where the device cannot capture what a step does.
    """
    session.way = way
    if way.taken == "compile":
        return Compiled(session, batch)
    return Captured(session, batch) if way.taken == "cuda_graph" else Eager(session)
