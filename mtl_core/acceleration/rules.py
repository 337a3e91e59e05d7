"""Which runs can be compiled or captured at all, and which single steps of them cannot."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from mtl_core.acceleration.ways import Taken
from mtl_core.batches import Batch
from mtl_core.session import Session

FORMULAS = "its dense layers are trained by formulas, without a tape: there is nothing to {}"
DONE = {"compile": "compile", "cuda_graph": "capture", "eager": "change"}


def why_not(session: Session, taken: Taken) -> str | None:
    """Why no step of a run can be taken so; None where most can."""
    if taken == "eager":
        return None
    if session.explicit is not None:
        return FORMULAS.format(DONE[taken])
    reasons = _not_compiled(session) if taken == "compile" else _not_captured(session)
    return next(reasons, None)


def _either(session: Session) -> Iterator[str]:
    if any(split.present for split in session.splits.values()):
        yield "which rows have a target changes from batch to batch"
    if session.groups:
        yield "a generator with an optimizer of its own is trained beside the network"
    if session.phase != "joint":
        yield "its tasks train one after another"


def _not_compiled(session: Session) -> Iterator[str]:
    yield from _either(session)
    if session.spec.weighting.needs_gramian:
        yield f"{session.spec.weighting.name} takes one pass back a task, and a compiled pass is one for all of them"


def _not_captured(session: Session) -> Iterator[str]:
    if session.device.type != "cuda":
        yield "a CUDA graph needs a CUDA device"
    yield from _either(session)
    weighting, optimizer = session.spec.weighting, session.spec.optimizer
    if weighting.name != "fixed":
        yield f"{weighting.name} works out its weights outside the device's graph at every step"
    for term in session.spec.regularizers:
        if term.uses_proximal(optimizer.name):
            yield f"{term.name} takes a proximal step after each of the optimizer's"


def why_irregular(session: Session, batch: Batch) -> str | None:
    """Why the next step is taken eagerly in any case; None where it is like the others."""
    if session.only:
        return "single tasks are asked for"
    if batch.rows:
        return "tasks have rows of their own"
    if batch.size != session.batch_size:
        return "it is a batch of another size"
    lambdas = session.spec.weighting.lambdas
    if any(lambdas[task.name] == 0 for task in session.tasks):
        return "a task rests"
    if len(session.tasks) > 1 and session.gradients.due(session.step):
        return "gradients are measured"
    return None


def shapes(batch: Batch) -> dict[str, torch.Size]:
    """Of all that a batch holds."""
    inputs = {f"input {name}": values.shape for name, values in batch.inputs.items()}
    return inputs | {f"target {name}": values.shape for name, values in batch.targets.items()}
