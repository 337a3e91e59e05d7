"""Trained linear task models against the exact solutions of what they minimise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.datasets import DATASETS
from mtl_core.network import Network
from mtl_core.opening import open_session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train
from tests.engine.linear_tasks import (
    LeastSquares,
    LinearTasks,
    Matrix,
    gap,
    graph_penalty,
    graph_solution,
    learned,
    least_squares,
    nuclear_penalty,
    nuclear_residuals,
    nuclear_solution,
)
from tests.engine.loading import finished
from tests.engine.test_trainer import last_state

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": {"name": "adam", "lr": 0.1}, "lr_schedule": "cosine", "epochs": 300},
    "sgd": {"optimizer": {"name": "sgd", "lr": 0.3, "momentum": 0.0}, "epochs": 300},
    "momentum": {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, "epochs": 250},
}
EVERY_OPTIMIZER = pytest.mark.parametrize("optimizer", OPTIMIZERS)
LAMBDAS = {f"task_{k}": 0.1 + 0.05 * k for k in range(6)}
RING = {f"task_{k}": {f"task_{(k + 1) % 6}": 0.5 + 0.1 * k} for k in range(6)}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "linear_tasks", LinearTasks)


def spec(**fields: Any) -> RunSpec:
    return parse_spec({"dataset": {"name": "linear_tasks"}, "device": "cpu", **fields})


def trained(made: RunSpec) -> tuple[LeastSquares, Matrix, list[Any]]:
    """The data term, what was learned, and the events."""
    events = list(train(made))
    assert events[-1].kind == "finished"
    data = least_squares(made, finished(open_session(made)).samples)
    return data, learned(last_state(events)["network"], made.tasks), events


@EVERY_OPTIMIZER
@pytest.mark.parametrize("gamma", [0.02, 0.3])
def test_the_graph_term_gives_the_exact_linear_solve(optimizer: str, gamma: float) -> None:
    term = {"name": "graph", "strength": gamma, "shape": "matrix", "adjacency": RING}
    made = spec(regularizers=[term], weighting={"lambdas": LAMBDAS}, **OPTIMIZERS[optimizer])
    data, found, _ = trained(made)
    weights = made.regularizers[0].weights(made.tasks)  # type: ignore[attr-defined]
    best = graph_solution(data, weights, gamma)
    assert gap(data, lambda v: graph_penalty(v, weights), gamma, found, best) == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(found, best, atol=5e-3)


@EVERY_OPTIMIZER
@pytest.mark.parametrize("gamma", [0.02, 0.1, 0.3])
def test_the_nuclear_norm_gives_what_a_convex_solver_gives(optimizer: str, gamma: float) -> None:
    """And fulfils the conditions for a minimiser itself: −∇f in γ ∂‖W‖_*."""
    made = spec(regularizers=[{"name": "nuclear_norm", "strength": gamma}], **OPTIMIZERS[optimizer])
    data, found, events = trained(made)
    best = nuclear_solution(data, gamma)
    assert max(nuclear_residuals(data, best, gamma)) < 1e-8
    assert gap(data, nuclear_penalty, gamma, found, best) == pytest.approx(0, abs=1e-3)
    assert max(nuclear_residuals(data, found, gamma)) < 0.05
    told = next(e for e in reversed(events) if e.kind == "evaluation" and "ties" in e.values).values["ties"]["terms"][0]
    assert told["penalty"] == pytest.approx(nuclear_penalty(found), rel=1e-5)
    if optimizer != "adam":
        exact_zeros = [value < 1e-5 for value in told["singular_values"]]
        assert sum(exact_zeros) == int((np.linalg.svd(best[:, :-1], compute_uv=False) < 1e-9).sum())


def test_the_objective_is_what_the_steps_report() -> None:
    """Σ λ_k MSE_k + γ Ω of the first step, from the numbers of the untrained network."""
    term = {"name": "graph", "strength": 0.3, "shape": "chain"}
    made = spec(regularizers=[term], weighting={"lambdas": LAMBDAS}, epochs=1)
    data, _, events = trained(made)
    start = learned(Network(made.layout(), made.seed).state_dict(), made.tasks)
    penalty = 0.3 * graph_penalty(start, made.regularizers[0].weights(made.tasks))  # type: ignore[attr-defined]
    first = next(event.values for event in events if event.kind == "step")
    assert first["penalty"] == pytest.approx(penalty, rel=1e-5)
    assert first["total"] == pytest.approx(data.loss(start) + penalty, rel=1e-5)


@pytest.mark.parametrize("name", ["l2_distance", "graph", "nuclear_norm"])
def test_biases_are_left_out_of_the_term(name: str) -> None:
    """However strong the term, each task keeps its own level: the tasks' means differ by 1 from one to the next."""
    made = spec(
        regularizers=[{"name": name, "strength": 30.0}],
        optimizer={"name": "adam", "lr": 0.1},
        lr_schedule="cosine",
        epochs=300,
    )
    data, found, _ = trained(made)
    same = found[:, :-1] - found[:, :-1].mean(0)
    assert np.abs(found[:, :-1] if name == "nuclear_norm" else same).max() < 0.05
    residuals = [(x @ row - y).mean() for x, y, row in zip(data.inputs, data.targets, found, strict=True)]
    assert np.abs(residuals).max() < 0.05
    assert found[-1, -1] - found[0, -1] > 3


@pytest.mark.parametrize("name", ["l2_distance", "graph", "nuclear_norm", "hierarchical_prior"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_resting_task_keeps_its_head_bit_for_bit_and_still_draws_the_others(name: str, optimizer: str) -> None:
    fields = {"regularizers": [{"name": name, "strength": 0.1}], **OPTIMIZERS[optimizer], "epochs": 20}
    made = spec(weighting={"lambdas": {"task_2": 0}}, **fields)
    _, found, _ = trained(made)
    fresh = learned(Network(made.layout(), made.seed).state_dict(), made.tasks)
    assert np.array_equal(found[2], fresh[2])
    assert not np.array_equal(found[1], fresh[1])
    rest = [task for task in made.tasks if task != "task_2"]
    alone = spec(tasks=rest, weighting={"lambdas": dict.fromkeys(rest, 1 / 6)}, **fields)
    assert not np.allclose(trained(alone)[1][1], found[1], atol=1e-5)


def test_the_hierarchical_prior_ends_at_rest() -> None:
    """λ_k ∇MSE_k + γ (w_k − w̄) / σ² = 0 with σ² = (S + 2b) / (Kd + 2a + 2)."""
    gamma = 0.01
    made = spec(regularizers=[{"name": "hierarchical_prior", "strength": gamma}], **OPTIMIZERS["momentum"])
    data, found, events = trained(made)
    spread = found[:, :-1] - found[:, :-1].mean(0)
    variance = (np.square(spread).sum() + 2) / (spread.size + 4)
    slope = data.gradient(found)
    slope[:, :-1] += gamma * spread / variance
    assert np.abs(slope).max() < 1e-3
    told = next(e for e in reversed(events) if e.kind == "evaluation" and "ties" in e.values).values["ties"]["terms"][0]
    assert told["variance"] == pytest.approx(variance, rel=1e-5)
    assert told["mean"] == pytest.approx(found[:, :-1].mean(0), rel=1e-4, abs=1e-5)
