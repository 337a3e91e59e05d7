"""Losses, measures and blocks of generation against independent implementations."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
import pytest
import scipy.linalg
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torchmetrics.functional.image import peak_signal_noise_ratio
from torchmetrics.image.fid import FrechetInceptionDistance

from mtl_core.blocks import Block, Map, Vector
from mtl_core.datasets.shape_pictures import PALETTE, drawn_shapes
from mtl_core.feature_classifiers import CLASSIFIER, classifier, features_of, prepared, weights_file
from mtl_core.generation_blocks import Discriminator, Generator, VaeHead
from mtl_core.generation_evaluation import principal_directions, ways_along, ways_between
from mtl_core.generation_losses import (
    discriminator_loss,
    gradient_penalty,
    kl_to_mixture,
    kl_to_normal,
    maker_loss,
    negative_bound,
)
from mtl_core.generation_metrics import frechet_distance, peak_signal_to_noise, structural_similarity
from mtl_core.generation_modules import PACE, Coded, Mixture, smoothed


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def pictures(rows: int, size: int = 16, channels: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.rand(rows, channels, size, size, generator=torch.Generator().manual_seed(seed))


BLOCKS = [
    *(Generator(5, Map(channels, size), 24) for channels, size in ((3, 64), (1, 28), (3, 32), (1, 8), (2, 9))),
    Generator(3, Map(3, 16), 6),
    Generator(3, Map(3, 16), 6, components=5, smooth=True),
    VaeHead(Vector(7), 4, Map(1, 28), 20),
    VaeHead(Vector(7), 4, Map(1, 28), 20, components=3),
    Discriminator((Map(12, 8),), 10),
    Discriminator((Map(2, 14), Map(3, 7), Map(5, 3)), 10, spectral_norm=True),
]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_blocks_count_their_parameters_and_know_their_output(block: Block) -> None:
    module = block.build()
    assert sum(parameter.numel() for parameter in module.parameters()) == block.parameters()
    width = {Generator: "latent", VaeHead: "latent"}.get(type(block))
    if isinstance(block, Discriminator):
        found = module(*(random(2, each.channels, each.size, each.size) for each in block.features))
        assert found.shape == (2, 1)
    else:
        found = module(random(2, block.code.width if isinstance(block, VaeHead) else getattr(block, width or "")))
        found = found.picture if isinstance(found, Coded) else found
        shape = block.output()
        assert isinstance(shape, Map)
        assert found.shape == (2, shape.channels, shape.size, shape.size)


def test_kl_is_that_of_the_distributions() -> None:
    mean, log_variance = random(6, 4), random(6, 4, seed=1)
    wanted = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_to_normal(mean, log_variance), wanted)
    assert kl_to_normal(torch.ones(1, 3), torch.zeros(1, 3)).item() == 1.5


def _rows(mean: torch.Tensor, log_variance: torch.Tensor) -> Normal:
    return Normal(mean[:, None], (log_variance / 2).exp()[:, None])


def _row(mixture: Mixture) -> Normal:
    return Normal(mixture.mean[None], (mixture.log_variance / 2).exp()[None])


def test_kl_to_a_mixture_is_exact_for_one_gaussian_and_never_below_the_truth() -> None:
    mean, log_variance = random(6, 4), random(6, 4, seed=1)
    one = Mixture(random(1, 4, seed=2), random(1, 4, seed=3))
    wanted = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(one.mean, (one.log_variance / 2).exp())).sum(
        1
    )
    torch.testing.assert_close(kl_to_mixture(mean, log_variance, one), wanted)
    apart = Mixture(torch.tensor([[-50.0], [50.0]]), torch.zeros(2, 1))
    assert kl_to_mixture(torch.tensor([[50.0]]), torch.zeros(1, 1), apart).item() == pytest.approx(math.log(2))
    several = Mixture(random(5, 4, seed=4), 0.5 * random(5, 4, seed=5))
    drawn = mean + (log_variance / 2).exp() * random(20_000, 6, 4, seed=6)
    each = Normal(several.mean, (several.log_variance / 2).exp()).log_prob(drawn[:, :, None]).sum(3)
    prior = torch.logsumexp(each, 2) - math.log(5)
    truth = (Normal(mean, (log_variance / 2).exp()).log_prob(drawn).sum(2) - prior).mean(0)
    found = kl_to_mixture(mean, log_variance, several)
    assert bool((found > truth - 0.05).all())
    each = kl_divergence(_rows(mean, log_variance), _row(several)).sum(2)
    assert bool((found <= each.mean(1)).all())


def test_codes_are_drawn_from_the_learned_mixture() -> None:
    """Each of 4000 near one of three means, a third of them near each; the same for the same seed."""
    module = Generator(2, Map(1, 8), 8, components=3).build()
    means = torch.tensor([[0.0, 10.0], [10.0, 0.0], [-10.0, 0.0]])
    with torch.no_grad():
        module.centres.copy_(torch.stack([means, torch.full((3, 2), 2 * math.log(0.1))]) / PACE)
    prior = module.prior()
    torch.testing.assert_close(prior.mean, means)
    drawn = module.draw(4000, 7).detach()
    distance, nearest = torch.cdist(drawn, means).min(1)
    assert distance.max().item() < 0.6
    assert distance.square().mean().item() == pytest.approx(2 * 0.01, rel=0.05)
    assert (torch.bincount(nearest) / 4000).tolist() == pytest.approx([1 / 3] * 3, abs=0.03)
    assert torch.equal(drawn, module.draw(4000, 7).detach())
    assert not torch.equal(drawn, module.draw(4000, 8).detach())
    plain = Generator(2, Map(1, 8), 8).build()
    assert plain.prior() is None
    assert plain.draw(4000, 7).std().item() == pytest.approx(1, abs=0.05)


def test_smoothing_takes_chequered_patterns_and_leaves_planes() -> None:
    x, y = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="xy")
    chequered, plane = (-1) ** (x + y), torch.ones(8, 8)
    found = smoothed(torch.stack([chequered, plane])[None])[0]
    assert found[0, 1:-1, 1:-1].abs().max().item() == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(found[1], plane)
    edge = (x >= 4).float()[None, None].requires_grad_()
    assert smoothed(edge)[0, 0, 4, 2:6].tolist() == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize("sigma", [None, 0.2])
def test_the_vae_loss_is_the_negative_bound_a_channel_and_pixel(sigma: float | None) -> None:
    coded, given = Coded(random(5, 3, 8, 8), random(5, 4, seed=1), random(5, 4, seed=2)), pictures(5, 8).round()
    if sigma is None:
        fit = -Bernoulli(logits=coded.picture).log_prob(given).flatten(1).sum(1)
    else:
        dense = Normal(coded.picture.sigmoid(), sigma)
        fit = -(dense.log_prob(given) + 0.5 * math.log(2 * math.pi * sigma**2)).flatten(1).sum(1)
    kl = kl_divergence(Normal(coded.mean, (coded.log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    wanted = ((fit + 2.5 * kl) / (3 * 8 * 8)).mean()
    torch.testing.assert_close(negative_bound(coded, given, beta=2.5, sigma=sigma), wanted)


def test_golden_losses_of_the_game() -> None:
    undecided = torch.zeros(4, 1)
    assert discriminator_loss(undecided, undecided, "non_saturating").item() == pytest.approx(2 * math.log(2))
    assert discriminator_loss(undecided, undecided, "hinge").item() == 2
    assert maker_loss(undecided, "non_saturating").item() == pytest.approx(math.log(2))
    real, made = torch.tensor([[2.0], [0.5]]), torch.tensor([[-3.0], [1.0]])
    assert discriminator_loss(real, made, "hinge").item() == pytest.approx(0.25 + 1.0)
    assert maker_loss(made, "hinge").item() == 1.0
    expected = np.mean([math.log1p(math.exp(-2)), math.log1p(math.exp(-0.5))])
    expected += np.mean([math.log1p(math.exp(-3)), math.log1p(math.exp(1))])
    assert discriminator_loss(real, made, "non_saturating").item() == pytest.approx(expected)


def test_the_gradient_penalty_of_a_linear_judge_is_the_square_of_its_slope() -> None:
    slope = random(3, 8, 8).requires_grad_()
    found = gradient_penalty(lambda x: (x * slope).sum((1, 2, 3)).view(-1, 1), pictures(4, 8))
    torch.testing.assert_close(found, slope.square().sum())
    found.backward()
    torch.testing.assert_close(slope.grad, 2 * slope.detach())


def test_spectral_norm_leaves_each_layer_a_largest_singular_value_of_1() -> None:
    module = Discriminator((Map(6, 8),), 8, spectral_norm=True).build()
    for _ in range(200):
        module(random(2, 6, 8, 8))
    weights = [layer.weight.detach() for layer in (*module.first, module.second, module.last)]
    assert [torch.linalg.matrix_norm(w.flatten(1), 2).item() for w in weights] == pytest.approx([1, 1, 1], abs=1e-3)


def test_frechet_agrees_with_scipys_square_root_of_a_matrix() -> None:
    one, two = random(300, 12), 1.5 * random(300, 12, seed=1) @ random(12, 12, seed=2) + 0.3
    a, b = np.cov(one.double().numpy().T), np.cov(two.double().numpy().T)
    shift = (one.double().mean(0) - two.double().mean(0)).square().sum()
    wanted = float(shift) + np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    assert frechet_distance(one, two) == pytest.approx(wanted, rel=1e-6)


def test_frechet_agrees_with_torchmetrics_on_the_fixed_features() -> None:
    drawn = torch.from_numpy(drawn_shapes(200, 64, 11).pictures.copy()).float() / 255
    real, made = drawn[:100], (drawn[100:] * 0.8 + 0.1 * pictures(100, 64)).clamp(0, 1)
    reference = FrechetInceptionDistance(
        feature=deepcopy(classifier().hidden), normalize=True, input_img_size=(3, 64, 64)
    )
    for part, is_real in ((real, True), (made, False)):
        reference.update(part, real=is_real)
    found = frechet_distance(features_of(real), features_of(made))
    assert found == pytest.approx(float(reference.compute()), rel=1e-3)


def test_frechet_of_a_set_with_itself_is_0_and_of_too_few_undefined() -> None:
    some = random(50, 8)
    assert frechet_distance(some, some) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(some, some + 2) == pytest.approx(8 * 4, rel=1e-6)
    assert math.isnan(frechet_distance(some[:1], some))
    constant = torch.ones(50, 8)  # a generator that makes one picture only
    assert frechet_distance(constant, constant + 1) == pytest.approx(8)


def test_psnr_and_ssim_agree_with_torchmetrics_and_know_equality() -> None:
    given = pictures(5)
    made = (given + 0.1 * random(5, 3, 16, 16)).clamp(0, 1)
    wanted = [float(peak_signal_noise_ratio(a, b, data_range=1.0)) for a, b in zip(made, given, strict=True)]
    assert peak_signal_to_noise(made, given).tolist() == pytest.approx(wanted, rel=1e-5)
    assert peak_signal_to_noise(given, given).tolist() == [100.0] * 5
    for size in (5, 8, 9, 16):
        same = structural_similarity(pictures(3, size), pictures(3, size))
        assert same.tolist() == pytest.approx([1.0] * 3)
        assert structural_similarity(1 - pictures(3, size), pictures(3, size)).max() < 0.5


def test_the_fixed_classifier_is_small_plain_and_right() -> None:
    assert weights_file(CLASSIFIER).stat().st_size <= 300_000
    with np.load(weights_file(CLASSIFIER), allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fi" for name in arrays.files)
    drawn = drawn_shapes(400, 64, 12)
    logits = classifier()(torch.from_numpy(drawn.pictures.copy()).float() / 255)
    right = logits.argmax(1).numpy() == drawn.shape * len(PALETTE) + drawn.colour
    assert right.mean() > 0.98
    assert not any(parameter.requires_grad for parameter in classifier().parameters())


def test_features_are_64_numbers_of_pictures_of_any_size() -> None:
    for channels, size in ((1, 28), (3, 32), (3, 64), (1, 100)):
        assert features_of(pictures(3, size, channels)).shape == (3, 64)
    assert torch.equal(prepared(pictures(2, 64)), pictures(2, 64))
    grey = prepared(pictures(2, 28, 1))
    assert torch.equal(grey[:, 0], grey[:, 2])


def test_ways_through_the_latent_space() -> None:
    corners = random(4, 5)
    between = ways_between(corners)
    assert between.shape == (6, 9, 5)
    torch.testing.assert_close(between[1, 0], corners[0])
    torch.testing.assert_close(between[1, -1], corners[2])
    torch.testing.assert_close(between[5, 4], (corners[2] + corners[3]) / 2)
    along = ways_along(corners, torch.eye(5)[:2])
    assert along.shape == (4, 2, 9, 5)
    torch.testing.assert_close(along[3, 1, 4], corners[3])
    torch.testing.assert_close(along[3, 1, -1] - corners[3], torch.tensor([0, 2.5, 0, 0, 0]))


def test_principal_directions_are_those_of_the_codes_or_of_the_first_layer() -> None:
    spread = torch.tensor([0.1, 3.0, 1.0])
    found = principal_directions(torch.nn.Identity(), random(4000, 3) * spread)
    torch.testing.assert_close(found.abs(), torch.diag(spread)[[1, 2, 0]], atol=0.15, rtol=0)
    module = Generator(3, Map(1, 8), 8).build()
    with torch.no_grad():
        module.style[0].weight.copy_(torch.nn.functional.pad(torch.diag(torch.tensor([1.0, 2.0, 0.5])), (0, 0, 0, 13)))
    torch.testing.assert_close(principal_directions(module, None).abs(), torch.eye(3)[[1, 0, 2]], atol=1e-6, rtol=0)
