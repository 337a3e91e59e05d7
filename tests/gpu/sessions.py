"""Sessions on the GPU and on the CPU, and the numbers of their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.stepping import Step, take_step
from tests.engine.loading import finished

DEVICE = "cuda"
SGD = {"name": "sgd", "lr": 0.05}
"""Unlike Adam it makes no large steps out of gradients that are rounding alone."""
Take = Callable[[Batch], Step]


def opened(dataset: str, device: str = DEVICE, **fields: Any) -> Session:
    """A session in full float32, whose gradients are not measured, unless said otherwise."""
    raw = {"dataset": {"name": dataset}, "precision": "fp32", "gradients": {"every": 0}, **fields}
    return finished(open_session(parse_spec(raw | {"device": device})))


def batches(session: Session, count: int = 4, rows: int = 16) -> list[Batch]:
    """The first rows of the training part, batch by batch."""
    train = session.splits["train"]
    return [train.take(slice(start * rows, (start + 1) * rows)) for start in range(count)]


def taken(session: Session, given: list[Batch], take: Take | None = None) -> Tensor:
    """(steps, numbers) on the CPU."""
    found = []
    for batch in given:
        found.append((take or (lambda one: take_step(session, one)))(batch).numbers)
        session.step += 1
    return torch.stack(found).cpu()
