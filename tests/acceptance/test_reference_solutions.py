"""Terms that tie tasks on whole data sets: against exact solutions, and against tasks that learn alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest

from mtl_core.datasets import school_file
from mtl_core.datasets.related_tasks import RelatedTasks
from mtl_core.opening import open_session
from mtl_core.regularizers.graph import Graph
from mtl_core.settings import data_dir
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train
from tests.engine.linear_tasks import (
    LeastSquares,
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

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]

SPLITS = 10
LINEAR = {"name": "separate", "hidden": []}
FULL_BATCH: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": {"name": "adam", "lr": 0.05}, "lr_schedule": "cosine", "epochs": 1_000},
    "sgd": {"optimizer": {"name": "sgd", "lr": 1.0, "momentum": 0.0}, "epochs": 1_000},
    "sgd with momentum": {"optimizer": {"name": "sgd", "lr": 0.2, "momentum": 0.9}, "epochs": 600},
}
STEEP = {"optimizer": {"name": "adam", "lr": 0.03}, "lr_schedule": "cosine", "epochs": 200}
DEEP = {"optimizer": {"name": "adam", "lr": 0.003}, "lr_schedule": "cosine"}
SCHOOL: dict[str, dict[str, Any]] = {
    "separate, 64-64, 30 epochs": {"architecture": {"name": "separate", "hidden": [64, 64]}, "epochs": 30, **DEEP},
    "separate, linear": {"architecture": LINEAR, **STEEP},
    "linear, graph γ = 1e-4": {
        "architecture": LINEAR,
        "regularizers": [{"name": "graph", "strength": 1e-4}],
        **STEEP,
    },
    "linear, hierarchical_prior γ = 1e-4": {
        "architecture": LINEAR,
        "regularizers": [{"name": "hierarchical_prior", "strength": 1e-4}],
        **STEEP,
    },
    "hard, 64-64, hierarchical_prior γ = 1e-4 on the heads": {
        "architecture": {"name": "hard", "hidden": [64, 64]},
        "regularizers": [{"name": "hierarchical_prior", "strength": 1e-4}],
        "epochs": 100,
        **DEEP,
    },
}


def trained(spec: RunSpec) -> tuple[LeastSquares, Matrix, Matrix]:
    """The data term of a linear run, what it learned, and the true weights (K, d)."""
    network: dict[str, Any] = {}
    for event in train(spec):
        if event.kind == "checkpoint" and event.payload is not None:
            network = event.payload["network"]
    assert event.kind == "finished", event.values
    session = finished(open_session(spec))
    return least_squares(spec, session.samples), learned(network, spec.tasks), session.samples.truth["weights"].T


def related_tasks(structure: dict[str, Any], term: dict[str, Any], **fields: Any) -> RunSpec:
    data = {"name": "related_tasks", "options": structure, "validation": 0, "target_scaling": "raw"}
    chosen = {"architecture": LINEAR, "regularizers": [term], "evaluate_every": 100_000, "device": "cpu"}
    return parse_spec({"dataset": data, **chosen, **fields})


def task_graph(structure: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The true task graph as a person would write it into a spec."""
    made = RelatedTasks(**structure)
    joined, names = made.adjacency(), [task.name for task in made.tasks()]
    assert joined is not None
    return {a: {b: joined[i, j] for j, b in enumerate(names) if j > i and joined[i, j]} for i, a in enumerate(names)}


@pytest.mark.parametrize("optimizer", FULL_BATCH)
@pytest.mark.parametrize("graph", ["clusters", "chain"])
def test_the_graph_term_on_related_tasks(graph: str, optimizer: str, record_measurement: Record) -> None:
    structure = {"structure": "graph", "graph": graph}
    term = {"name": "graph", "shape": "matrix", "adjacency": task_graph(structure)}
    spec = related_tasks(structure, {**term, "strength": 0.01}, **FULL_BATCH[optimizer])
    data, found, truth = trained(spec)
    (regularizer,) = spec.regularizers
    assert isinstance(regularizer, Graph)
    weights = regularizer.weights(spec.tasks)
    best = graph_solution(data, weights, 0.01)
    share = gap(data, lambda v: graph_penalty(v, weights), 0.01, found, best)
    what = f"related tasks ({graph}), linear, graph, {optimizer}: objective above the exact linear solve"
    record_measurement(what, f"{share:.1e}", "≤ 1e-3")
    assert abs(share) <= 1e-3
    alone = graph_solution(data, weights, 1e-9)
    nearer = np.linalg.norm(found[:, :-1] - truth) / np.linalg.norm(alone[:, :-1] - truth)
    record_measurement("… distance of W from the truth, over that of tasks alone", f"{nearer:.2f}", "< 1")
    assert nearer < 1


@pytest.mark.parametrize("optimizer", FULL_BATCH)
def test_the_nuclear_norm_on_related_tasks(optimizer: str, record_measurement: Record) -> None:
    structure = {"structure": "low_rank"}
    gamma = 0.05
    spec = related_tasks(structure, {"name": "nuclear_norm", "strength": gamma}, **FULL_BATCH[optimizer])
    data, found, truth = trained(spec)
    best = nuclear_solution(data, gamma)
    assert max(nuclear_residuals(data, best, gamma)) < 1e-7
    share = gap(data, nuclear_penalty, gamma, found, best)
    what = f"related tasks (low rank), linear, nuclear_norm, {optimizer}: objective above the convex solver's"
    record_measurement(what, f"{share:.1e}", "≤ 1e-3")
    residual = max(nuclear_residuals(data, found, gamma))
    record_measurement("… distance from −∇f ∈ γ ∂‖W‖_*, over γ", f"{residual:.1e}", "≤ 0.05")
    assert abs(share) <= 1e-3
    assert residual <= 0.05
    alone = nuclear_solution(data, 1e-9)
    nearer = np.linalg.norm(found[:, :-1] - truth) / np.linalg.norm(alone[:, :-1] - truth)
    record_measurement("… distance of W from the truth, over that of tasks alone", f"{nearer:.2f}", "< 1")
    assert nearer < 1


@cache
def explained(name: str, fold: int) -> tuple[float, float]:
    """On one random split of the schools, a quarter of the rows testing: two shares of variance explained.

    1 − Σ (y − ŷ)² / Σ (y − ȳ)² over all pupils that test (Bakker & Heskes 2003), and the mean over schools of r2.
    """
    split = {"name": "holdout", "folds": SPLITS, "fold": fold, "test": 0.25}
    data = {"name": "school", "validation": 0, "target_scaling": "standardize", "split": split}
    spec = parse_spec({"dataset": data, "evaluate_every": 100_000, "device": "cpu", **SCHOOL[name]})
    *_, last = train(spec)
    assert last.kind == "finished", last.values
    metrics = last.values["metrics"]["test"]
    samples = finished(open_session(spec)).samples
    scores = {task: samples.targets[task][samples.splits["test"]] for task in spec.tasks}
    scores = {task: found[~np.isnan(found)] for task, found in scores.items()}
    squares = sum(metrics[task]["mse"] * len(found) for task, found in scores.items())
    pupils = np.concatenate(list(scores.values())).astype(np.float64)
    whole = 1 - squares / float(np.square(pupils - pupils.mean()).sum())
    return whole, mean(found["r2"] for found in metrics.values() if found["r2"] is not None)


@pytest.fixture
def pupils() -> None:
    if school_file.locate(data_dir()) is None:
        pytest.skip("the real file of school is not in MTL_DATA_DIR")


@pytest.mark.usefixtures("pupils")
@pytest.mark.parametrize("name", SCHOOL)
def test_school_over_ten_random_splits(name: str, record_measurement: Record) -> None:
    whole, each = zip(*(explained(name, fold) for fold in range(SPLITS)), strict=True)
    what = f"school, {name}: explained variance of all pupils, ten random splits"
    record_measurement(
        what, f"{mean(whole):.1%} ± {stdev(whole):.1%}", "> 30 %" if name.startswith("separate") else "> 36 %"
    )
    record_measurement("… mean r2 of a school", f"{mean(each):.3f} ± {stdev(each):.3f}", "–")
    assert mean(whole) > (0.30 if name.startswith("separate") else 0.36)


@pytest.mark.usefixtures("pupils")
@pytest.mark.parametrize("name", [name for name in SCHOOL if not name.startswith("separate")])
@pytest.mark.parametrize("alone", [name for name in SCHOOL if name.startswith("separate")])
def test_tied_schools_explain_more_than_separate_ones_on_every_split(name: str, alone: str) -> None:
    for fold in range(SPLITS):
        tied, other = explained(name, fold), explained(alone, fold)
        assert tied[0] > other[0], fold
        assert tied[1] > other[1], fold
