"""What each weighting of gradients promises of d = Jᵀw, held against solutions found in another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import polar
from scipy.optimize import nnls
from torch import Tensor

from tests.weightings.steps import GRADIENT_METHODS, direction, rows, weights_of

SOLVED = [name for name in GRADIENT_METHODS if name not in ("pcgrad", "gradvac")]  # the order of tasks is not drawn
MANY = pytest.mark.parametrize("tasks", [2, 3, 5, 8])
SEEDS = pytest.mark.parametrize("seed", range(3))


def uneven(tasks: int, seed: int, spread: float = 10.0, width: int | None = None) -> Tensor:
    """Gradients in conflict, with lengths from 1/spread to spread."""
    lengths = torch.logspace(-1, 1, tasks, base=spread, dtype=torch.float64)
    return lengths[:, None] * rows(tasks, width or tasks + 1, seed)


@MANY
@SEEDS
def test_mgda_gives_the_shortest_vector_of_the_convex_hull(tasks: int, seed: int) -> None:
    """At the minimum g_i·d ≥ ‖d‖² for all i, with equality where w_i > 0; so −d is a descent direction for all."""
    jacobian = uneven(tasks, seed, 2.0)
    weights = weights_of("mgda", jacobian, iterations=10_000, epsilon=1e-9)
    assert (weights >= 0).all()
    assert weights.sum().item() == pytest.approx(1)
    found = jacobian.T @ weights
    products, square = jacobian @ found, found.square().sum()
    scale = (jacobian @ jacobian.T).diagonal().mean()
    assert (products - square).min() > -1e-3 * scale
    assert (weights * (products - square)).abs().max() < 1e-3 * scale
    others = np.random.default_rng(seed).dirichlet(np.full(tasks, 0.4), 20_000)
    assert np.linalg.norm(others @ jacobian.numpy(), axis=1).min() >= found.norm().item() * (1 - 1e-3)


def dual(jacobian: Tensor, points: np.ndarray, c: float) -> np.ndarray:
    """CAGrad's dual g_u·g_0 + c‖g_0‖‖g_u‖ at many u."""
    mixed = points @ jacobian.numpy()
    mean = jacobian.numpy().mean(0)
    values: np.ndarray = mixed @ mean + c * np.linalg.norm(mean) * np.linalg.norm(mixed, axis=1)
    return values


@pytest.mark.parametrize("tasks", [2, 3, 5])
@pytest.mark.parametrize("c", [0.2, 0.5, 0.9])
@SEEDS
def test_cagrad_helps_the_worst_served_task_most(tasks: int, c: float, seed: int) -> None:
    """min_i g_i·d on the ball equals the dual's minimum, which no point of a dense set of u beats."""
    jacobian = uneven(tasks, seed, 3.0)
    mean = jacobian.mean(0)
    found = direction("cagrad", jacobian, c=c)
    assert (found - mean).norm().item() == pytest.approx(c * mean.norm().item(), rel=1e-9)
    if tasks == 2:
        first = np.linspace(0, 1, 100_001)
        points = np.stack([first, 1 - first], axis=1)
    else:
        draw = np.random.default_rng(seed)
        points = np.concatenate([np.eye(tasks), *(draw.dirichlet(np.full(tasks, a), 60_000) for a in (0.1, 0.4, 1.0))])
    best = dual(jacobian, points, c).min()
    worst_served, scale = (jacobian @ found).min().item(), jacobian.square().sum(1).mean().item()
    assert worst_served <= best + 1e-9 * scale, "weak duality: no u is below what the direction reaches"
    assert worst_served == pytest.approx(best, abs=2e-3 * scale)
    weights = weights_of("cagrad", jacobian, c=c).numpy() - 1 / tasks
    at = dual(jacobian, (weights / weights.sum())[None], c)[0]
    assert worst_served == pytest.approx(at, abs=1e-6 * scale), "no gap between the two: both are solved"


@MANY
@SEEDS
@pytest.mark.parametrize("spread", [1.0, 100.0])
def test_nash_solves_its_equations(tasks: int, seed: int, spread: float) -> None:
    jacobian = uneven(tasks, seed, spread)
    weights = weights_of("nash", jacobian)
    assert (weights > 0).all()
    residual = weights * (jacobian @ jacobian.T @ weights)
    torch.testing.assert_close(residual, torch.ones_like(residual), atol=1e-6, rtol=0)
    assert direction("nash", jacobian).square().sum().item() == pytest.approx(tasks, rel=1e-5)


@MANY
@SEEDS
def test_imtl_g_has_equal_projections_on_all_gradients(tasks: int, seed: int) -> None:
    jacobian = uneven(tasks, seed, 100.0)
    assert weights_of("imtl_g", jacobian).sum().item() == pytest.approx(1)
    found = direction("imtl_g", jacobian)
    shares = jacobian @ found / jacobian.norm(dim=1)
    torch.testing.assert_close(shares, shares[:1].expand(tasks), rtol=1e-6, atol=0)


@MANY
@SEEDS
def test_aligned_is_the_mean_of_orthogonal_gradients(tasks: int, seed: int) -> None:
    """BᵀJ = σ_min U Vᵀ of J's singular value decomposition: the polar factor, whose rows are orthonormal."""
    jacobian = uneven(tasks, seed, 3.0)
    factor, _ = polar(jacobian.numpy())
    np.testing.assert_allclose(factor @ factor.T, np.eye(tasks), atol=1e-9)
    aligned = np.linalg.svd(jacobian.numpy(), compute_uv=False).min() * factor
    np.testing.assert_allclose(direction("aligned", jacobian).numpy(), aligned.mean(0), rtol=1e-6, atol=1e-9)


@MANY
@SEEDS
def test_upgrad_is_the_mean_of_projections_on_the_dual_cone(tasks: int, seed: int) -> None:
    """π(g) = g + Jᵀμ with the μ ≥ 0 that makes it shortest, by non-negative least squares; no task is harmed."""
    jacobian = uneven(tasks, seed, 100.0)
    unit = (jacobian / jacobian.norm(dim=1, keepdim=True)).numpy()
    projections = [gradient + unit.T @ nnls(unit.T, -gradient)[0] for gradient in jacobian.numpy()]
    found = direction("upgrad", jacobian).numpy()
    scale = np.linalg.norm(jacobian.numpy(), axis=1).max()
    np.testing.assert_allclose(found, np.mean(projections, axis=0), atol=2e-3 * scale)
    assert (unit @ found).min() >= -1e-3 * scale


def test_upgrad_projects_short_gradients_too() -> None:
    """At lengths of 1e-4, as late in a training, the direction is the same but for its length."""
    jacobian = uneven(3, 0)
    torch.testing.assert_close(direction("upgrad", 1e-4 * jacobian), 1e-4 * direction("upgrad", jacobian))


@pytest.mark.parametrize("tasks", [3, 5])
def test_pcgrad_cuts_away_what_points_against_another(tasks: int) -> None:
    """Algorithm 1 on the vectors themselves, in the order that the seed draws."""
    jacobian = uneven(tasks, 1)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # of a first moment
        wanted = torch.zeros_like(jacobian[0])
        for i in range(tasks):
            own = jacobian[i].clone()
            for j in torch.randperm(tasks).tolist():
                if j != i and own @ jacobian[j] < 0:
                    own -= own @ jacobian[j] / jacobian[j].square().sum() * jacobian[j]
            wanted += own
    torch.testing.assert_close(direction("pcgrad", jacobian), wanted)


@pytest.mark.parametrize("name", GRADIENT_METHODS)
@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_the_direction_does_not_depend_on_the_unit_of_the_losses(name: str, factor: float) -> None:
    jacobian = uneven(4, 2)
    one, other = direction(name, jacobian), direction(name, factor * jacobian)
    torch.testing.assert_close(other / other.norm(), one / one.norm(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", SOLVED)
def test_the_order_of_the_tasks_does_not_matter(name: str) -> None:
    jacobian = uneven(4, 2)
    turned = [2, 0, 3, 1]
    torch.testing.assert_close(
        weights_of(name, jacobian[turned]), weights_of(name, jacobian)[turned], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("name", SOLVED)
@SEEDS
def test_no_task_is_harmed_where_the_method_promises_it(name: str, seed: int) -> None:
    """−d raises no loss: MGDA, Nash and UPGrad always, IMTL-G and Aligned for gradients whose cosines are alike."""
    angles = uneven(3, seed, 2.0) if name in ("mgda", "nash", "upgrad", "cagrad") else torch.eye(3).double() - 0.25
    least = (angles @ direction(name, angles)).min().item()
    assert least > (-1e-3 if name != "cagrad" else (angles @ angles.mean(0)).min().item() - 1e-9)
