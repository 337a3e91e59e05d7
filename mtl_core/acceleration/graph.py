"""Captured: a whole step as one CUDA graph, which is replayed on fixed places in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from mtl_core.acceleration.keeping import Kept
from mtl_core.acceleration.rules import shapes
from mtl_core.acceleration.static import static
from mtl_core.batches import Batch
from mtl_core.session import Session
from mtl_core.stepping import Step, seed_step, take_step

WARM_STEPS = 3
"""Taken, and taken back, before a capture: libraries make their plans and the optimizer its averages in them."""


@dataclass(frozen=True)
class Recorded:
    """A step that can be replayed.

    Attributes:
        replay: does again what was recorded, on the same memory.
        numbers: what the step gives, written anew by each replay.
    """

    replay: Callable[[], object]
    numbers: Tensor


def record(step: Callable[[], Tensor]) -> Recorded:
    """Record a step on CUDA; nothing of it is computed yet.

    Other threads (those that read rows) may go on with the device meanwhile.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        numbers = step()
    return Recorded(graph.replay, numbers)


class Captured:
    """Takes steps by replaying one: of one shape of batch, in which all tasks take part.

    Before a replay the batch, λ, γ, the learning rate and the seed are written where the recorded step reads them, so
    that a run is steered as ever.

    Args:
        session: of the run.
        batch: as all will be.

    Raises:
        RuntimeError: where the device cannot capture what the step does.
    """

    def __init__(self, session: Session, batch: Batch) -> None:
        self._session, self._shapes = session, shapes(batch)
        self._batch = _copied(batch)
        self._static = static(len(session.tasks), len(session.spec.regularizers), session.device)
        self._terms = self._acting()
        kept = Kept(session)
        try:
            _warmed(session, self._batch)
        finally:
            kept.restore()
        self._write(batch)
        with _recordable(session.optimizer):
            self._recorded = record(self._step)
        self.failed: str | None = None

    def fits(self, batch: Batch) -> bool:
        """Whether a step of this batch can be taken so, with the regularizers that act now."""
        return shapes(batch) == self._shapes and self._acting() == self._terms

    def take(self, batch: Batch) -> Step:
        """Take the step."""
        self._write(batch)
        self._recorded.replay()
        return Step(self._recorded.numbers.clone())

    def _acting(self) -> list[bool]:
        return [term.strength > 0 for term in self._session.spec.regularizers]

    def _write(self, batch: Batch) -> None:
        session, spec = self._session, self._session.spec
        for mine, its in ((self._batch.inputs, batch.inputs), (self._batch.targets, batch.targets)):
            for name, values in its.items():
                mine[name].copy_(values, non_blocking=True)
        lambdas = [spec.weighting.lambdas[task.name] for task in session.tasks]
        self._static.write(lambdas, [term.strength for term in spec.regularizers], session.learning_rate())
        seed_step(session)

    def _step(self) -> Tensor:
        """The step as it is recorded: on the fixed places."""
        session = self._session
        session.static = self._static
        try:
            return take_step(session, self._batch).numbers
        finally:
            session.static = None


def _copied(batch: Batch) -> Batch:
    inputs = {name: values.clone() for name, values in batch.inputs.items()}
    return Batch(inputs, {name: values.clone() for name, values in batch.targets.items()}, {}, batch.size)


def _warmed(session: Session, batch: Batch) -> None:
    """Some steps, on CUDA beside the stream in use, as a capture asks for."""
    if session.device.type != "cuda":
        for _ in range(WARM_STEPS):
            take_step(session, batch)
        return
    here, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(here)
    with torch.cuda.stream(aside):
        for _ in range(WARM_STEPS):
            take_step(session, batch)
    here.wait_stream(aside)


@contextmanager
def _recordable(optimizer: Optimizer) -> Iterator[None]:
    """Within it the optimizer lets itself be captured; afterwards its options are plain values again."""
    before = [dict(group) for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        if "capturable" in group:
            group["capturable"] = True
    try:
        yield
    finally:
        for group, options in zip(optimizer.param_groups, before, strict=True):
            group.update(options)
