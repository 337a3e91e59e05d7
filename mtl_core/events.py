"""Event: one JSON-able record of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

EventKind = Literal[
    "progress",
    "started",
    "step",
    "evaluation",
    "gradients",
    "preview",
    "change",
    "checkpoint",
    "finished",
    "stopped",
    "failed",
    "interrupted",
]

TERMINAL_KINDS = frozenset({"finished", "stopped", "failed", "interrupted"})


@dataclass(frozen=True)
class Event:
    """One record of a run; everything but ``payload`` is JSON-able.

    Attributes:
        kind: what happened.
        step: optimizer steps completed when it happened.
        epoch: epochs completed, as a fraction within an epoch.
        time: seconds since the run began, pauses included.
        values: the content; keys depend on ``kind`` (docs of :func:`mtl_core.trainer.train`).
        run: id of the run in the store, empty outside a store.
        payload: what becomes an artifact file: numpy arrays by name (``preview``) or a torch state (``checkpoint``).
    """

    kind: EventKind
    step: int
    epoch: float
    time: float
    values: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    payload: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The record without its payload."""
        return {
            "run": self.run,
            "step": self.step,
            "epoch": self.epoch,
            "time": self.time,
            "kind": self.kind,
            "values": self.values,
        }
