"""Session: everything that a training run holds while it runs, and how it is built."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

from mtl_core.acceleration.constants import Constants
from mtl_core.acceleration.host import on_host
from mtl_core.acceleration.static import Static
from mtl_core.acceleration.ways import PLAIN, Choice, Way, choice_of
from mtl_core.batches import TensorSplit, steps_per_epoch
from mtl_core.datasets.base import Samples
from mtl_core.diagnostics import GradientLog
from mtl_core.errors import DataError
from mtl_core.evaluation import Scaler
from mtl_core.explicit.engine import Explicit
from mtl_core.explicit.flat import FlatAdam
from mtl_core.lr_schedules import lr_factor
from mtl_core.making import UpdateGroup
from mtl_core.network import Network
from mtl_core.paths import get_path
from mtl_core.spec import RunSpec
from mtl_core.spec_parts import ONLY
from mtl_core.tasks import Task
from mtl_core.weigher import Weigher

WHOLE = ("epochs", "gradients.every")
"""Steerable fields that are whole numbers."""
Phase = Literal["joint", "supervised", "generation"]
Forward = Callable[..., dict[str, Any]]
"""As :meth:`mtl_core.network.Network.forward`."""


@dataclass
class Session:
    """The state of one run.

    ``spec`` is the spec as it is now: a change during the run replaces it. ``step`` counts the
    optimizer steps done. ``cycles`` are the steps at which a cycle of the learning-rate schedule
    begins: 0, and wherever a finished run was continued. ``continued``: epochs before and after, of a run
    that goes on from here beyond its former end. ``groups`` are updated after the main optimizer, in their order.
    ``explicit`` works out losses and gradients by formulas where the network is one of dense layers, else None.
    ``only`` names the tasks whose gradients the next step takes alone; empty: all.
    ``way`` is how steps are taken now, ``choice`` how that came about (None: nobody has chosen yet), ``forward`` what
    gives the network's outputs in its place, ``static`` from where a captured step reads λ, γ and the rate.
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
    way: Way = PLAIN
    choice: Choice | None = None
    forward: Forward | None = None
    static: Static | None = None
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
    def constants(self) -> Constants:
        """Small numbers on the device."""
        return Constants(self.device)

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
        if self.spec.lr_schedule.name == "constant":
            return 1.0
        start = self.cycles[-1]
        return lr_factor(self.spec.lr_schedule, self.step - start, max(1, self.total_steps - start))

    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self.spec.optimizer.lr * self.rate_factor()

    @cached_property
    def makes(self) -> bool:
        """Whether a task makes pictures."""
        return any(task.kind == "generation" for task in self.tasks)

    @property
    def phase(self) -> Phase:
        """Which tasks train now: all, or in the two-step way first the supervised ones, then generation.

        The second phase begins after a share of the run as it was first planned; a run that is continued stays in it.
        """
        generation = self.spec.generation
        if generation.start == "joint" or not self.makes:
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
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "source": self.samples.source,
            "network": {name: values.clone() for name, values in self.network.state_dict().items()},
            "optimizer": self.optimizer.state_dict(),
            "groups": [group.optimizer.state_dict() for group in self.groups],
            "weighting": self.weigher.state(),
            "gradients": self.gradients.state(),
            "acceleration": {} if self.choice is None else {"device": self.device.type, **self.choice.values()},
        }
        held: dict[str, Any] = on_host(state, self.device)
        return held

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
        chosen = state.get("acceleration") or {}
        if chosen.get("device") == self.device.type and chosen["final"]:
            self.choice = choice_of(chosen)  # a run that goes on takes its steps as before
        here = self.step
        for change in sorted(self.spec.schedule, key=lambda change: change.step):
            if change.step <= here:
                self.step = change.step
                if change.field.startswith(ONLY) and change.step < here:
                    continue  # a single step, long taken
                old, new = self.change(change.field, change.value)
                self.continued = (old, new) if change.field == "epochs" and change.step == here else None
        self.step = here
