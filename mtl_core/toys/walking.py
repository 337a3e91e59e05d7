"""Walks: a shipped method moves a point of a toy, one step after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any, Protocol

from mtl_core.errors import MTLError
from mtl_core.tasks import Task
from mtl_core.toys.problems import Point, Problem, Row, combined, gramian
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting

TASKS = (Task("L1", "regression"), Task("L2", "regression"))
"""The losses by name, as a method's own fields name them."""


class Stepper(Protocol):
    """How a direction moves a point."""

    lr: float

    def move(self, point: Row, direction: Row) -> None:
        """Move the point in place against the direction."""
        ...


@dataclass
class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1) with torch's defaults, in plain numbers: 2 µs a step instead of 100.

    Attributes:
        lr: the learning rate.
        betas: how much of the means of slopes and of their squares stays from step to step.
        steps: done.
        means: of the slopes.
        squares: means of their squares.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    steps: int = 0
    means: Row = field(default_factory=list)
    squares: Row = field(default_factory=list)

    def move(self, point: Row, direction: Row) -> None:
        """Move the point in place against the direction."""
        if not self.steps:
            self.means, self.squares = [0.0] * len(point), [0.0] * len(point)
        self.steps += 1
        first, second = self.betas
        rate, root = self.lr / (1 - first**self.steps), sqrt(1 - second**self.steps)
        for i, slope in enumerate(direction):
            self.means[i] += (1 - first) * (slope - self.means[i])
            self.squares[i] = second * self.squares[i] + (1 - second) * slope * slope
            point[i] -= rate * self.means[i] / (sqrt(self.squares[i]) / root + 1e-8)


@dataclass
class Plain:
    """Gradient descent: x ← x − lr·d."""

    lr: float = 1.0

    def move(self, point: Row, direction: Row) -> None:
        """Move the point in place against the direction."""
        for i, slope in enumerate(direction):
            point[i] -= self.lr * slope


@dataclass(frozen=True)
class Place:
    """Where a walk is.

    Attributes:
        step: steps done.
        point: x.
        losses: (2,) there.
        weights: (2,) of the raw losses, in the step that led here; empty at the start.
    """

    step: int
    point: tuple[float, ...]
    losses: tuple[float, ...]
    weights: tuple[float, ...] = ()


def method(name: str, **options: Any) -> Weighting:
    """A shipped weighting by its name, with fields other than their defaults."""
    return WEIGHTINGS[name](**options)


def walk(
    problem: Problem,
    weighting: Weighting,
    start: Point,
    steps: int,
    stepper: Stepper | None = None,
    *,
    lambdas: Sequence[float] = (1.0, 1.0),
    seed: int = 0,
) -> Iterator[Place]:
    """The start and the place after each step: x moves along −Jᵀw, row i of J being the gradient of λ_i L_i.

    Every step counts as an epoch; what a method learns is moved by an Adam of its own, as in a run.

    Args:
        problem: of two losses.
        weighting: as shipped.
        start: x.
        steps: how many.
        stepper: Adam with a rate of 1e-3 where left out; it is changed.
        lambdas: λ of the two losses.
        seed: of a method that draws numbers.

    Raises:
        MTLError: where a weight or a coordinate stops being a number.
    """
    import torch

    from mtl_core.network import part_seed
    from mtl_core.weigher import Weigher
    from mtl_core.weightings.base import Moment

    stepper = stepper or Adam()
    weigher, places = Weigher(weighting, len(TASKS)), list(range(len(TASKS)))
    scales, point = torch.tensor(lambdas, dtype=torch.float64), [float(x) for x in start]
    losses, rows = problem.at(point)
    yield Place(0, tuple(point), tuple(losses))
    for step in range(steps):
        drawn = part_seed(seed, f"weights of step {step}") if weighting.random else 0
        moment = Moment(TASKS, places, scales, weigher.memory, step, drawn)
        scaled = [[scale * slope for slope in row] for scale, row in zip(lambdas, rows, strict=True)]
        products = torch.tensor(gramian(scaled), dtype=torch.float64) if weighting.needs_gramian else None
        values = torch.tensor(losses, dtype=torch.float64) * scales
        weights = weighting.weights(values, products, moment).tolist()
        stepper.move(point, combined(scaled, weights))
        if not all(map(isfinite, (*weights, *point))):
            raise MTLError(f"{weighting.name} left the numbers at step {step + 1}: weights {weights}, point {point}")
        losses, rows = problem.at(point)
        if weighting.looks_back:
            weighting.observe(torch.tensor(losses, dtype=torch.float64) * scales, moment)
        weigher.learn(weighting.learning_rate(stepper.lr))
        used = tuple(weight * scale for weight, scale in zip(weights, lambdas, strict=True))
        yield Place(step + 1, tuple(point), tuple(losses), used)
