"""Session: everything that a training run holds while it runs, and how it is built."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.batches import TensorSplit, steps_per_epoch, to_device
from mtl_core.datasets.base import Progress, Samples
from mtl_core.devices import choose_device
from mtl_core.diagnostics import GradientLog
from mtl_core.errors import DataError, Problem, SpecError
from mtl_core.evaluation import Scaler
from mtl_core.explicit.engine import Explicit, fits
from mtl_core.explicit.flat import FlatAdam
from mtl_core.losses import balanced_weights
from mtl_core.lr_schedules import lr_factor
from mtl_core.making import UpdateGroup, adam_groups, build_groups
from mtl_core.network import Network
from mtl_core.paths import get_path
from mtl_core.settings import data_dir
from mtl_core.spec import RunSpec
from mtl_core.spec_parts import ONLY
from mtl_core.splitting import resplit, with_fewer
from mtl_core.tasks import Task
from mtl_core.weigher import Weigher

TRAIN_SAMPLE = 2_000
"""Training rows, at most, on which training metrics are measured (a fixed random sample)."""
WHOLE = ("epochs", "gradients.every")
"""Steerable fields that are whole numbers."""
Phase = Literal["joint", "supervised", "generation"]


@dataclass
class Session:
    """The state of one run.

    ``spec`` is the spec as it is now: a change during the run replaces it. ``step`` counts the
    optimizer steps done. ``cycles`` are the steps at which a cycle of the learning-rate schedule
    begins: 0, and wherever a finished run was continued. ``continued``: epochs before and after, of a run
    that goes on from here beyond its former end. ``groups`` are updated after the main optimizer, in their order.
    ``explicit`` works out losses and gradients by formulas where the network is one of dense layers, else None.
    ``only`` names the tasks whose gradients the next step takes alone; empty: all.
    """

    spec: RunSpec
    tasks: tuple[Task, ...]
    device: torch.device
    why: str
    samples: Samples
    splits: dict[str, TensorSplit]
    train_sample: TensorSplit
    network: Network
    optimizer: torch.optim.Optimizer
    groups: tuple[UpdateGroup, ...]
    scalers: dict[str, Scaler]
    class_weights: dict[str, Tensor | None]
    weigher: Weigher
    gradients: GradientLog
    explicit: Explicit | None = None
    step: int = 0
    only: set[str] = field(default_factory=set)
    cycles: list[int] = field(default_factory=lambda: [0])
    continued: tuple[int, int] | None = None
    earlier_seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def batch_size(self) -> int:
        """Rows a step; all of them for ``full``."""
        rows = len(self.splits["train"])
        return rows if self.spec.batch_size == "full" else self.spec.batch_size

    @cached_property
    def steps_per_epoch(self) -> int:
        """Steps that one pass over the training rows takes."""
        return steps_per_epoch(len(self.splits["train"]), self.batch_size)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, as things stand."""
        return self.spec.epochs * self.steps_per_epoch

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the one under way."""
        return self.step / self.steps_per_epoch

    @property
    def seconds(self) -> float:
        """Seconds since the run began, those before a resume included."""
        return self.earlier_seconds + time.monotonic() - self.began

    def rate_factor(self) -> float:
        """The factor of the learning-rate schedule at the next step."""
        start = self.cycles[-1]
        return lr_factor(self.spec.lr_schedule, self.step - start, max(1, self.total_steps - start))

    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self.spec.optimizer.lr * self.rate_factor()

    @property
    def phase(self) -> Phase:
        """Which tasks train now: all, or in the two-step way first the supervised ones, then generation.

        The second phase begins after a share of the run as it was first planned; a run that is continued stays in it.
        """
        generation = self.spec.generation
        if generation.start == "joint" or all(task.kind != "generation" for task in self.tasks):
            return "joint"
        planned = self.cycles[1] if len(self.cycles) > 1 else self.total_steps
        return "supervised" if self.step < round(generation.after * planned) else "generation"

    def trains_now(self, task: Task) -> bool:
        """Whether the phase lets a task train."""
        return self.phase == "joint" or (self.phase == "generation") == (task.kind == "generation")

    def change(self, name: str, value: float) -> tuple[Any, Any]:
        """Set a steerable field now; gives the old and the new value.

        Raises:
            SpecError: where the field cannot be changed or the value breaks its rule.
        """
        if name.startswith(ONLY):
            self.only.add(name.removeprefix(ONLY))
            return 0.0, float(value)
        old = get_path(self.spec, name)
        if name == "epochs" and self.step >= self.total_steps:
            self.cycles.append(self.step)
        new = int(value) if name in WHOLE else float(value)
        self.spec = self.spec.with_value(name, new)
        self.gradients.every = self.spec.gradients.every
        return old, new

    def moved(self) -> None:
        """The network's parameters have other numbers now."""
        if self.explicit is not None:
            self.explicit.moved()

    def take_gradients(self, gradients: Mapping[Tensor, Tensor]) -> None:
        """Set the ``.grad`` of these parameters."""
        if isinstance(self.optimizer, FlatAdam):
            self.optimizer.give(gradients)
            return
        for parameter, gradient in gradients.items():
            parameter.grad = gradient

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds: tensors and plain values only, so that it loads with ``weights_only``."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "source": self.samples.source,
            "network": {name: values.clone() for name, values in self.network.state_dict().items()},
            "optimizer": self.optimizer.state_dict(),
            "groups": [group.optimizer.state_dict() for group in self.groups],
            "weighting": self.weigher.state(),
            "gradients": self.gradients.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go back to a checkpoint; changes of the schedule up to its step are applied again.

        Raises:
            DataError: if the checkpoint was made on data from elsewhere (a stand-in, say, and now the real file).
        """
        if state["source"] != self.samples.source:
            raise DataError(
                f"this run was trained on {self.spec.dataset.name} from {state['source']!r}, and the data folder now "
                f"gives {self.samples.source!r}: going on would mix the two; restart the run instead"
            )
        self.step = int(state["step"])
        self.earlier_seconds = float(state["seconds"])
        self.network.load_state_dict(state["network"])
        self.moved()
        self.optimizer.load_state_dict(state["optimizer"])
        for group, saved in zip(self.groups, state.get("groups", []), strict=True):
            group.optimizer.load_state_dict(saved)
        if "weighting" in state:  # a checkpoint from before there was anything to remember has none
            self.weigher.load_state(state["weighting"])
            self.gradients.load_state(state["gradients"])
        here = self.step
        for change in sorted(self.spec.schedule, key=lambda change: change.step):
            if change.step <= here:
                self.step = change.step
                if change.field.startswith(ONLY) and change.step < here:
                    continue  # a single step, long taken
                old, new = self.change(change.field, change.value)
                self.continued = (old, new) if change.field == "epochs" and change.step == here else None
        self.step = here


def open_session(spec: RunSpec) -> Generator[Progress, None, Session]:
    """Load the data and build the model; yields the loading's progress.

    Raises:
        DataError: where the data cannot be used.
        SpecError: where device or batch size do not fit this machine or these rows.
    """
    device, why = choose_device(spec.device)
    tasks = spec.task_list()
    samples = yield from load_samples(spec, tasks)
    splits = to_device(samples, tasks, device)
    rows = len(splits["train"])
    if not rows:
        raise DataError(f"{spec.dataset.name} has no training row with a target for {', '.join(spec.tasks)}")
    if spec.batch_size != "full" and spec.batch_size > rows:
        rule = f"must be 'full' or at most the {rows} training rows"
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
    return Session(
        spec=spec,
        tasks=tasks,
        device=where[0],
        why=where[1],
        samples=samples,
        splits=splits,
        train_sample=_sample(splits["train"], spec.seed),
        network=network,
        optimizer=build_optimizer(spec, network, flat=explicit is not None),
        groups=build_groups(network, spec.generation),
        scalers=scalers,
        class_weights=weights,
        weigher=Weigher(spec.weighting, len(tasks)),
        gradients=GradientLog(spec.gradients.every, spec.tasks),
        explicit=explicit,
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
    cut = getattr(spec.weighting, "at_representation", False)
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


def build_optimizer(spec: RunSpec, network: Network, *, flat: bool = False) -> torch.optim.Optimizer:
    """torch's Adam, AdamW or SGD over all parameters, fused where torch has that for the device.

    Generators that are apart from the way from inputs to outputs have optimizers of their own. ``flat``: Adam steps
    over all parameters at once (see :class:`mtl_core.explicit.flat.FlatAdam`).
    """
    options = spec.optimizer
    parameters = network.in_use()
    fused = parameters[0].device.type in ("cpu", "cuda")
    if options.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=options.lr, momentum=options.momentum, weight_decay=options.weight_decay, fused=fused
        )
    if flat and fused:
        return FlatAdam(parameters, options.lr, options.weight_decay, decoupled=options.name == "adamw")
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
