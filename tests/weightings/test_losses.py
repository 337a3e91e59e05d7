"""Weightings of losses: numbers worked out by hand, and torchjd's own objects beside them step by step."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torchjd.aggregation import GradVacWeighting
from torchjd.scalarization import DWA, FAMO, IMTLL, STCH, UW

from mtl_core.weightings import WEIGHTINGS
from tests.weightings.steps import Steps, rows, weights_of

TWO = ("regression", "binary")


def close(found: Tensor, wanted: list[float], rel: float = 1e-6) -> None:
    assert found.tolist() == pytest.approx(wanted, rel=rel)


def slopes(scalarizer: nn.Module, losses: Tensor) -> Tensor:
    leaf = losses.clone().requires_grad_()
    return torch.autograd.grad(scalarizer(leaf), leaf)[0]


def drawn(steps: int, tasks: int) -> list[Tensor]:
    """Positive losses of so many steps, of unlike sizes."""
    generator = torch.Generator().manual_seed(3)
    return [torch.rand(tasks, generator=generator) * torch.logspace(-1, 1, tasks) + 0.01 for _ in range(steps)]


def test_fixed_golden() -> None:
    close(Steps("fixed", TWO).weights(torch.tensor([3.0, 0.2])), [1, 1])


def test_uncertainty_golden() -> None:
    """½ e^{−s} for a squared error, e^{−s} for a cross-entropy; Adam's first step is the rate against the slope."""
    steps = Steps("uncertainty", TWO)
    losses = torch.tensor([3.0, 0.2])  # slopes in s: ½ (1 − 3) = −1 and ½ (1 − 2·0.2) = 0.3
    close(steps.weights(losses), [0.5, 1])
    close(steps.weigher.memory["log_variance"].grad, [-1, 0.3])
    steps.learn(rate=0.1)
    close(steps.weights(losses), [0.5 * math.exp(-0.1), math.exp(0.1)])


def test_imtl_l_golden() -> None:
    steps = Steps("imtl_l", TWO)
    losses = torch.tensor([3.0, 0.2])  # slopes in s: 3 − 1 and 0.2 − 1
    close(steps.weights(losses), [1, 1])
    close(steps.weigher.memory["log_scale"].grad, [2, -0.8])
    steps.learn(rate=0.1)
    close(steps.weights(losses), [math.exp(-0.1), math.exp(0.1)])


def test_imtl_l_brings_every_scaled_loss_to_1() -> None:
    steps, losses = Steps("imtl_l", TWO), torch.tensor([3.0, 0.2])
    for _ in range(1000):
        steps.weights(losses)
        steps.learn(rate=0.02)
    close(steps.weights(losses) * losses, [1, 1], rel=1e-2)


def test_dwa_golden() -> None:
    """Mean losses (4, 2), then (2, 2): r = (½, 1), T = 2, so w = 2 softmax(¼, ½)."""
    steps = Steps("dwa", TWO)
    for epoch, losses in enumerate(([5.0, 1.0], [3.0, 3.0], [2.0, 2.0])):
        close(steps.weights(torch.tensor(losses), epoch=max(0, epoch - 1)), [1, 1])
    share = 1 / (1 + math.exp(0.25))
    close(steps.weights(torch.tensor([9.0, 9.0]), epoch=2), [2 * share, 2 - 2 * share])


def test_dwa_does_not_take_a_slider_for_a_loss_that_falls() -> None:
    steps, losses = Steps("dwa", TWO), torch.tensor([4.0, 2.0])
    for epoch, factor in enumerate((1.0, 10.0, 10.0)):
        lambdas = torch.tensor([factor, 1.0])
        found = steps.weights(lambdas * losses, epoch=epoch, lambdas=lambdas)
    close(found, [1, 1])


def test_rlw_golden() -> None:
    torch.manual_seed(5)
    wanted = torch.softmax(torch.randn(3), dim=0)
    steps = Steps("rlw", ("regression",) * 3)
    close(steps.weights(torch.ones(3), seed=5), wanted.tolist())
    many = torch.stack([steps.weights(torch.ones(3), seed=seed) for seed in range(400)])
    torch.testing.assert_close(many.mean(0), torch.full((3,), 1 / 3), atol=0.04, rtol=0)


def test_famo_golden() -> None:
    """z = ½: w ∝ 1/L. Then L falls from (2, ½) to (1, ½): δ = (ln 2, 0), slope z (δ − z·δ) = ±¼ ln 2."""
    steps = Steps("famo", TWO, gamma=0)
    losses = torch.tensor([2.0, 0.5])
    close(steps.weights(losses), [0.2, 0.8])
    steps.learn(after=torch.tensor([1.0, 0.5]))
    close(steps.weigher.memory["logit"], [-0.025, 0.025], rel=1e-4)
    first = 1 / (1 + math.exp(0.05))
    close(steps.weights(torch.ones(2)), [first, 1 - first])


def test_stch_golden() -> None:
    """softmax((0.3 − 0.1, 0.1) / 0.1) with the ideal 0.1 of the first task; the worst loss takes all as μ falls."""
    steps = Steps("stch", TWO, ideal={"task0": 0.1})
    first = 1 / (1 + math.exp(-1))
    close(steps.weights(torch.tensor([0.3, 0.1])), [first, 1 - first])
    close(Steps("stch", TWO, mu=0.001).weights(torch.tensor([0.3, 0.1])), [1, 0])


def test_gradnorm_golden() -> None:
    """n = (2, 1), r = (1, 1): c = 1.5, slopes (+2, −1). Then r = (½, 1): c = 1.4875·(⅔, 4/3)^1.5."""
    steps, gramian = Steps("gradnorm", TWO), torch.diag(torch.tensor([4.0, 1.0]))
    close(steps.weights(torch.tensor([1.0, 1.0]), gramian), [1, 1])
    close(steps.weigher.memory["weight"].grad, [2, -1])
    steps.learn()
    close(steps.weights(torch.tensor([0.5, 1.0]), gramian), [0.975, 1.025])
    close(steps.weigher.memory["weight"].grad, [2, -1])  # 1.95 > 0.81 and 1.025 < 2.29


@pytest.mark.parametrize("seed", range(3))
def test_gradnorm_descends_its_loss_as_autograd_does(seed: int) -> None:
    """Algorithm 1 on a linear layer: ‖∇_W w_i L_i‖ with a graph, c held fixed, Σ|w_i n_i − c_i| backwards to w."""
    generator = torch.Generator().manual_seed(seed)
    shared = torch.randn(5, requires_grad=True, generator=generator)
    features, steps = torch.randn(3, 7, 5, generator=generator), Steps("gradnorm", ("regression",) * 3, alpha=1.5)
    first = torch.tensor([2.0, 1.0, 0.5])
    steps.weights(first, torch.eye(3))
    steps.weigher.memory["weight"].data.copy_(torch.tensor([0.5, 0.8, 1.7]))
    weights = torch.tensor([0.5, 0.8, 1.7], requires_grad=True)
    losses = (features @ shared).square().mean(1)
    pulls = torch.stack(
        [
            torch.autograd.grad(w * loss, shared, create_graph=True)[0].norm()
            for w, loss in zip(weights, losses, strict=True)
        ]
    )
    rates = losses.detach() / first
    target = pulls.mean().detach() * (rates / rates.mean()) ** 1.5
    (wanted,) = torch.autograd.grad((pulls - target).abs().sum(), weights)
    jacobian = torch.stack([torch.autograd.grad(loss, shared, retain_graph=True)[0] for loss in losses])
    steps.weights(losses.detach(), jacobian @ jacobian.T)
    torch.testing.assert_close(steps.weigher.memory["weight"].grad, wanted)


def test_gradnorm_pulls_equally_hard_in_the_end() -> None:
    """With α = 0 and gradients of constant length the weights become inverse to the lengths, and sum to K."""
    steps, gramian = Steps("gradnorm", TWO, alpha=0), torch.diag(torch.tensor([9.0, 1.0]))
    for _ in range(300):
        weights = steps.weights(torch.ones(2), gramian)
        steps.learn()
    close(weights, [0.5, 1.5], rel=0.05)
    assert weights.sum().item() == pytest.approx(2)


@pytest.mark.parametrize(("name", "torchs"), [("uncertainty", UW(3)), ("imtl_l", IMTLL(3))])
def test_learned_weights_step_by_step(name: str, torchs: torch.nn.Module) -> None:
    """Against torchjd's, which start at the same numbers."""
    steps = Steps(name, ("regression",) * 3)
    adam = torch.optim.Adam(torchs.parameters(), lr=0.05)
    for losses in drawn(20, 3):
        torch.testing.assert_close(steps.weights(losses), slopes(torchs, losses))
        torchs(losses).backward()
        adam.step()
        adam.zero_grad()
        steps.learn(rate=0.05)


def test_dwa_step_by_step() -> None:
    steps, torchs = Steps("dwa", ("regression",) * 3, temperature=1.5), DWA(1.5)
    for i, losses in enumerate(drawn(20, 3)):
        torch.testing.assert_close(steps.weights(losses, epoch=i // 4), slopes(torchs, losses))
        if i % 4 == 3:
            torchs.step()


@pytest.mark.parametrize("gamma", [0.0, 0.001, 0.5])
def test_famo_step_by_step(gamma: float) -> None:
    bounds = torch.tensor([0.0, 0.005, -1.0])
    steps = Steps("famo", ("regression",) * 3, gamma=gamma, min_losses={"task1": 0.005, "task2": -1})
    torchs = FAMO(3, min_losses=bounds, lr=0.025, weight_decay=gamma)
    for losses, after in zip(drawn(20, 3), reversed(drawn(20, 3)), strict=True):
        torch.testing.assert_close(steps.weights(losses), slopes(torchs, losses), rtol=1e-4, atol=1e-6)
        torchs.update(after)
        steps.learn(after=after)
    assert steps.weights(losses).sum().item() == pytest.approx(1)


def test_stch_against_torchjd() -> None:
    lambdas = torch.tensor([0.2, 0.5, 0.3])
    steps = Steps("stch", ("regression",) * 3, mu=0.5, ideal={"task1": 0.3})
    torchs = STCH(0.5, lambdas, torch.tensor([0.0, 0.3, 0.0]))
    for losses in drawn(5, 3):
        found = lambdas * steps.weights(lambdas * losses, lambdas=lambdas)
        torch.testing.assert_close(found, slopes(torchs, losses))


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_gradvac_step_by_step(beta: float) -> None:
    steps, torchs = Steps("gradvac", ("regression",) * 4, beta=beta), GradVacWeighting(beta, eps=0.0)
    for seed in range(12):
        jacobian = rows(4, 6, seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            wanted = torchs(jacobian @ jacobian.T)
        found = steps.weights(torch.ones(4, dtype=torch.float64), jacobian @ jacobian.T, seed=seed)
        torch.testing.assert_close(found, wanted)


def test_gradvac_turns_a_gradient_until_the_cosine_is_the_usual_one() -> None:
    steps = Steps("gradvac", TWO)
    steps.weigher.memory["cosine"].fill_(0.6)
    jacobian = rows(2, 3, 1)
    weights = steps.weights(torch.ones(2, dtype=torch.float64), jacobian @ jacobian.T)
    lengths = jacobian.norm(dim=1)
    for i, j in ((0, 1), (1, 0)):
        turned = jacobian[i] + (weights[j] - 1) * jacobian[j]
        assert (turned @ jacobian[j] / (turned.norm() * lengths[j])).item() == pytest.approx(0.6)


@pytest.mark.parametrize("name", [name for name, entry in WEIGHTINGS.items() if entry.random])
def test_what_is_drawn_follows_from_the_seed_alone(name: str) -> None:
    jacobian = rows(4, 4)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    found = weights_of(name, jacobian)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(weights_of(name, jacobian), found)
