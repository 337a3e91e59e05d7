"""Making pictures within a step: what a generation method sees, and the update groups of generators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mtl_core.batches import Batch
from mtl_core.generation.base import Generation
from mtl_core.network import Network, part_seed
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from mtl_core.generation_modules import Generator


@dataclass(frozen=True)
class UpdateGroup:
    """A generator that is apart from the network's way from inputs to outputs, with its own optimizer.

    Attributes:
        task: the generation task whose pictures it makes.
        generator: what makes them.
        parameters: what it updates.
        optimizer: its own.
        lr: learning rate before the schedule's factor.
    """

    task: str
    generator: Generator
    parameters: list[nn.Parameter]
    optimizer: torch.optim.Optimizer
    lr: float


def build_groups(network: Network, generation: Generation) -> tuple[UpdateGroup, ...]:
    """The update groups after the main one, in the order of their tasks; none where heads make the pictures."""
    groups = []
    for part in network.layout.parts:
        if part.role == "generator" and part.owner is not None:
            generator: Generator = network.parts[part.name]  # type: ignore[assignment]
            parameters = list(generator.parameters())
            optimizer = generation.optimizer(parameters)
            groups.append(UpdateGroup(part.owner, generator, parameters, optimizer, optimizer.param_groups[0]["lr"]))
    return tuple(groups)


def adam_groups(network: Network, generation: Generation, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """The main optimizer's parameters; those of heads that make or judge pictures apart, with their own averages."""
    betas = generation.head_betas
    heads = [f"{task.name}/head" for task in tasks if task.kind == "generation" and betas is not None]
    apart = [parameter for name in heads for parameter in network.parts[name].parameters()]
    own = {id(parameter) for parameter in apart}
    groups: list[dict[str, Any]] = [{"params": [p for p in network.in_use() if id(p) not in own]}]
    return [*groups, {"params": apart, "betas": betas}] if apart else groups


@dataclass(frozen=True)
class Making:
    """What a generation method sees of one batch.

    Attributes:
        network: the network, in training or evaluation mode.
        generation: the method.
        task: the generation task.
        batch: inputs and targets.
        output: what the task's head gives for the batch.
        seed: of the noise.
        step: steps done, in training; None in evaluation.
    """

    network: Network
    generation: Generation
    task: Task
    batch: Batch
    output: Any
    seed: int
    step: int | None = None

    @property
    def pictures(self) -> Tensor:
        """(B, C, S, S) in 0..1: the real ones."""
        return self.batch.targets[self.task.name]

    @cached_property
    def made(self) -> Tensor:
        """(B, C, S, S) in 0..1: as many made ones, the same at every call; in training by the newest generator."""
        decoder = self.generation.decoder(self.network.parts, self.task, newest=self.step is not None)
        made: Tensor = decoder(decoder.draw(len(self.pictures), self.seed)).sigmoid()
        return made

    def judge(self, pictures: Tensor) -> Any:
        """What the task's head gives for pictures in the place of the real ones.

        In training the batch norms use the statistics of this batch alone and remember nothing of it: the
        running statistics, with which all tasks are evaluated, stay those of real pictures.
        """
        nothing = torch.zeros(0, dtype=torch.int64, device=pictures.device)
        others = {name: nothing for name in self.network.layout.outputs if name != self.task.name}
        inputs = self.batch.inputs | {self.task.modality: pictures}
        with self.network.nothing_remembered():
            return self.network(inputs, others)[self.task.name]


def noise_seed(seed: int, task: str, when: str) -> int:
    """The seed of a task's noise: at a step (``step 12``), in evaluations, of the samples shown."""
    return part_seed(seed, f"{task}: noise of {when}")
