"""Beside: a run's evaluations on another core, while the next steps are taken."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext

import psutil
import torch
from torch import Tensor

from mtl_core.events import Event
from mtl_core.network import Network
from mtl_core.reporting import Reporter
from mtl_core.session import Session


class Beside:
    """Evaluates a run in a thread of its own, on a copy of its numbers, so that its steps need not wait.

    The numbers are those of an evaluation on the spot, bit for bit; their events come a few steps later. One goes on at
    a time. Where that would not gain it is made on the spot (see :func:`gains` and :func:`spare_core`), and so is the
    last one of a run.

    Args:
        reporter: of the run.
        allowed: whether a second core may be used, and events may come later.
    """

    def __init__(self, reporter: Reporter, allowed: bool) -> None:
        self._reporter, self._allowed = reporter, allowed
        helps = allowed and gains(reporter.session) and spare_core()
        self._pool = ThreadPoolExecutor(1, "evaluation") if helps else None
        self._network: Network | None = None
        self._pending: Future[list[Event]] | None = None
        device = reporter.session.device
        self._stream: torch.cuda.Stream | None = None
        if helps and device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @property
    def busy(self) -> bool:
        """Whether the events of an evaluation are still to come."""
        return self._pending is not None

    def measured(self) -> Callable[[], Iterator[Event]] | None:
        """An evaluation of now that need not be told now (:meth:`mtl_core.reporting.Reporter.measured`), or None."""
        return self._reporter.measured() if self._allowed else None

    def evaluate(self) -> Iterator[Event]:
        """Evaluate train and validation with the numbers of now; the events come now, or from the other methods."""
        yield from self.settled()
        if self._pool is None or self._reporter.at_end():
            yield from self._reporter.evaluations()
            return
        self._pending = self._pool.submit(self._evaluated, self._as_now())

    def ready(self) -> Iterator[Event]:
        """The events of an evaluation that is over; nothing is waited for."""
        if self._pending is not None and self._pending.done():
            yield from self.settled()

    def settled(self) -> Iterator[Event]:
        """Wait for the evaluation that goes on, and give its events; an exception in it is raised here."""
        pending, self._pending = self._pending, None
        for event in pending.result() if pending is not None else ():
            began = time.monotonic()
            yield event
            if event.kind == "preview":
                self._reporter.preview_stored(time.monotonic() - began)

    def close(self) -> None:
        """End the thread; what it was at is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _evaluated(self, seen: Session) -> list[Event]:
        """The events of an evaluation; on CUDA in a stream of its own, so that the steps' kernels need not wait."""
        with nullcontext() if self._stream is None else torch.cuda.stream(self._stream):
            return list(self._reporter.evaluations(seen))

    def _as_now(self) -> Session:
        """The session as it is now, with a network that stays as it is."""
        session = self._reporter.session
        if self._stream is not None:
            torch.cuda.current_stream().wait_stream(self._stream)  # it may still read the numbers of the time before
        if self._network is None:
            self._network = copy.deepcopy(session.network)
        else:
            with torch.no_grad():
                for kept, now in zip(_numbers(self._network), _numbers(session.network), strict=True):
                    kept.copy_(now)
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream())
        seen = copy.copy(session)
        seen.network = self._network
        return seen


def gains(session: Session) -> bool:
    """Whether a second thread speeds a run up: its network is run call by call, by large calls of torch.

    Not where formulas do it (small calls, between which two threads would wait for the interpreter), nor where pictures
    are made (from torch's one generator of random numbers), nor where rows are read from files by threads of their own.
    """
    formulas, streamed = session.explicit is not None, session.splits["train"].streamed
    return session.device.type in ("cpu", "cuda") and not (formulas or streamed or session.makes)


def spare_core() -> bool:
    """Whether this process may use more cores than its steps do: threads that share one slow each other down."""
    process = psutil.Process()
    cores = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
    return cores > torch.get_num_threads()


def _numbers(network: Network) -> Iterator[Tensor]:
    yield from network.parameters()
    yield from network.buffers()
