"""Each weighting of gradients at J = [[-4, 1, 1], [6, 1, 1]], and closed forms for two tasks."""

from __future__ import annotations

import pytest
import torch

from tests.weightings.steps import GOLDEN, GRADIENT_METHODS, direction, rows, weights_of

DIRECTIONS = {
    "mgda": (0.0, 1.0, 1.0),
    "pcgrad": (0.5848, 3.8012, 3.8012),
    "gradvac": (0.5848, 3.8012, 3.8012),  # its first step, at which the usual cosine is 0
    "cagrad": (0.1835, 1.2041, 1.2041),
    "imtl_g": (0.0767, 1.0, 1.0),
    "aligned": (0.2133, 0.9673, 0.9673),
    "upgrad": (0.2924, 1.9006, 1.9006),
    "nash": (0.0766, 0.9985, 0.9985),
}
WEIGHTS = {"mgda": (0.6, 0.4), "pcgrad": (2.2222, 1.5789), "gradvac": (2.2222, 1.5789)}


def test_every_weighting_of_gradients_has_a_golden_row() -> None:
    assert set(DIRECTIONS) == set(GRADIENT_METHODS)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_golden_direction(name: str) -> None:
    wanted = torch.tensor(DIRECTIONS[name], dtype=torch.float64)
    torch.testing.assert_close(direction(name, GOLDEN), wanted, atol=6e-5, rtol=0)


@pytest.mark.parametrize("name", WEIGHTS)
def test_golden_weights(name: str) -> None:
    wanted = torch.tensor(WEIGHTS[name], dtype=torch.float64)
    torch.testing.assert_close(weights_of(name, GOLDEN), wanted, atol=5e-5, rtol=0)


def test_the_mean_is_what_fixed_weights_give() -> None:
    mean = GOLDEN.T @ (weights_of("fixed", GOLDEN) / 2)
    assert mean.tolist() == [1, 1, 1]


@pytest.mark.parametrize("seed", range(4))
def test_two_tasks_nash_in_closed_form_and_along_imtl_g(seed: int) -> None:
    jacobian = rows(2, 4, seed) * torch.tensor([[30.0], [0.2]])
    norms = jacobian.norm(dim=1)
    cosine = jacobian[0] @ jacobian[1] / norms.prod()
    torch.testing.assert_close(weights_of("nash", jacobian), 1 / (norms * (1 + cosine).sqrt()))
    nash, impartial = direction("nash", jacobian), direction("imtl_g", jacobian)
    assert (nash @ impartial / (nash.norm() * impartial.norm())).item() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_two_tasks_upgrad_is_half_of_pcgrad(seed: int) -> None:
    jacobian = rows(2, 3, seed) * torch.tensor([[1e-6], [20.0]])
    torch.testing.assert_close(weights_of("upgrad", jacobian), weights_of("pcgrad", jacobian) / 2)


def test_cagrad_may_be_rescaled_and_at_c_0_is_the_mean() -> None:
    whole, scaled = direction("cagrad", GOLDEN), direction("cagrad", GOLDEN, rescale=True)
    torch.testing.assert_close(scaled, whole / 1.5)
    torch.testing.assert_close(direction("cagrad", GOLDEN, c=0), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("scale", ["median", "rmse"])
def test_aligned_knows_three_lengths(scale: str) -> None:
    values = torch.linalg.eigvalsh(GOLDEN @ GOLDEN.T)
    wanted = values[0] if scale == "median" else values.mean()  # torch's median of two is the smaller
    lengths = direction("aligned", GOLDEN, scale=scale).norm() / direction("aligned", GOLDEN).norm()
    assert lengths.item() == pytest.approx((wanted / values[0]).sqrt().item())
