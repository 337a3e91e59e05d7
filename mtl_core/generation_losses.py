"""Losses of the generation methods, each a scalar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.generation_modules import Coded, Mixture

Objective = Literal["non_saturating", "hinge"]


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²) of each sample, (B,) nats.

    Kingma & Welling 2014, appendix B.

    Args:
        mean: (B, latent).
        log_variance: (B, latent).
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


def kl_to_mixture(mean: Tensor, log_variance: Tensor, prior: Mixture) -> Tensor:
    """−log 1/K Σ_k exp(−KL(N(μ, σ²) ‖ N(m_k, s_k²))) of each sample, (B,) nats.

    It is at least the divergence from the mixture itself, which has no closed form, so that the bound stays one
    (Hershey & Olsen 2007, eq. 20, for one Gaussian against a mixture); with one component it is exact.

    Args:
        mean: (B, latent) μ.
        log_variance: (B, latent) log σ².
        prior: of K Gaussians.
    """
    ratio = log_variance[:, None] - prior.log_variance
    shift = (mean[:, None] - prior.mean).square() * (-prior.log_variance).exp()
    each = 0.5 * (shift + ratio.exp() - 1 - ratio).sum(2)
    return math.log(len(prior.mean)) - torch.logsumexp(-each, dim=1)


def negative_bound(coded: Coded, pictures: Tensor, *, beta: float, sigma: float | None) -> Tensor:
    """(−log p(x|z) + β KL) / (C·S·S), mean over the batch: nats a channel and pixel.

    Args:
        coded: what the head gives.
        pictures: (B, C, S, S) in 0..1.
        beta: β.
        sigma: None for Bernoulli pixels, else the standard deviation of Gaussian ones, of whose −log p the
            constant ½ log 2πσ² is left out: ‖x − x̂‖² / 2σ².
    """
    if sigma is None:
        fit = F.binary_cross_entropy_with_logits(coded.picture, pictures)
    else:
        fit = F.mse_loss(coded.picture.sigmoid(), pictures) / (2 * sigma**2)
    if coded.prior is None:
        kl = kl_to_normal(coded.mean, coded.log_variance)
    else:
        kl = kl_to_mixture(coded.mean, coded.log_variance, coded.prior)
    return fit + beta * kl.mean() / pictures[0].numel()


def discriminator_loss(real: Tensor, made: Tensor, objective: Objective) -> Tensor:
    """What D minimises; Goodfellow et al. 2014 (eq. 1, on logits), Lim & Ye 2017.

    non_saturating: E ς(−D(x)) + E ς(D(G(z))) · hinge: E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))).

    Args:
        real: (B, 1) logits of real pictures.
        made: (B, 1) logits of made ones.
        objective: which of the two.
    """
    if objective == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + made).mean()
    return F.softplus(-real).mean() + F.softplus(made).mean()


def maker_loss(made: Tensor, objective: Objective) -> Tensor:
    """What G minimises: E ς(−D(G(z))), or −E D(G(z)) for hinge."""
    return -made.mean() if objective == "hinge" else F.softplus(-made).mean()


def gradient_penalty(judge: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """E ‖∇ₓ D(x)‖² over real pictures (Mescheder et al. 2018, eq. 9, without γ/2), in full precision.

    Args:
        judge: pictures (B, C, S, S) -> logits (B, 1).
        pictures: (B, C, S, S).
    """
    with torch.autocast(pictures.device.type, enabled=False):
        given = pictures.detach().float().requires_grad_()
        (slope,) = torch.autograd.grad(judge(given).sum(), given, create_graph=True)
        return slope.square().sum((1, 2, 3)).mean()
