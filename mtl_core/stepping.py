"""One optimizer step: losses, weights, backward, step."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.combining import Combined, Cuts, combine
from mtl_core.evaluation import Scaler
from mtl_core.explicit import combining as explicit
from mtl_core.losses import task_loss
from mtl_core.making import Making, UpdateGroup, noise_seed
from mtl_core.network import part_seed
from mtl_core.penalties import penalty_of, proximal_steps
from mtl_core.seeding import reseed
from mtl_core.session import Forward, Session
from mtl_core.tasks import Task
from mtl_core.weightings.base import Moment
from mtl_core.weightings.fixed import Fixed

Losses = list[Tensor] | Tensor


@dataclass(frozen=True)
class Step:
    """What a step gives.

    Attributes:
        numbers: (3K + 2 + groups,), on the device, unread: the K losses L_i, the K weights w_i λ_i, whether each task
            had a target (1 or 0), the total Σ w_i λ_i L_i + Σ γ Ω, the penalty Σ γ Ω, the loss of each update group
            (0 where its task rests).
        gradients: how the tasks' gradients stood to each other, at steps where that is measured.
        only: the tasks whose gradients alone were taken; empty: all.
        after: of such a step, the K losses on the same batch after it.
    """

    numbers: Tensor
    gradients: dict[str, Any] | None = None
    only: tuple[str, ...] = ()
    after: Tensor | None = None


def take_step(session: Session, batch: Batch) -> Step:
    """Take one step.

    The weighting gives w for the losses λ_i L_i of the active tasks, :func:`mtl_core.combining.combine` the gradient
    Jᵀw + Σ γ ∇Ω. A task with λ = 0 rests: it is left out, so that its own parameters have no gradient (no momentum, no
    decay), and its parts stay in evaluation mode. So does a task that has no target in this batch, or does not train
    in this phase. Then the update groups, in their order, each against the network as it is now.

    A step of single tasks (``session.only``) takes their λ_i ∇L_i and nothing else: no penalty, no weighting.
    """
    spec, tasks, only = session.spec, session.tasks, session.only
    batch = _of_phase(session, batch)
    if session.explicit is None:
        _set_mode(session, batch)
    places = [i for i, t in enumerate(tasks) if _trains(session, t, batch)]
    moment = session.weigher.moment(spec, tasks, places, session.step, int(session.epoch))
    session.network.forget_gradients()
    cuts: Cuts | None = {} if spec.weighting.cuts and not only else None
    losses, makings = _losses(session, batch, cuts, session.forward)
    read = losses.detach() if isinstance(losses, Tensor) else torch.stack([loss.detach() for loss in losses])
    weights = torch.zeros_like(read)
    total = penalty = torch.zeros((), device=session.device) if only else penalty_of(session)
    gradients = None
    if places:
        combined, gradients = _combine(session, batch, losses, moment, penalty, cuts)
        weights = _spread(session, combined.weights * _lambdas(session, moment), places, weights)
        total = combined.total + penalty
    elif penalty.requires_grad:
        penalty.backward()  # type: ignore[no-untyped-call]
    if places or penalty.requires_grad:
        _descend(session)
    _learn(session, batch, moment)
    last = [total.detach(), penalty.detach(), *(_update(session, group, makings) for group in session.groups)]
    met = torch.ones_like(read) if not batch.rows else _met(session, batch)
    after = _losses_again(session, batch) if only else None
    session.only = set()
    return Step(torch.cat((read, weights, met, torch.stack(last))), gradients, tuple(sorted(only)), after)


def _lambdas(session: Session, moment: Moment) -> Tensor:
    """(A,) λ of the active tasks, on the device."""
    return moment.lambdas.to(session.device) if session.static is None else session.static.lambdas


def _spread(session: Session, values: Tensor, places: list[int], zeros: Tensor) -> Tensor:
    """The values (A,) in their places among K, 0 elsewhere."""
    if len(places) == zeros.shape[0]:
        return values
    return zeros.index_copy_(0, session.constants.of("places", places, torch.int64), values)


def _met(session: Session, batch: Batch) -> Tensor:
    """(K,) 1 where a task has a target in the batch, else 0."""
    return session.constants.of("met", [float(batch.count(task.name) > 0) for task in session.tasks])


def _trains(session: Session, task: Task, batch: Batch) -> bool:
    """Whether a task takes part in this step: λ > 0, a target in the batch, and not left out by name."""
    chosen = not session.only or task.name in session.only
    return chosen and session.spec.weighting.lambdas[task.name] > 0 and batch.count(task.name) > 0


def _combine(
    session: Session, batch: Batch, losses: Losses, moment: Moment, penalty: Tensor, cuts: Cuts | None
) -> tuple[Combined, dict[str, Any] | None]:
    """The gradient of the step, and what is measured of the tasks' gradients where that is due."""
    due = session.gradients.due(session.step) and len(moment.places) > 1
    weighting = Fixed() if session.only else session.spec.weighting
    if session.explicit is not None:
        combined, found = explicit.combine(session.explicit, batch, weighting, moment, measured=due)
        session.take_gradients(found)
        if penalty.requires_grad:
            penalty.backward()  # type: ignore[no-untyped-call]
    else:
        lambdas = _lambdas(session, moment)
        scaled = [lambdas[place] * losses[i] for place, i in enumerate(moment.places)]
        combined = combine(session.network, weighting, scaled, moment, penalty, cuts=cuts, measured=due)
    if not due or combined.rows is None:
        return combined, None
    return combined, session.gradients.measure(combined, moment)


def _learn(session: Session, batch: Batch, moment: Moment) -> None:
    """What the weighting learns from this step, the losses after it included where it looks back."""
    weighting = session.spec.weighting
    if not moment.places or session.only:
        return
    if weighting.looks_back:
        lambdas, after = moment.lambdas, moment.of(_losses_again(session, batch))
        weighting.observe(lambdas * after.to(lambdas.device), moment)
    if weighting.learned:
        session.weigher.learn(weighting.learning_rate(session.learning_rate()), moment.places)


def _losses_again(session: Session, batch: Batch) -> Tensor:
    """The K losses of the batch with the network as it is now; nothing is remembered of it."""
    if session.explicit is not None:
        return session.explicit.losses(batch)
    makes = any(task.kind == "generation" for task in session.tasks)  # a penalty on D's slope needs the graph
    with nullcontext() if makes else torch.no_grad(), session.network.nothing_remembered():
        losses, _ = _losses(session, batch)
    return losses.detach() if isinstance(losses, Tensor) else torch.stack([loss.detach() for loss in losses])


def _of_phase(session: Session, batch: Batch) -> Batch:
    """The batch without the targets of tasks that do not train in this phase."""
    if session.phase == "joint":
        return batch
    out = [task.name for task in session.tasks if not session.trains_now(task)]
    nothing = torch.zeros(0, dtype=torch.int64, device=session.device)
    targets = {name: batch.targets[name][:0] for name in out}
    return replace(batch, targets=batch.targets | targets, rows=batch.rows | dict.fromkeys(out, nothing))


def _set_mode(session: Session, batch: Batch) -> None:
    """Training mode, but for tasks with λ = 0 or too few rows for a batch norm; where the trunk is frozen, its too."""
    tasks = session.tasks
    resting = [t.name for t in tasks if not _trains(session, t, batch) or batch.count(t.name) < min(2, batch.size)]
    frozen = [None, *(t.name for t in tasks if not session.trains_now(t))] if session.phase == "generation" else []
    session.network.set_mode(True, frozenset([*resting, *frozen]), frozenset(frozen))


def _losses(
    session: Session, batch: Batch, cuts: Cuts | None = None, forward: Forward | None = None
) -> tuple[Losses, dict[str, Making]]:
    """The tasks' losses, 0 for a task without a target in this batch; and what was made on the way, by task.

    They have a graph, one each, or are known without one, (K,).

    At one step they are the same whenever they are asked for: what is random in them follows from seed and step.
    """
    if session.explicit is not None:
        return session.explicit.losses(batch), {}
    if session.static is None:  # a captured step is seeded before each replay
        seed_step(session)
    with _autocast(session):
        outputs = (forward or session.network)(batch.inputs, batch.rows, cuts=cuts)
        return _made_losses(session, batch, outputs)


def seed_step(session: Session) -> None:
    """Let what is random in the next step (dropout, a VAE's z) follow from seed and step."""
    if session.spec.architecture.dropout or any(task.kind == "generation" for task in session.tasks):
        reseed(part_seed(session.spec.seed, f"step {session.step}"), session.device)


def _made_losses(session: Session, batch: Batch, outputs: dict[str, Any]) -> tuple[list[Tensor], dict[str, Making]]:
    values, makings = [], {}
    for task in session.tasks:
        if task.name not in outputs:
            values.append(torch.zeros((), device=session.device))
            continue
        if task.kind == "generation":
            makings[task.name] = making = _making(session, task, batch, outputs[task.name])
            values.append(_full(session.spec.generation.task_loss(making)))
            continue
        target = scaled_target(task, batch.targets[task.name], session.scalers[task.name])
        values.append(_full(task_loss(task, outputs[task.name], target, session.class_weights[task.name])))
    return values, makings


def _full(loss: Tensor) -> Tensor:
    """A loss of reduced precision in float32, any other as it is."""
    return loss.float() if loss.dtype in (torch.bfloat16, torch.float16) else loss


def _making(session: Session, task: Task, batch: Batch, output: object) -> Making:
    seed = noise_seed(session.spec.seed, task.name, f"step {session.step}")
    return Making(session.network, session.spec.generation, task, batch, output, seed, session.step)


def _update(session: Session, group: UpdateGroup, makings: dict[str, Making]) -> Tensor:
    """One step of a generator against the network as the main update left it; 0 where its task rests."""
    making = makings.get(group.task)
    left_out = session.only and group.task not in session.only
    if making is None or left_out or session.spec.weighting.lambdas[group.task] == 0:
        return torch.zeros((), device=session.device)
    with _autocast(session):
        loss = session.spec.generation.generator_loss(making).float()
    for parameter, gradient in zip(group.parameters, torch.autograd.grad(loss, group.parameters), strict=True):
        parameter.grad = gradient
    for options in group.optimizer.param_groups:
        options["lr"] = group.lr * session.rate_factor()
    group.optimizer.step()
    group.optimizer.zero_grad(set_to_none=True)
    if group.generator.average is not None:
        group.generator.average.follow(group.generator, session.rate_factor())
    return loss.detach()


def scaled_target(task: Task, target: Tensor, scaler: Scaler) -> Tensor:
    """(y − mean) / std for regression, anything else as it is."""
    if task.kind != "regression" or scaler == Scaler():
        return target
    return (target - scaler.mean) / scaler.std


def _descend(session: Session) -> None:
    """One step of the optimizer along what is in ``.grad``."""
    optimizer = session.optimizer
    if session.spec.optimizer.clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(session.network.in_use(), session.spec.optimizer.clip_norm)
    rate = session.learning_rate() if session.static is None else session.static.rate
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    proximal_steps(session, rate)
    session.moved()


def _autocast(session: Session) -> AbstractContextManager[object]:
    if session.way.precision != "bf16":
        return nullcontext()
    return torch.autocast(session.device.type, dtype=torch.bfloat16)
