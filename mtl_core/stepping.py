"""One optimizer step: losses, weights, backward, step."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.evaluation import Scaler
from mtl_core.losses import task_loss
from mtl_core.network import part_seed
from mtl_core.session import Session
from mtl_core.tasks import Task


def take_step(session: Session, batch: Batch) -> Tensor:
    """Take one step and give its numbers as one tensor on the device, unread.

    L = Σ_i w_i λ_i L_i + Σ γ Ω. A task with λ = 0 rests: it is left out of the sum, so that its own
    parameters have no gradient (no momentum, no decay), and its parts stay in evaluation mode.

    Returns:
        (2K + 2,): the K losses L_i, the K weights w_i λ_i, the total L, the penalty Σ γ Ω.
    """
    spec, tasks = session.spec, session.tasks
    lambdas = [spec.weighting.lambdas[task.name] for task in tasks]
    resting = frozenset(task.name for task, value in zip(tasks, lambdas, strict=True) if value == 0)
    session.network.set_mode(training=True, resting=resting)
    if spec.architecture.dropout:
        torch.manual_seed(part_seed(spec.seed, f"step {session.step}"))
    with _autocast(session):
        losses = _losses(session, batch)
    active = [i for i, value in enumerate(lambdas) if value > 0]
    weights = torch.zeros(len(tasks), device=session.device)
    total = penalty = _penalty(session)
    if active:
        scaled = torch.stack([lambdas[i] * losses[i] for i in active])
        chosen = spec.weighting.weights(scaled, None).detach()
        weights[active] = chosen * weights.new_tensor([lambdas[i] for i in active])
        total = (chosen * scaled).sum() + penalty
    _descend(session, total)
    read = torch.stack([loss.detach() for loss in losses])
    return torch.cat((read, weights, total.detach().view(1), penalty.detach().view(1)))


def _losses(session: Session, batch: Batch) -> list[Tensor]:
    inputs, targets = batch
    outputs = session.network(inputs)
    values = []
    for task in session.tasks:
        target = scaled_target(task, targets[task.name], session.scalers[task.name])
        values.append(task_loss(task, outputs[task.name], target, session.class_weights[task.name]).float())
    return values


def scaled_target(task: Task, target: Tensor, scaler: Scaler) -> Tensor:
    """(y − mean) / std for regression, anything else as it is."""
    if task.kind != "regression" or scaler == Scaler():
        return target
    return (target - scaler.mean) / scaler.std


def _penalty(session: Session) -> Tensor:
    """Σ γ Ω over the regularizers; 0 where nothing matches or γ = 0."""
    columns = session.network.columns()
    terms = [r for r in session.spec.regularizers if r.strength > 0] if len(columns) > 1 and columns[0] else []
    total = torch.zeros((), device=session.device)
    for term in terms:
        total = total + term.strength * term.penalty(columns)
    return total


def _descend(session: Session, total: Tensor) -> None:
    optimizer = session.optimizer
    optimizer.zero_grad(set_to_none=True)
    if not total.requires_grad:
        return
    total.backward()  # type: ignore[no-untyped-call]
    if session.spec.optimizer.clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(session.network.parameters(), session.spec.optimizer.clip_norm)
    rate = session.learning_rate()
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()


def _autocast(session: Session) -> AbstractContextManager[object]:
    if session.spec.precision != "bf16":
        return nullcontext()
    return torch.autocast(session.device.type, dtype=torch.bfloat16)
