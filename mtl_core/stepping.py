"""One optimizer step: losses, weights, backward, step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from mtl_core.batches import Batch
from mtl_core.evaluation import Scaler
from mtl_core.losses import task_loss
from mtl_core.network import part_seed
from mtl_core.regularizers.base import Regularizer
from mtl_core.session import Session
from mtl_core.tasks import Task


def take_step(session: Session, batch: Batch) -> Tensor:
    """Take one step and give its numbers as one tensor on the device, unread.

    L = Σ_i w_i λ_i L_i + Σ γ Ω. A task with λ = 0 rests: it is left out of the sum, so that its own
    parameters have no gradient (no momentum, no decay), and its parts stay in evaluation mode. So does a task
    that has no target in this batch.

    Returns:
        (3K + 2,): the K losses L_i, the K weights w_i λ_i, whether each task had a target (1 or 0), the total L,
        the penalty Σ γ Ω.
    """
    spec, tasks = session.spec, session.tasks
    lambdas = [spec.weighting.lambdas[task.name] for task in tasks]
    session.network.set_mode(training=True, resting=_resting(session, batch))
    if spec.architecture.dropout:
        torch.manual_seed(part_seed(spec.seed, f"step {session.step}"))
    with _autocast(session):
        losses = _losses(session, batch)
    active = [i for i, value in enumerate(lambdas) if value > 0 and batch.count(tasks[i].name)]
    weights = torch.zeros(len(tasks), device=session.device)
    total = penalty = _penalty(session)
    if active:
        scaled = torch.stack([lambdas[i] * losses[i] for i in active])
        chosen = spec.weighting.weights(scaled, None).detach()
        weights[active] = chosen * weights.new_tensor([lambdas[i] for i in active])
        total = (chosen * scaled).sum() + penalty
    _descend(session, total)
    read = torch.stack([loss.detach() for loss in losses])
    met = weights.new_tensor([float(batch.count(task.name) > 0) for task in tasks])
    return torch.cat((read, weights, met, total.detach().view(1), penalty.detach().view(1)))


def _resting(session: Session, batch: Batch) -> frozenset[str]:
    """Tasks whose own parts stay in evaluation mode: λ = 0, or too few rows here for a batch norm."""
    lambdas = session.spec.weighting.lambdas
    return frozenset(t.name for t in session.tasks if lambdas[t.name] == 0 or batch.count(t.name) < min(2, batch.size))


def _losses(session: Session, batch: Batch) -> list[Tensor]:
    """The tasks' losses; 0 for a task without a target in this batch."""
    outputs = session.network(batch.inputs, batch.rows)
    values = []
    for task in session.tasks:
        if task.name not in outputs:
            values.append(torch.zeros((), device=session.device))
            continue
        target = scaled_target(task, batch.targets[task.name], session.scalers[task.name])
        values.append(task_loss(task, outputs[task.name], target, session.class_weights[task.name]).float())
    return values


def scaled_target(task: Task, target: Tensor, scaler: Scaler) -> Tensor:
    """(y − mean) / std for regression, anything else as it is."""
    if task.kind != "regression" or scaler == Scaler():
        return target
    return (target - scaler.mean) / scaler.std


def _terms(session: Session) -> Iterator[tuple[Regularizer, dict[str, list[nn.Parameter]]]]:
    """The regularizers with γ > 0 that have something to act on, with the parameters that each ties."""
    for term in session.spec.regularizers:
        columns = session.network.tied(term.ties_heads) if term.strength > 0 else {}
        if columns:
            yield term, columns


def _penalty(session: Session) -> Tensor:
    """Σ γ Ω over the regularizers; 0 where nothing matches or γ = 0."""
    total = torch.zeros((), device=session.device)
    for term, columns in _terms(session):
        value = term.penalty(columns)
        proximal = term.uses_proximal(session.spec.optimizer.name)
        total = total + term.strength * (value.detach() if proximal else value)
    return total


def _proximal_steps(session: Session, rate: float) -> None:
    """θ ← prox_{rate·γ·Ω}(θ) for the regularizers that ask for it, after the optimizer's own step."""
    for term, columns in _terms(session):
        if term.uses_proximal(session.spec.optimizer.name):
            with torch.no_grad():
                term.proximal(columns, rate * term.strength)


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
    _proximal_steps(session, rate)


def _autocast(session: Session) -> AbstractContextManager[object]:
    if session.spec.precision != "bf16":
        return nullcontext()
    return torch.autocast(session.device.type, dtype=torch.bfloat16)
