"""The terms that tie tasks: golden numbers, gradients, invariances, proximal steps, what they refuse and tell."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl_core.errors import SpecError
from mtl_core.regularizers import REGULARIZERS
from mtl_core.regularizers.base import Regularizer
from mtl_core.regularizers.columns import stacked, write_back
from mtl_core.regularizers.graph import Graph
from mtl_core.regularizers.hierarchical_prior import HierarchicalPrior
from mtl_core.regularizers.l2_distance import L2Distance
from mtl_core.regularizers.nuclear_norm import NuclearNorm
from mtl_core.spec import parse_spec

Columns = dict[str, list[Tensor]]
SHAPES = pytest.mark.parametrize("shape", [(3, 7), (7, 3), (4, 4)], ids=["wide", "tall", "square"])
TRIANGLE = {"a": {"b": 2.0, "c": 0.5}, "c": {"a": 0.5}}


def term(name: str, **fields: Any) -> Regularizer:
    return REGULARIZERS[name](name=name, **fields)


def rows_of(*rows: list[float]) -> Columns:
    return {name: [torch.tensor(row, dtype=torch.float64)] for name, row in zip("abcdefg", rows, strict=False)}


def drawn(shape: tuple[int, int], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def as_columns(matrix: Tensor) -> Columns:
    return {name: [row.clone()] for name, row in zip("abcdefg", matrix, strict=False)}


@pytest.mark.parametrize(
    ("name", "fields", "wanted"),
    [
        ("l2_distance", {}, 13.0),
        ("nuclear_norm", {}, math.sqrt(29)),
        ("graph", {}, 13.0),
        ("graph", {"shape": "matrix", "adjacency": {"b": {"a": 0.5}}}, 6.5),
        ("hierarchical_prior", {}, 2 * math.log(2 * math.pi * 1.0625) + 4.25 / 1.0625 + 2 * math.log(1.0625)),
    ],
)
def test_golden_numbers_of_two_tasks(name: str, fields: dict[str, Any], wanted: float) -> None:
    """θ_a = (1, 2), θ_b = (3, −1): ‖θ_a − θ_b‖² = 13; ‖W‖_F² = 15, det W = −7; S = 6.5, σ² = 8.5 / 8 = 1.0625."""
    assert term(name, **fields).penalty(rows_of([1, 2], [3, -1])).item() == pytest.approx(wanted, rel=1e-12)


def test_nuclear_norm_of_two_tasks_in_closed_form() -> None:
    """σ_1 + σ_2 = √(‖a‖² + ‖b‖² + 2 √(‖a‖²‖b‖² − (a·b)²))."""
    a, b = drawn((2, 9))
    area = (a @ a * (b @ b) - (a @ b) ** 2).sqrt()
    wanted = (a @ a + b @ b + 2 * area).sqrt()
    torch.testing.assert_close(term("nuclear_norm").penalty({"a": [a], "b": [b]}), wanted)


@SHAPES
@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_gradient_is_that_of_the_penalty(name: str, shape: tuple[int, int]) -> None:
    def penalty(matrix: Tensor) -> Tensor:
        return term(name).penalty(
            dict(zip("abcdefg", ([row[:2], row[2:].view(1, -1)] for row in matrix), strict=False))
        )

    assert torch.autograd.gradcheck(penalty, (drawn(shape).requires_grad_(),))


@pytest.mark.parametrize("name", REGULARIZERS)
def test_new_names_in_another_order_change_nothing(name: str) -> None:
    matrix = drawn((3, 5))
    fields = {"shape": "matrix", "adjacency": TRIANGLE} if name == "graph" else {}
    renamed = {"shape": "matrix", "adjacency": {"z": {"x": 2.0, "y": 0.5}}} if name == "graph" else {}
    before = term(name, **fields).penalty(dict(zip("abc", ([row] for row in matrix), strict=True)))
    after = term(name, **renamed).penalty({"y": [matrix[2]], "z": [matrix[0]], "x": [matrix[1]]})
    torch.testing.assert_close(before, after)


@pytest.mark.parametrize("name", ["l2_distance", "graph"])
def test_equal_tasks_cost_nothing_and_are_not_pulled(name: str) -> None:
    same = (1e3 + drawn((1, 6))).repeat(4, 1).float().requires_grad_()
    penalty = term(name).penalty(dict(zip("abcd", ([row] for row in same), strict=True)))
    assert penalty.item() == 0
    assert torch.autograd.grad(penalty, same)[0].abs().max().item() == 0


@pytest.mark.parametrize("name", ["l2_distance", "graph", "hierarchical_prior"])
def test_a_shift_of_all_tasks_changes_nothing(name: str) -> None:
    matrix = drawn((4, 6))
    there = term(name).penalty(as_columns(matrix + drawn((1, 6), seed=1)))
    torch.testing.assert_close(term(name).penalty(as_columns(matrix)), there)


@SHAPES
def test_a_turn_changes_no_nuclear_norm_and_turns_the_proximal_step(shape: tuple[int, int]) -> None:
    matrix = drawn(shape)
    turn, _ = torch.linalg.qr(drawn((shape[1], shape[1]), seed=1))
    norm = NuclearNorm(name="nuclear_norm")
    torch.testing.assert_close(norm.penalty(as_columns(matrix)), norm.penalty(as_columns(matrix @ turn)))
    torch.testing.assert_close(shrunk(matrix, 0.7) @ turn, shrunk(matrix @ turn, 0.7))


def shrunk(matrix: Tensor, rate: float) -> Tensor:
    columns = as_columns(matrix)
    with torch.no_grad():
        NuclearNorm(name="nuclear_norm").proximal(columns, rate)
    return stacked(columns)


@SHAPES
@pytest.mark.parametrize("rate", [0.0, 0.7, 2.0, 100.0])
def test_the_proximal_step_is_soft_thresholding_of_singular_values(shape: tuple[int, int], rate: float) -> None:
    matrix = drawn(shape)
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    torch.testing.assert_close(shrunk(matrix, rate), u * (s - rate).clamp(min=0) @ vt, atol=1e-7, rtol=1e-6)


def test_the_proximal_step_is_the_minimiser_that_defines_it() -> None:
    matrix, rate = drawn((3, 5)), 1.5

    def objective(u: Tensor) -> float:
        return 0.5 * (u - matrix).square().sum().item() + rate * torch.linalg.svdvals(u).sum().item()

    best = shrunk(matrix, rate)
    assert torch.linalg.matrix_rank(best) < 3
    for seed in range(30):
        assert objective(best) <= objective(best + 0.05 * drawn((3, 5), seed=seed))


def test_the_nuclear_norm_at_zero_pulls_nowhere() -> None:
    zero = torch.zeros(3, 4, requires_grad=True)
    penalty = NuclearNorm(name="nuclear_norm").penalty(dict(zip("abc", ([row] for row in zero), strict=True)))
    assert penalty.item() == 0
    assert torch.autograd.grad(penalty, zero)[0].abs().max().item() == 0


def test_weights_that_are_no_numbers_give_a_penalty_that_is_none() -> None:
    """So that the run ends as diverged, with its advice, and not in the decomposition."""
    for broken in (math.nan, math.inf):
        matrix = drawn((3, 5))
        matrix[1, 2] = broken
        assert math.isnan(term("nuclear_norm").penalty(as_columns(matrix)).item())
        assert shrunk(matrix, 0.1).isnan().all()


def test_only_sgd_takes_proximal_steps() -> None:
    proximal = [(name, optimizer) for name in REGULARIZERS for optimizer in ("adam", "adamw", "sgd")]
    assert [pair for pair in proximal if term(pair[0]).uses_proximal(pair[1])] == [("nuclear_norm", "sgd")]


def test_rows_go_back_to_where_they_came_from() -> None:
    kernel = torch.randn(2, 3, 3, 3).to(memory_format=torch.channels_last)
    columns = {task: [kernel + k, torch.randn(4)] for k, task in enumerate("abc")}
    before = {task: [p.clone() for p in column] for task, column in columns.items()}
    rows = stacked(columns)
    assert rows.shape == (3, 58)
    write_back(columns, rows)
    assert all(torch.equal(p, q) for t in "abc" for p, q in zip(columns[t], before[t], strict=True))
    write_back(columns, 2 * rows)
    assert all(torch.equal(p, 2 * q) for t in "abc" for p, q in zip(columns[t], before[t], strict=True))


@pytest.mark.parametrize("fields", [{}, {"prior_shape": 3.0, "prior_scale": 0.2}])
def test_the_prior_is_the_negative_log_density_at_the_alpha_that_maximises_it(fields: Mapping[str, float]) -> None:
    found = HierarchicalPrior(name="hierarchical_prior", **fields)
    rows = drawn((5, 4))
    a, b = (torch.tensor(value, dtype=torch.float64) for value in (found.prior_shape, found.prior_scale))

    def surprise(mean: Tensor, variance: Tensor) -> Tensor:
        inverse_gamma = torch.distributions.InverseGamma(a, b)
        density = torch.distributions.Normal(mean, variance.sqrt()).log_prob(rows).sum()
        return -density - inverse_gamma.log_prob(variance)

    mean, variance = found.learned(rows)
    torch.testing.assert_close(found.penalty(as_columns(rows)), surprise(mean, variance))
    mean.requires_grad_()
    variance.requires_grad_()
    slopes = torch.autograd.grad(surprise(mean, variance), (mean, variance))
    assert all(slope.abs().max() < 1e-10 for slope in slopes)
    assert surprise(mean, 1.1 * variance) > surprise(mean, variance) < surprise(mean, 0.9 * variance)


def settled(prior_scale: float) -> tuple[float, float]:
    """(σ², Σ ‖θ_i − θ̄‖²) where three tasks that want −1, 0 and 1 come to rest; 0.1 (θ_i − wish)² each."""
    found = HierarchicalPrior(name="hierarchical_prior", prior_shape=1e-6, prior_scale=prior_scale)
    wishes = torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64)
    theta = wishes.clone().requires_grad_()
    for _ in range(400):
        columns = dict(zip("abc", ([row] for row in theta), strict=True))
        total = 0.1 * (theta - wishes).square().sum() + 0.1 * found.penalty(columns)
        (slope,) = torch.autograd.grad(total, theta)
        variance = found.learned(theta.detach())[1]
        theta = (theta - slope / (0.2 + 0.1 / variance)).detach().requires_grad_()
    spread = (theta - theta.mean(0)).square().sum().item()
    return found.learned(theta.detach())[1].item(), spread


def test_without_the_hyperprior_the_variance_collapses_and_with_it_not() -> None:
    spread, floor = [], []
    for scale in (1.0, 1e-3, 1e-9):
        variance, squares = settled(scale)
        assert variance == pytest.approx((squares + 2 * scale) / (3 + 2), rel=1e-5)
        spread.append(squares)
        floor.append(variance)
    assert spread[0] > 0.1
    assert spread[2] < 1e-12
    assert floor[2] < 1e-9
    assert floor[0] > 0.1


@pytest.mark.parametrize("name", REGULARIZERS)
def test_what_a_term_tells_is_plain_and_true(name: str) -> None:
    columns = {f"task_{k}": [row.float()] for k, row in enumerate(drawn((40, 50)))}
    told = term(name).describe(columns)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["penalty"] == pytest.approx(term(name).penalty(columns).item(), rel=1e-4)


def test_what_is_told_of_low_rank_columns() -> None:
    basis, _ = torch.linalg.qr(drawn((8, 2)))
    matrix = drawn((5, 8), seed=1) @ basis @ basis.T
    told = NuclearNorm(name="nuclear_norm").describe(as_columns(matrix))
    assert told["rank"] == 2
    assert 1 < told["effective_rank"] <= 2
    assert told["singular_values"][:2] == pytest.approx(torch.linalg.svdvals(matrix)[:2].tolist())
    assert told["singular_values"][2] < 1e-6
    zero = NuclearNorm(name="nuclear_norm").describe(rows_of([0, 0], [0, 0]))
    assert zero == {"penalty": 0, "singular_values": [0, 0], "rank": 0, "effective_rank": 0}


def test_what_is_told_of_neighbours_and_of_alpha() -> None:
    far = rows_of([0, 0], [3, 4], [0, 0])
    assert L2Distance(name="l2_distance").describe(far)["distance"] == pytest.approx(math.sqrt(50 / 3))
    told = Graph(name="graph", shape="matrix", adjacency={"a": {"b": 3}, "b": {"zoe": 1}}).describe(far)
    assert told == {"penalty": pytest.approx(75), "edges": 1, "distance": pytest.approx(5)}
    nothing = Graph(name="graph", shape="matrix").describe(far)
    assert nothing == {"penalty": 0, "edges": 0, "distance": 0}
    alpha = HierarchicalPrior(name="hierarchical_prior").describe(far)
    assert alpha["mean"] == pytest.approx([1, 4 / 3])
    assert alpha["mean_norm"] == pytest.approx(5 / 3)
    assert alpha["variance"] == pytest.approx((50 / 3 + 2) / (6 + 4))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("hierarchical_prior", {"prior_scale": 0}),
        ("hierarchical_prior", {"prior_shape": 0}),
        ("nuclear_norm", {"strength": -1}),
        ("graph", {"shape": "ring"}),
    ],
)
def test_fields_out_of_range_are_refused_by_name(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as refused:
        parse_spec({"dataset": {"name": "tiny_table"}, "regularizers": [{"name": name, **fields}]})
    assert [problem.field for problem in refused.value.problems] == [f"regularizers.0.{next(iter(fields))}"]
