"""Compiled: steps with the network's forward and backward pass compiled by torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from mtl_core.acceleration.rules import shapes
from mtl_core.batches import Batch
from mtl_core.session import Session
from mtl_core.stepping import Step, take_step

BACKEND = "inductor"
OPTIONS: dict[str, str | int | bool | Callable[..., Any]] = {"fallback_random": True, "compile_threads": 1}
"""Dropout draws what it draws without compiling; no processes are left behind by the compiler."""


class Compiled:
    """Takes steps with a compiled network: of one shape of batch, in which all tasks take part.

    It is compiled within the first step. Where torch cannot do that, the plain network answers and :attr:`failed` says
    why.

    Args:
        session: of the run.
        batch: as all will be.
    """

    def __init__(self, session: Session, batch: Batch) -> None:
        self._session, self._shapes = session, shapes(batch)
        options = OPTIONS if BACKEND == "inductor" else None
        self._forward = torch.compile(session.network.forward, dynamic=False, backend=BACKEND, options=options)
        self.failed: str | None = None

    def fits(self, batch: Batch) -> bool:
        """Whether a step of this batch can be taken so."""
        return shapes(batch) == self._shapes

    def take(self, batch: Batch) -> Step:
        """Take the step."""
        self._session.forward = self._outputs
        try:
            return take_step(self._session, batch)
        finally:
            self._session.forward = None

    def _outputs(self, inputs: Mapping[str, Tensor], rows: Mapping[str, Tensor], **others: Any) -> dict[str, Any]:
        if self.failed is None:
            try:
                found: dict[str, Any] = self._forward(inputs, rows, **others)
                return found
            except Exception as error:  # noqa: BLE001 (what a compiler raises has no common base; the run tells it)
                self.failed = f"torch could not compile it: {first_line(error)}"
        return self._session.network(inputs, rows, **others)  # type: ignore[no-any-return]


def first_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
