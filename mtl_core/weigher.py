"""Weigher: a weighting while a run goes on: what it remembers, and the Adam that moves what it learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from mtl_core.fused import adam_step
from mtl_core.network import part_seed
from mtl_core.spec import RunSpec
from mtl_core.tasks import Task
from mtl_core.weightings.base import Moment, Weighting


class Weigher:
    """The memory of a run's weighting, and the optimizer of the part of it that is learned.

    Args:
        weighting: the method; a run's λ may change, what it remembers stays.
        tasks: K.
        device: of the losses; what reads gradients works on the CPU all the same.
    """

    def __init__(self, weighting: Weighting, tasks: int, device: torch.device | None = None) -> None:
        self._device = None if weighting.needs_gramian else device
        self.memory = {
            name: values if name in weighting.on_host else values.to(self._device)
            for name, values in weighting.memory(tasks).items()
        }
        self._learned = weighting.learned
        self._lambdas: tuple[list[float], torch.Tensor] | None = None
        learned = [self.memory[name] for name in weighting.learned]
        self._adam = torch.optim.Adam(learned, weight_decay=weighting.decay) if learned else None

    def moment(self, spec: RunSpec, tasks: Sequence[Task], places: list[int], step: int, epoch: int) -> Moment:
        """The moment of a step at which the tasks in these places are active."""
        active = [tasks[i] for i in places]
        values = [spec.weighting.lambdas[task.name] for task in active]
        if self._lambdas is None or self._lambdas[0] != values:
            self._lambdas = values, torch.tensor(values).to(self._device)
        seed = part_seed(spec.seed, f"weights of step {step}") if spec.weighting.random else 0
        return Moment(active, places, self._lambdas[1], self.memory, epoch, seed)

    def learn(self, rate: float, places: Sequence[int] | None = None) -> None:
        """One step of Adam on what is learned of the tasks in these places (None: all), where a gradient was left.

        What is learned of a task that rests stays as it is: neither momentum nor decay moves it.
        """
        if self._adam is None:
            return
        for name in self._learned:
            learned = self.memory[name]
            if learned.grad is None:
                continue
            kept = learned.clone() if places is not None and len(places) < len(learned) else None
            self._move(learned, rate)
            if kept is not None:
                kept[places] = learned[places]
                learned.copy_(kept)
            learned.grad = None

    def _move(self, learned: torch.Tensor, rate: float) -> None:
        """torch's Adam on one tensor; its ``step`` takes thrice as long about it."""
        assert self._adam is not None
        assert learned.grad is not None
        options, state = self._adam.param_groups[0], self._adam.state[learned]
        if not state:
            zeros = {name: torch.zeros_like(learned) for name in ("exp_avg", "exp_avg_sq")}
            state |= {"step": torch.tensor(0.0), **zeros}
        state["step"] = state["step"].to(learned.device)  # a checkpoint has it on the CPU
        moments, decay = ([state["exp_avg"]], [state["exp_avg_sq"]]), options["weight_decay"]
        adam_step([learned], [learned.grad], moments, [state["step"]], lr=rate, weight_decay=decay)

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        memory = {name: tensor.detach().clone() for name, tensor in self.memory.items()}
        return {"memory": memory, "adam": self._adam.state_dict() if self._adam else {}}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        with torch.no_grad():
            for name, tensor in state["memory"].items():
                self.memory[name].copy_(tensor)
        if self._adam:
            self._adam.load_state_dict(state["adam"])


def learned_values(weigher: Weigher) -> dict[str, list[float]]:
    """What the method remembers of each task, as plain numbers: one list of K a name."""
    return {name: tensor.tolist() for name, tensor in weigher.memory.items() if tensor.dim() == 1}
