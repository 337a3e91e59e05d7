"""Where weightings break: one task, gradients that vanish or cancel, losses of 0 and huge ones, tasks that rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mtl_core.weightings import WEIGHTINGS
from tests.weightings.steps import GRADIENT_METHODS, Steps, rows, weights_of

EVERY = pytest.mark.parametrize("name", WEIGHTINGS)
THREE = rows(3, 5)
PLANE = torch.tensor([[1.0, 0.0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]], dtype=torch.float64)


def stacked(*gradients: list[float]) -> Tensor:
    return torch.tensor(gradients, dtype=torch.float64)


GRADIENTS: dict[str, Tensor] = {
    "one": stacked([3, 4]),
    "one, of length 0": stacked([0, 0]),
    "one of two is 0": stacked([3, 4], [0, 0]),
    "one of three is 0": stacked([3, 4, 0], [0, 0, 0], [-1, 2, 1]),
    "all 0": torch.zeros(3, 4, dtype=torch.float64),
    "two alike": stacked([1, 2], [1, 2]),
    "three alike": stacked([1, 2], [1, 2], [1, 2]),
    "opposite": stacked([1, 2], [-1, -2]),
    "opposite, of other length": stacked([1, 2], [-3, -6]),
    "two of three opposite": stacked([1, 2], [-1, -2], [2, 1]),
    "they cancel": PLANE,
    "eight": rows(8, 20),
    "eight in three dimensions": rows(8, 3),
    "long": 1e15 * THREE,
    "short": 1e-15 * THREE,
    "too short to be known": 1e-30 * THREE,
    "below all numbers": 1e-160 * THREE,
    "of very unlike length": torch.tensor([[1e6], [1.0], [1e-6]]) * THREE,
}
LOSSES: dict[str, Callable[[int], Tensor]] = {
    "0": torch.zeros,
    "first 0": lambda tasks: torch.arange(tasks).float(),
    "huge": lambda tasks: torch.full((tasks,), 1e30),
    "one huge, one tiny": lambda tasks: torch.logspace(30, -30, tasks),
    "the largest": lambda tasks: torch.full((tasks,), 3e38),
    "below 0": lambda tasks: torch.linspace(-1, 1, tasks),
}


def walk(name: str, jacobian: Tensor, losses: Tensor, count: int = 4) -> Tensor:
    """The weights of so many steps, an epoch each, and what is learned between them; (count, K)."""
    steps = Steps(name, ("regression",) * len(losses))
    found = []
    for epoch in range(count):
        gramian = (jacobian @ jacobian.T).float() if steps.weighting.needs_gramian else None
        found.append(steps.weights(losses, gramian, epoch=epoch, seed=epoch))
        steps.learn(after=0.5 * losses)
    return torch.stack(found)


@EVERY
@pytest.mark.parametrize("case", GRADIENTS)
def test_weights_are_finite_whatever_the_gradients(name: str, case: str) -> None:
    jacobian = GRADIENTS[case]
    found = walk(name, jacobian, torch.ones(len(jacobian)))
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all(), found
    assert torch.isfinite(weights_of(name, jacobian)).all()
    update = jacobian.T @ found[0].double()
    assert update.norm() <= 20 * jacobian.norm(dim=1).sum().clamp(min=1), "no step of many lengths out of nothing"


@EVERY
@pytest.mark.parametrize("case", LOSSES)
def test_weights_are_finite_whatever_the_losses(name: str, case: str) -> None:
    found = walk(name, THREE, LOSSES[case](3))
    assert torch.isfinite(found).all(), found


@EVERY
def test_a_loss_that_comes_and_goes(name: str) -> None:
    """From 0 to a number, to a huge one, to a tiny one, and back to 0, an epoch each."""
    steps = Steps(name, ("regression",) * 2)
    for epoch, value in enumerate((0.0, 1.0, 1e30, 1e-38, 0.0, 1.0, 0.0)):
        losses = torch.tensor([value, 1.0])
        gramian = torch.diag(torch.tensor([value, 1.0])) if steps.weighting.needs_gramian else None
        found = steps.weights(losses, gramian, epoch=epoch)
        assert torch.isfinite(found).all(), (value, found)
        steps.learn(after=losses)


@pytest.mark.parametrize("name", ["imtl_l", "uncertainty"])
def test_a_loss_that_stays_at_0_does_not_drive_its_weight_beyond_all_numbers(name: str) -> None:
    steps = Steps(name, ("regression",) * 2)
    for _ in range(150):
        found = steps.weights(torch.tensor([0.0, 1.0]))
        steps.learn(rate=1.0)
    assert torch.isfinite(found).all()
    assert 1e8 < found[0] < 1e9, "e^20"


@pytest.mark.parametrize("name", [name for name, entry in WEIGHTINGS.items() if entry.needs_gramian])
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_gradients_that_are_no_numbers_give_weights_that_are_none(name: str, broken: float) -> None:
    """No method's solver raises on them: the run ends as diverged, with its own advice."""
    steps, gramian = Steps(name, ("regression",) * 3), THREE @ THREE.T
    gramian[1, 1] = broken
    assert torch.isnan(steps.weights(torch.ones(3), gramian)).all()


@pytest.mark.parametrize("name", [name for name, entry in WEIGHTINGS.items() if entry.needs_gramian])
def test_a_missing_gramian_is_said(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} needs the Gramian"):
        WEIGHTINGS[name](name=name).weights(torch.ones(2))


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_one_task_takes_its_own_direction(name: str) -> None:
    weight = weights_of(name, stacked([3, 4]))
    wanted = {"cagrad": 1.5, "nash": 0.2}.get(name, 1.0)
    assert weight.tolist() == pytest.approx([wanted])


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_gradient_that_vanishes_leaves_the_others_finite_and_does_not_stop_them(name: str) -> None:
    """But MGDA: 0 is then the shortest vector of the hull."""
    jacobian = GRADIENTS["one of three is 0"]
    update = jacobian.T @ weights_of(name, jacobian)
    assert (update.norm() > 0.1) == (name != "mgda")


@pytest.mark.parametrize("name", [name for name, entry in WEIGHTINGS.items() if entry.memory(entry(name=name), 2)])
def test_what_is_remembered_of_a_task_that_rests_stays_as_it_is(name: str) -> None:
    steps = Steps(name, ("regression",) * 3)

    def go(places: list[int], seed: int) -> Tensor:
        jacobian = rows(3, 5, seed)[places]
        losses = torch.tensor([2.0, 0.5, 1.0])[places]
        found = steps.weights(losses, jacobian @ jacobian.T, places=places, seed=seed, epoch=seed)
        steps.learn(after=0.9 * losses, places=places)
        return found

    for seed in range(3):
        go([0, 1, 2], seed)
    kept = {key: value.detach().clone() for key, value in steps.weigher.memory.items() if value.dim()}
    for seed in range(3, 7):
        assert len(go([0, 2], seed)) == 2
    for key, value in steps.weigher.memory.items():
        if value.dim() and (name, key) not in SPREAD:
            assert torch.equal(value[1], kept[key][1]), key
    assert torch.isfinite(go([0, 1, 2], 7)).all()


SPREAD = {("gradnorm", "weight"), ("dwa", "sum"), ("dwa", "count"), ("dwa", "last"), ("dwa", "before")}
"""GradNorm makes all weights sum to K again; DWA turns its last epoch's mean over once more."""
