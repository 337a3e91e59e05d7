"""Three tasks on one small table, and a step's Jacobian computed without the engine's own combining."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.datasets.base import Progress, Samples
from mtl_core.losses import task_loss
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task
from tests.engine.loading import finished
from tests.engine.tiny import TinyTable


class TinyThree(TinyTable):
    """The tiny table with a third task that pulls against the first."""

    name: Literal["tiny_three"] = "tiny_three"  # type: ignore[assignment]

    def tasks(self) -> tuple[Task, ...]:
        return (*super().tasks(), Task("z", "regression"))

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        samples = yield from super().load(folder, validation)
        samples.targets["z"] = (1 - 2 * samples.targets["y"] + samples.inputs["table"][:, 3]).astype(np.float32)
        return samples


def opened(dataset: str, weighting: Mapping[str, Any] | str, **fields: Any) -> Session:
    raw = {"dataset": {"name": dataset}, "weighting": weighting, "device": "cpu", **fields}
    return finished(open_session(parse_spec(raw)))


def batch_of(session: Session, rows: int = 32) -> Batch:
    return session.splits["train"].take(slice(0, rows))


def jacobian(session: Session, batch: Batch) -> dict[str, dict[str, Tensor]]:
    """∇L_i without λ, in training mode, one backward pass a task: parameter -> task -> gradient, where there is one."""
    network, found = session.network, {}
    network.train()
    with network.nothing_remembered():
        outputs = network(batch.inputs, batch.rows)
    losses = {t.name: task_loss(t, outputs[t.name], batch.targets[t.name]) for t in session.tasks}
    for name, loss in losses.items():
        network.zero_grad(set_to_none=True)
        loss.backward(retain_graph=True)
        for key, parameter in network.named_parameters():
            if parameter.grad is not None:
                found.setdefault(key, {})[name] = parameter.grad.clone()
    network.zero_grad(set_to_none=True)
    return found


def gradients(session: Session) -> dict[str, Tensor | None]:
    return {key: parameter.grad for key, parameter in session.network.named_parameters()}


def copied(session: Session) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in session.network.state_dict().items()}


def gram_of(rows: dict[str, dict[str, Tensor]], tasks: list[str], prefix: str = "") -> Tensor:
    """G of the parameters that at least two tasks use, whose names begin so."""
    met = [per_task for key, per_task in rows.items() if len(per_task) > 1 and key.startswith(prefix)]
    flat = torch.stack(
        [
            torch.cat([each.get(t, torch.zeros_like(next(iter(each.values())))).flatten() for each in met]).double()
            for t in tasks
        ]
    )
    return flat @ flat.T
