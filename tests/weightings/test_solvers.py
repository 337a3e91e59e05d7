"""Own solvers on the Gramian against torchjd's: the same weights, from the same draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torchjd.aggregation import MGDAWeighting, PCGradWeighting

from mtl_core.weightings.mgda import Mgda, shortest
from mtl_core.weightings.pcgrad import PcGrad, projected, projected_by_rows

TASKS = [2, 3, 8, 40]


def gramian_of(tasks: int, seed: int) -> Tensor:
    """(K, K) of gradients of unlike lengths, many of which conflict."""
    draw = torch.Generator().manual_seed(seed)
    jacobian = torch.randn(tasks, tasks + 3, generator=draw, dtype=torch.float64)
    jacobian *= 10 ** torch.empty(tasks, 1, dtype=torch.float64).uniform_(-2, 2, generator=draw)
    return jacobian @ jacobian.T


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tasks", TASKS)
def test_pcgrad_draws_and_gives_what_torchjd_does(tasks: int, seed: int) -> None:
    gramian, method = gramian_of(tasks, seed), PcGrad()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = PCGradWeighting()(gramian)
    found = method.combine(gramian, replace(method.first_moment(torch.ones(tasks)), seed=seed))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tasks", [*TASKS, 139])
def test_pcgrad_of_few_tasks_is_that_of_many_to_the_last_bit(tasks: int, seed: int) -> None:
    gramian, draw = gramian_of(tasks, seed).numpy(), np.random.default_rng(seed)
    gramian[0], gramian[:, 0] = 0.0, 0.0  # a gradient of length 0 cuts nothing
    orders = draw.permuted(np.tile(np.arange(tasks), (tasks, 1)), axis=1)
    found = projected_by_rows(gramian.tolist(), orders.tolist())
    np.testing.assert_array_equal(np.array(found), projected(gramian, orders))


def test_pcgrad_follows_the_order_it_is_given() -> None:
    """Three gradients in the plane, by hand: g_1 is cut by g_2 first, after which g_3 has nothing to cut."""
    gradients = np.array([[1.0, 0.0], [-1.0, 1.0], [-1.0, 0.0]])
    orders = np.array([[1, 2, 0], [0, 2, 1], [0, 1, 2]])
    mixed = projected(gradients @ gradients.T, orders)
    first = np.array([0.5, 0.5])  # g_1 + ½ g_2; against g_3 it has −½, so g_3 takes the rest of its x away
    first = first + 0.5 * np.array([-1.0, 0.0])
    second = np.array([-1.0, 1.0]) + np.array([1.0, 0.0])  # g_2 + g_1, at right angles to g_3
    third = np.array([0.0, 0.0])  # g_3 + g_1 is nothing
    np.testing.assert_allclose(mixed @ gradients, first + second + third, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tasks", TASKS)
def test_mgda_takes_the_steps_of_torchjd(tasks: int, seed: int) -> None:
    gramian = gramian_of(tasks, seed)
    expected = MGDAWeighting(1e-3, 100)(gramian)
    found = torch.from_numpy(shortest(gramian.numpy(), 1e-3, 100))
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)
    if tasks > 2:
        method = Mgda()
        torch.testing.assert_close(method.combine(gramian, method.first_moment(torch.ones(tasks))), found)


def test_neither_changes_the_gramian_that_it_is_given() -> None:
    gramian = gramian_of(4, 0).numpy()
    before = gramian.copy()
    shortest(gramian, 1e-3, 100)
    projected(gramian, np.stack([np.arange(4)] * 4))
    np.testing.assert_array_equal(gramian, before)
