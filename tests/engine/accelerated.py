"""Short ways to steps that are taken in another way, and to what they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mtl_core.acceleration.graph import Recorded
from mtl_core.batches import Batch
from mtl_core.events import Event
from mtl_core.session import Session
from mtl_core.stepping import take_step
from tests.engine.test_trainer import steps
from tests.engine.three import opened

QUIET = {"gradients": {"every": 0}}


def pictures(**fields: Any) -> Session:
    return opened("tiny_images", fields.pop("weighting", "fixed"), **{**QUIET, **fields})


def batches(session: Session, count: int = 4, rows: int = 16) -> list[Batch]:
    train = session.splits["train"]
    return [train.take(slice(start * rows, (start + 1) * rows)) for start in range(count)]


def everything(session: Session) -> dict[str, Any]:
    """All that a step may change, as copies."""
    states = {f"adam {i} {k}": v.clone() for i, s in enumerate(session.optimizer.state.values()) for k, v in s.items()}
    numbers = {name: value.clone() for name, value in session.network.state_dict().items()}
    memory = {f"memory {name}": value.clone() for name, value in session.weigher.state()["memory"].items()}
    return {**numbers, **states, **memory, "random": torch.random.get_rng_state(), "step": torch.tensor(session.step)}


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def taken(session: Session, given: list[Batch], take: Callable[[Batch], Any] | None = None) -> Tensor:
    found = [torch.zeros(0)]
    for batch in given:
        found.append((take or (lambda b: take_step(session, b)))(batch).numbers)
        session.step += 1
    return torch.cat(found)


def pretended(step: Callable[[], Tensor]) -> Recorded:
    """A recording without a GPU: nothing happens at first, a replay does the step."""
    numbers = torch.zeros(2 * 3 + 2)
    return Recorded(lambda: numbers.copy_(step()), numbers)


def numbers(events: list[Event]) -> list[float]:
    return [value for _, given, total in steps(events) for value in (*given.values(), total)]
