"""How good made pictures are: PSNR, SSIM, and the Fréchet distance of their features."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def peak_signal_to_noise(made: Tensor, pictures: Tensor) -> Tensor:
    """PSNR of each picture, (B,) dB: 10 log₁₀(1 / mean (x − x̂)²), for values in 0..1 (peak 1).

    Args:
        made: (B, C, S, S) reconstructions x̂.
        pictures: (B, C, S, S) originals x.
    """
    error = (made - pictures).square().flatten(1).mean(1)
    return -10 * torch.log10(error.clamp(min=1e-10))


def structural_similarity(made: Tensor, pictures: Tensor) -> Tensor:
    """SSIM of each picture, (B,), by torchmetrics (Wang et al. 2004; Gaussian window of σ 1.5), values in 0..1.

    A picture smaller than that window has a smaller one. Args as in :func:`peak_signal_to_noise`.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    widest = pictures.shape[-1] - 1 + pictures.shape[-1] % 2
    sigma = min(1.5, (widest - 1) / 2 / 3.5)
    found = structural_similarity_index_measure(made, pictures, sigma=sigma, data_range=1.0, reduction="none")
    assert isinstance(found, Tensor)
    return found


def frechet_distance(real: Tensor, made: Tensor) -> float:
    """‖μ₁ − μ₂‖² + tr(S₁ + S₂ − 2 (S₁S₂)^½) of two sets of features, in float64 (Heusel et al. 2017, eq. 6).

    tr (S₁S₂)^½ is the sum of the square roots of the eigenvalues of S₁^½ S₂ S₁^½, which is symmetric. It depends
    on how many samples there are (fewer give more), so compare distances of equal numbers only. NaN where a set
    has fewer than two.

    Args:
        real: (n, d) features.
        made: (m, d) features.
    """
    if min(len(real), len(made)) < 2:
        return math.nan
    one, two = real.double().cpu(), made.double().cpu()
    shift = (one.mean(0) - two.mean(0)).square().sum()
    spread_one, spread_two = torch.cov(one.T), torch.cov(two.T)
    values, vectors = torch.linalg.eigh(spread_one)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    shared = torch.linalg.eigvalsh(root @ spread_two @ root).clamp(min=0).sqrt().sum()
    return float(shift + spread_one.trace() + spread_two.trace() - 2 * shared)
