"""One step in each way: the engine's, and those that one would write by hand, on the same numbers."""

from __future__ import annotations

import importlib
import sys
import types

import torch
from torch import Tensor, nn

from benchmarks.eight import trunk_and_heads
from benchmarks.pairs import NotMeasured, Way
from mtl_core.batches import Batch
from mtl_core.losses import task_loss
from mtl_core.session import Session
from mtl_core.stepping import take_step


def first_batch(session: Session) -> Batch:
    """The rows of one step, in the data's order."""
    rows = session.splits["train"]
    return rows.take(torch.arange(min(session.batch_size, len(rows))))


def engine_step(session: Session) -> Way:
    """The engine's step."""
    batch = first_batch(session)

    def step() -> None:
        take_step(session, batch)
        session.step += 1

    return step


def _parts(session: Session) -> tuple[nn.Module, nn.ModuleDict, Tensor, torch.optim.Optimizer, Batch]:
    batch = first_batch(session)
    session.network.train()
    trunk, heads = trunk_and_heads(session.network)
    return trunk, heads, next(iter(batch.inputs.values())), session.optimizer, batch


def _losses(session: Session, heads: nn.ModuleDict, features: Tensor, batch: Batch) -> list[Tensor]:
    return [task_loss(task, heads[task.name](features), batch.targets[task.name]) for task in session.tasks]


def summed_step(session: Session) -> Way:
    """Forward, Σ L_i / K, one backward pass, the optimizer's step."""
    trunk, heads, x, optimizer, batch = _parts(session)

    def step() -> None:
        optimizer.zero_grad()
        torch.stack(_losses(session, heads, trunk(x), batch)).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def summed_network_step(session: Session) -> Way:
    """The same by the network's own forward pass, for heads that read more than the end of the trunk."""
    network, optimizer, batch = session.network.train(), session.optimizer, first_batch(session)

    def step() -> None:
        optimizer.zero_grad()
        outputs = network(batch.inputs)
        losses = [task_loss(task, outputs[task.name], batch.targets[task.name]) for task in session.tasks]
        torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def torchjd_step(session: Session) -> Way:
    """torchjd's own way for PCGrad: a Jacobian of the trunk by ``mtl_backward``, then its aggregator."""
    from torchjd.aggregation import PCGrad
    from torchjd.autojac import jac_to_grad, mtl_backward

    trunk, heads, x, optimizer, batch = _parts(session)
    aggregator, shared = PCGrad(), list(trunk.parameters())

    def step() -> None:
        optimizer.zero_grad()
        features = trunk(x)
        mtl_backward(_losses(session, heads, features, batch), features=features)
        jac_to_grad(shared, aggregator)
        optimizer.step()

    return step


def torchjd_network_step(session: Session) -> Way:
    """The same for heads that read more than the end of the trunk: ``backward`` on the shared parameters."""
    from torchjd.aggregation import PCGrad
    from torchjd.autojac import backward, jac_to_grad

    network, optimizer, batch = session.network.train(), session.optimizer, first_batch(session)
    shared = [parameter for parameters in network.met().values() for parameter in parameters]
    own = [parameter for task in session.tasks for parameter in network.kept(task.name)]
    aggregator = PCGrad()

    def step() -> None:
        optimizer.zero_grad()
        outputs = network(batch.inputs)
        losses = [task_loss(task, outputs[task.name], batch.targets[task.name]) for task in session.tasks]
        backward(losses, inputs=shared, retain_graph=True)
        torch.stack(losses).sum().backward(inputs=own)  # type: ignore[no-untyped-call]
        jac_to_grad(shared, aggregator)
        optimizer.step()

    return step


def libmtl_step(session: Session) -> Way:
    """LibMTL's hard sharing with its PCGrad, stepped as its trainer does, on the CPU.

    Raises:
        NotMeasured: where it is not installed.
    """
    architecture, weighting = _libmtl()
    trunk, heads, x, _, batch = _parts(session)
    trunk, x = trunk.to(memory_format=torch.contiguous_format), x.contiguous()  # it takes views of gradients
    names = [task.name for task in session.tasks]
    zeros = {"zero_grad_share_params": lambda self: self.encoder.zero_grad(set_to_none=False)}  # as torch did before 2
    made = type("Model", (architecture.HPS, weighting.PCGrad), zeros)
    model = made(names, lambda: trunk, heads, rep_grad=False, multi_input=False, device=torch.device("cpu"))
    optimizer = torch.optim.Adam(model.parameters(), lr=session.spec.optimizer.lr)

    def step() -> None:
        outputs = model(x)
        losses = torch.zeros(len(names))
        for place, task in enumerate(session.tasks):
            losses[place] = task_loss(task, outputs[task.name], batch.targets[task.name])
        optimizer.zero_grad()
        model.backward(losses)
        optimizer.step()

    return step


def _libmtl() -> tuple[types.ModuleType, types.ModuleType]:
    """LibMTL's modules; it imports a loader of weights from where torchvision had it before 0.13."""
    former = types.ModuleType("torchvision.models.utils")
    former.load_state_dict_from_url = torch.hub.load_state_dict_from_url  # type: ignore[attr-defined]
    sys.modules.setdefault(former.__name__, former)
    try:
        return importlib.import_module("LibMTL.architecture"), importlib.import_module("LibMTL.weighting")
    except ModuleNotFoundError as error:
        raise NotMeasured(f"{error.name} is missing: pip install -r requirements-bench.txt") from error
