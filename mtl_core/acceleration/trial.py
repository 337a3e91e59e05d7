"""A fair trial: each way takes steps from the same state on the same batches, and the state comes back bit for bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import torch

from mtl_core.acceleration.clocks import Clock, clock_of
from mtl_core.acceleration.compiled import first_line
from mtl_core.acceleration.decision import Measured
from mtl_core.acceleration.keeping import Kept
from mtl_core.acceleration.taking import Taker, taker
from mtl_core.acceleration.ways import Way
from mtl_core.batches import Batch
from mtl_core.session import Session

WARM, LEAST, MOST = 3, 5, 50
"""Steps before the clock starts; steps that are timed, at least and at most."""
WAYS = 5
"""Ways, about, among which the time of a trial is shared."""
Prepare = Callable[[Session, Way, Batch], Taker]


class Trial:
    """Measures ways on a session, within a time.

    Args:
        session: between two steps; it is as before after each measurement.
        batches: that the steps take in turn; all of one shape.
        seconds: for all of it. The first way is measured in any case.
        clock: of the steps; left out: the device's.
        prepare: gives who takes the steps of a way.
    """

    def __init__(
        self,
        session: Session,
        batches: Sequence[Batch],
        seconds: float,
        clock: Clock | None = None,
        prepare: Prepare = taker,
    ) -> None:
        self._session, self._batches, self._seconds = session, list(batches), seconds
        self._clock, self._prepare = clock or clock_of(session.device), prepare
        self._began: float | None = None
        self._step_seconds = 0.0

    def measure(self, way: Way) -> Measured | str:
        """What steps of this way take and give; a text says why that is not known."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        need = (WARM + LEAST) * self._step_seconds
        if way.taken != "compile" and self._step_seconds and now - self._began + need > self._seconds:
            return f"the trial's {self._seconds:.2g} s were over"
        kept = Kept(self._session)
        try:
            return self._measured(way)
        except RuntimeError as error:  # the device cannot do it so; the run goes on without
            return f"it failed: {first_line(error)}"
        finally:
            kept.restore()

    def _measured(self, way: Way) -> Measured | str:
        session, clock = self._session, self._clock
        began = time.perf_counter()
        takes = self._prepare(session, way, self._batches[0])
        losses = [self._take(takes, step) for step in range(max(WARM, len(self._batches)))]
        told: list[list[float]] = torch.stack(losses).tolist()  # waits for the device
        setup = time.perf_counter() - began
        if takes.failed:
            return takes.failed
        clock.start()
        for step in range(LEAST):
            self._take(takes, step)
        seconds = clock.seconds() / LEAST
        more = min(MOST, math.floor(self._seconds / WAYS / max(seconds, 1e-9))) - LEAST
        if more > 0:
            clock.start()
            for step in range(more):
                self._take(takes, step)
            seconds = clock.seconds() / more
        self._step_seconds = self._step_seconds or seconds
        return Measured(way, seconds, setup, told[: len(self._batches)])

    def _take(self, takes: Taker, step: int) -> torch.Tensor:
        """The K losses of a step, unread."""
        found = takes.take(self._batches[step % len(self._batches)])
        self._session.step += 1
        return found.numbers[: len(self._session.tasks)]
