"""From a spec to a session: the data are loaded, the network, its optimizer and its measures are built."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.acceleration.ways import Way
from mtl_core.batches import TensorSplit, to_device
from mtl_core.datasets.base import Progress, Samples
from mtl_core.devices import choose_device, use_tensor_cores
from mtl_core.diagnostics import GradientLog
from mtl_core.errors import DataError, Problem, SpecError
from mtl_core.evaluation import Scaler
from mtl_core.explicit.engine import Explicit, fits
from mtl_core.explicit.flat import FlatAdam
from mtl_core.losses import balanced_weights
from mtl_core.making import adam_groups, build_groups
from mtl_core.network import Network
from mtl_core.session import Session
from mtl_core.settings import MEMORY_VARIABLE, data_dir
from mtl_core.spec import RunSpec
from mtl_core.splitting import resplit, with_fewer
from mtl_core.streaming import memory_for_data
from mtl_core.tasks import Task
from mtl_core.weigher import Weigher

TRAIN_SAMPLE = 2_000
"""Training rows, at most, on which training metrics are measured (a fixed random sample)."""


def open_session(spec: RunSpec) -> Generator[Progress, None, Session]:
    """Load the data and build the model; yields the loading's progress.

    Raises:
        DataError: where the data cannot be used.
        SpecError: where device or batch size do not fit this machine or these rows.
    """
    device, why = choose_device(spec.device)
    use_tensor_cores(device, spec.precision)
    tasks = spec.task_list()
    samples = yield from load_samples(spec, tasks)
    splits = to_device(samples, tasks, device)
    rows = len(splits["train"])
    if not rows:
        raise DataError(f"{spec.dataset.name} has no training row with a target for {', '.join(spec.tasks)}")
    if spec.batch_size != "full" and spec.batch_size > rows:
        rule = f"must be 'full' or at most the {rows} training rows"
        raise SpecError([Problem("batch_size", rule, spec.batch_size)])
    if splits["train"].streamed and spec.batch_size == "full":
        rule = (
            f"these data take more than the {memory_for_data(device) >> 20} MiB that they may have on the device, and "
            f"'full' needs all of them there; choose a number of rows, or set {MEMORY_VARIABLE} (MiB)"
        )
        raise SpecError([Problem("batch_size", rule, spec.batch_size)])
    return _built(spec, tasks, (device, why), samples, splits)


def sibling(session: Session, spec: RunSpec) -> Session:
    """The session of another spec on the same rows: data, tasks and device are those of the first.

    Args:
        session: of a run that has not begun.
        spec: with the same data set, split and tasks.
    """
    return _built(spec, session.tasks, (session.device, session.why), session.samples, session.splits)


def _built(
    spec: RunSpec,
    tasks: tuple[Task, ...],
    where: tuple[torch.device, str],
    samples: Samples,
    splits: dict[str, TensorSplit],
) -> Session:
    network = Network(spec.layout(), spec.seed).to(where[0]).to(memory_format=torch.channels_last)
    weights = {t.name: _class_weights(spec, t, splits["train"]) for t in tasks}
    scalers = {t.name: _scaler(spec, t, splits["train"]) for t in tasks}
    explicit = _explicit(spec, tasks, network, splits, scalers, weights)
    optimizer = build_optimizer(spec, network, order=explicit.memory_order() if explicit else None)
    if explicit is not None:
        explicit.laid_elsewhere(optimizer.room if isinstance(optimizer, FlatAdam) else None)
    return Session(
        spec=spec,
        tasks=tasks,
        device=where[0],
        why=where[1],
        samples=samples,
        splits=splits,
        train_sample=_sample(splits["train"], spec.seed),
        network=network,
        optimizer=optimizer,
        groups=build_groups(network, spec.generation),
        scalers=scalers,
        class_weights=weights,
        weigher=Weigher(spec.weighting, len(tasks), where[0]),
        gradients=GradientLog(spec.gradients.every, spec.tasks),
        explicit=explicit,
        way=Way("bf16" if spec.precision == "bf16" else "fp32"),
    )


def _explicit(
    spec: RunSpec,
    tasks: tuple[Task, ...],
    network: Network,
    splits: dict[str, TensorSplit],
    scalers: dict[str, Scaler],
    class_weights: dict[str, Tensor | None],
) -> Explicit | None:
    """Formulas in the place of a tape, where they are enough: see :mod:`mtl_core.explicit`."""
    lacking = any(split.present for split in splits.values())
    cut = spec.weighting.cuts
    if lacking or cut or spec.precision == "bf16" or not fits(network.layout, tasks):
        return None
    return Explicit(network, tasks, {name: (s.mean, s.std) for name, s in scalers.items()}, class_weights)


def load_samples(spec: RunSpec, tasks: tuple[Task, ...]) -> Generator[Progress, None, Samples]:
    """The data set's samples: the chosen inputs, split as the spec says, missing table values at the training mean."""
    samples = yield from spec.dataset.build().load(data_dir(), spec.dataset.validation)
    if spec.dataset.split.name != "standard":
        samples = resplit(samples, spec.dataset.split, spec.dataset.validation, tasks)
    if spec.dataset.train_rows is not None:
        samples = with_fewer(samples, spec.dataset.train_rows, tasks)
    inputs = {name: _filled(samples.inputs[name]) for name in spec.dataset.inputs()}
    return replace(samples, inputs=inputs)


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    """Zeros, the training mean of standardised columns, in the place of NaN."""
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.floating) or not np.isnan(values).any():
        return values
    filled: NDArray[Any] = np.nan_to_num(values, nan=0.0)
    return filled


def build_optimizer(spec: RunSpec, network: Network, *, order: Sequence[Tensor] | None = None) -> torch.optim.Optimizer:
    """torch's Adam, AdamW or SGD over all parameters, fused where torch has that for the device.

    Generators that are apart from the way from inputs to outputs have optimizers of their own. ``order``: Adam steps
    over all parameters at once (:class:`mtl_core.explicit.flat.FlatAdam`), and they lie in memory in this order.
    """
    options = spec.optimizer
    parameters = network.in_use()
    fused = parameters[0].device.type in ("cpu", "cuda")
    if options.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=options.lr, momentum=options.momentum, weight_decay=options.weight_decay, fused=fused
        )
    if order is not None and fused:
        return FlatAdam(parameters, options.lr, options.weight_decay, options.name == "adamw", order)
    make = torch.optim.Adam if options.name == "adam" else torch.optim.AdamW
    groups = adam_groups(network, spec.generation, spec.task_list())
    return make(groups, lr=options.lr, weight_decay=options.weight_decay, fused=fused)


def _class_weights(spec: RunSpec, task: Task, train: TensorSplit) -> Tensor | None:
    return balanced_weights(task, train.target(task.name)) if spec.class_weights == "balanced" else None


def _scaler(spec: RunSpec, task: Task, train: TensorSplit) -> Scaler:
    if task.kind != "regression" or spec.dataset.target_scaling == "raw":
        return Scaler()
    target = train.target(task.name).double()
    if not len(target):
        return Scaler()
    return Scaler(target.mean().item(), max(target.std(correction=0).item(), 1e-12))


def _sample(train: TensorSplit, seed: int) -> TensorSplit:
    if len(train) <= TRAIN_SAMPLE:
        return train
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:TRAIN_SAMPLE].sort().values
    return train.pick(chosen)
