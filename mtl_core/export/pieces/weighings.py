"""Weightings of losses, and GradNorm; counterpart of the methods of the same names in :mod:`mtl_core.weightings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtl_core.export.pieces.data import part_seed


@dataclass
class Moment:
    """When weights are asked for: which of the K tasks are active, their λ, the step, the epoch."""

    active: list[int]
    lambdas: Tensor
    step: int
    epoch: int


class Learner:
    """A tensor with an entry a task, moved by an Adam of its own; entries of tasks that rest stay as they are."""

    def __init__(self, value: Tensor, decay: float = 0.0) -> None:
        self.value = value.requires_grad_()
        self.adam = torch.optim.Adam([self.value], weight_decay=decay, fused=True)

    def learn(self, gradient: Tensor, rate: float, active: list[int]) -> None:
        """One step along the gradient of the active entries."""
        before = self.value.detach().clone()
        self.value.grad = torch.zeros_like(before)
        self.value.grad[active] = gradient.to(before)
        self.adam.param_groups[0]["lr"] = rate
        self.adam.step()
        before[active] = self.value.detach()[active]
        self.value.data.copy_(before)


class Uncertainty:
    """Σ ½ e^{−s} L + ½ s with s learned from 0 (Kendall et al. 2018); ``factors``: 2 for a cross-entropy, else 1."""

    def __init__(self, factors: Sequence[float]) -> None:
        self.factors = torch.tensor(factors)
        self.variance = Learner(torch.zeros(len(factors)))

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        with torch.no_grad():
            self.variance.value.clamp_(-20.0, 20.0)
        noise = 0.5 * torch.exp(-self.variance.value.detach()[moment.active])
        factors = self.factors[moment.active]
        self.gradient = 0.5 - factors * losses * noise
        return factors * noise

    def learn(self, rate: float, active: list[int]) -> None:
        """After the step."""
        self.variance.learn(self.gradient, rate, active)


class ImtlL:
    """Σ e^s L − s with s learned from 0 (Liu et al. 2021)."""

    def __init__(self, tasks: int) -> None:
        self.scale = Learner(torch.zeros(tasks))

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        with torch.no_grad():
            self.scale.value.clamp_(-20.0, 20.0)
        weights = torch.exp(self.scale.value.detach()[moment.active])
        self.gradient = losses * weights - 1
        return weights

    def learn(self, rate: float, active: list[int]) -> None:
        """After the step."""
        self.scale.learn(self.gradient, rate, active)


class Dwa:
    """w = K softmax(r / T), r = L(t−1) / L(t−2), mean losses of the two epochs before (Liu et al. 2019)."""

    def __init__(self, tasks: int, temperature: float) -> None:
        self.temperature, self.epoch = temperature, 0
        self.sum, self.count, self.last, self.before = (torch.zeros(tasks) for _ in range(4))

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        if moment.epoch > self.epoch:
            self.epoch = moment.epoch
            met = self.count > 0
            self.before[met] = self.last[met]
            self.last[met] = self.sum[met] / self.count[met]
            self.sum.zero_()
            self.count.zero_()
        last, before = self.last[moment.active], self.before[moment.active]
        known = (last != 0) & (before != 0)
        ratio = torch.where(known, last / torch.where(known, before, torch.ones_like(before)), torch.ones_like(last))
        self.sum[moment.active] += losses / moment.lambdas
        self.count[moment.active] += 1
        return len(losses) * torch.softmax(ratio.clamp(max=1e6) / self.temperature, dim=0)


class Rlw:
    """w = softmax(z), z ~ N(0, I), anew at every step (Lin et al. 2022)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        torch.manual_seed(part_seed(self.seed, f"weights of step {moment.step}"))
        return torch.softmax(torch.randn(len(losses)), dim=-1)


class Stch:
    """The slope of μ log Σ exp((λ L − λ z*) / μ) in each λ L (Lin et al. 2024)."""

    def __init__(self, mu: float, ideal: Sequence[float]) -> None:
        self.mu, self.ideal = mu, torch.tensor(ideal)

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        with torch.enable_grad():
            leaf = losses.detach().requires_grad_()
            above = leaf - moment.lambdas * self.ideal[moment.active]
            most = above.max()
            value = self.mu * torch.logsumexp((above - most) / self.mu, dim=-1) + most
            return torch.autograd.grad(value, leaf)[0]


class Famo:
    """w ∝ z / (L − b), z = softmax(ξ); ξ follows from how far each loss fell in the step (Liu et al. 2023)."""

    def __init__(self, bounds: Sequence[float], lr: float, decay: float) -> None:
        self.bounds, self.lr = torch.tensor(bounds), lr
        self.logit = Learner(torch.zeros(len(bounds)), decay)
        self.before = torch.zeros(len(bounds), dtype=torch.float64)

    def weigh(self, losses: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' losses."""
        above = self.above(losses, moment)
        self.before[moment.active] = above.double()
        shares = torch.softmax(self.logit.value.detach()[moment.active], dim=0) / above
        return shares / shares.sum()

    def observe(self, losses: Tensor, moment: Moment) -> None:
        """Take the losses of the same batch after the step."""
        fell = self.before[moment.active].log() - self.above(losses, moment).double().log()
        share = torch.softmax(self.logit.value.detach()[moment.active], dim=0).to(fell)
        self.logit.learn(share * (fell - (share * fell).sum()), self.lr, moment.active)

    def above(self, losses: Tensor, moment: Moment) -> Tensor:
        """How far each loss lies above its bound; never 0."""
        return (losses - moment.lambdas * self.bounds[moment.active]).clamp(min=0) + 1e-8


class GradNorm:
    """w is learned to make w_i n_i = mean(w n) (r_i / mean r)^α, n_i = √G_ii, r_i = L_i / L_i(0) (Chen et al. 2018)."""

    def __init__(self, tasks: int, alpha: float, lr: float) -> None:
        self.alpha, self.lr = alpha, lr
        self.weight, self.first = Learner(torch.ones(tasks)), torch.zeros(tasks)

    def weigh(self, losses: Tensor, gramian: Tensor, moment: Moment) -> Tensor:
        """The weights of the active tasks' gradients."""
        active = moment.active
        with torch.no_grad():
            self.weight.value.clamp_(min=1e-3).mul_(len(self.weight.value) / self.weight.value.sum())
        raw = losses / moment.lambdas
        self.first[active] = torch.where(self.first[active] == 0, raw, self.first[active])
        norms = gramian.diagonal().clamp(min=0).sqrt()
        first, weights = self.first[active].to(norms), self.weight.value.detach()[active].to(norms)
        rates = torch.where(first > 0, raw.to(norms) / first, 1.0)
        pull = weights * norms
        target = pull.mean() * (rates / rates.mean().clamp(min=1e-30)) ** self.alpha
        self.gradient = (pull - target).sign() * norms
        return weights

    def learn(self, rate: float, active: list[int]) -> None:
        """After the step, at a rate of its own."""
        self.weight.learn(self.gradient, self.lr, active)
