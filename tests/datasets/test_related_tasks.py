"""related_tasks: the truth is true, options do what they say, and rows depend on nothing that they must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.datasets.pooled import own_targets, owners, pooled_splits
from mtl_core.datasets.related_tasks import RelatedTasks
from mtl_core.datasets.related_weights import RIDGE, chain, clusters, cosines, smooth_weights
from mtl_core.errors import SpecError
from mtl_core.spec import parse_spec
from tests.datasets.helpers import drain

STRUCTURES: list[dict[str, Any]] = [
    {"structure": "low_rank"},
    {"structure": "graph"},
    {"structure": "graph", "graph": "chain"},
]


def loaded(validation: float = 0.2, **options: Any) -> Samples:
    samples, _ = drain(RelatedTasks.model_validate(options).load(Path(), validation))
    assert isinstance(samples, Samples)
    return samples


def own(samples: Samples, task: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """A task's inputs and targets."""
    rows = samples.strata == task
    return samples.inputs["table"][rows], samples.targets[f"task_{task + 1:02d}"][rows]


@pytest.mark.parametrize("options", STRUCTURES)
def test_without_noise_the_truth_gives_the_targets(options: dict[str, Any]) -> None:
    samples = loaded(noise=0, **options)
    for task in range(12):
        table, answers = own(samples, task)
        np.testing.assert_allclose(table @ samples.truth["weights"][:, task], answers, atol=1e-5)


@pytest.mark.parametrize("options", STRUCTURES)
def test_least_squares_on_many_rows_finds_the_truth(options: dict[str, Any]) -> None:
    samples = loaded(rows=500, noise=0.1, features=5, task_count=4, **options)
    for task in range(4):
        found = np.linalg.lstsq(*own(samples, task), rcond=None)[0]
        np.testing.assert_allclose(found, samples.truth["weights"][:, task], atol=0.02)


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_low_rank_has_that_rank(rank: int) -> None:
    weights = RelatedTasks(rank=rank).weights()
    assert weights.shape == (20, 12)
    assert np.linalg.matrix_rank(weights) == rank


@pytest.mark.parametrize("options", STRUCTURES)
def test_signals_have_variance_one_and_noise_what_was_asked(options: dict[str, Any]) -> None:
    weights = RelatedTasks.model_validate(options).weights()
    assert (weights**2).sum(axis=0).mean() == pytest.approx(1)
    samples = loaded(rows=500, task_count=64, noise=0.7, **options)
    table, truth = samples.inputs["table"], samples.truth["weights"]
    owner = np.asarray(samples.strata)
    answers = np.nansum([samples.targets[name] for name in samples.targets], axis=0)
    left = answers - (table * truth.T[owner]).sum(axis=1)
    assert left.std() == pytest.approx(0.7, abs=0.01)
    np.testing.assert_allclose(table.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(table.std(axis=0), 1, atol=0.03)


def test_the_true_correlation_is_that_of_the_answers() -> None:
    samples = loaded(structure="graph")
    weights, correlation = samples.truth["weights"], samples.truth["correlation"]
    table = np.random.default_rng(1).standard_normal((200_000, 20))
    np.testing.assert_allclose(correlation, np.corrcoef((table @ weights).T), atol=0.01)
    np.testing.assert_array_equal(correlation, cosines(weights))
    np.testing.assert_allclose(np.diag(correlation), 1)


def test_a_graph_of_clusters_makes_blocks() -> None:
    truth = loaded(structure="graph", features=100).truth
    joined = truth["adjacency"] == 1
    np.testing.assert_array_equal(truth["adjacency"], np.kron(np.eye(3), np.ones((4, 4))) - np.eye(12))
    assert truth["correlation"][joined].min() > 0.8
    assert np.abs(truth["correlation"][~joined & ~np.eye(12, dtype=bool)]).max() < 0.4


def test_on_a_chain_relation_falls_with_distance() -> None:
    truth = loaded(structure="graph", graph="chain", features=100, task_count=30).truth
    np.testing.assert_array_equal(truth["adjacency"], np.eye(30, k=1) + np.eye(30, k=-1))
    means = [np.diagonal(truth["correlation"], step).mean() for step in (1, 3, 6, 12)]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.6
    assert means[-1] < 0.3


def test_a_low_rank_has_no_graph() -> None:
    assert set(loaded().truth) == {"weights", "correlation"}


def test_smooth_weights_have_the_graphs_covariance() -> None:
    joined = chain(5)
    weights = smooth_weights(200_000, joined, np.random.default_rng(0))
    wanted = np.linalg.inv(np.diag(joined.sum(1)) - joined + RIDGE * np.eye(5))
    found = weights.T @ weights
    np.testing.assert_allclose(found / np.trace(found), wanted / np.trace(wanted), atol=0.002)


def test_clusters_differ_in_size_by_one_at_most() -> None:
    sizes = np.unique(clusters(11, 4).sum(axis=1)) + 1
    np.testing.assert_array_equal(sizes, [2, 3])
    np.testing.assert_array_equal(clusters(6, 6), np.zeros((6, 6)))


@pytest.mark.parametrize("validation", [0, 0.003, 0.2, 0.9])
@pytest.mark.parametrize("rows", [15, 40, 63])
def test_sizes_and_owners(rows: int, validation: float) -> None:
    made = RelatedTasks(rows=rows, task_count=3)
    samples, _ = drain(made.load(Path(), validation))
    assert {split: len(samples.splits[split]) for split in SPLITS} == made.sizes(validation)
    assert made.sizes(validation)["train"] >= 3
    assert sorted(np.concatenate(list(samples.splits.values()))) == list(range(3 * rows))
    assert [task.name for task in made.tasks()] == list(samples.targets) == ["task_01", "task_02", "task_03"]
    there = np.array([np.isfinite(target) for target in samples.targets.values()])
    np.testing.assert_array_equal(there, np.arange(3)[:, None] == owners([rows] * 3))
    for split in SPLITS:
        assert len(set(np.bincount(np.asarray(samples.strata)[samples.splits[split]], minlength=3))) == 1


def test_the_seed_decides_and_rows_do_not_change_the_truth() -> None:
    first, again, other, longer = loaded(seed=1), loaded(seed=1), loaded(seed=2), loaded(seed=1, rows=80, noise=0)
    np.testing.assert_array_equal(first.inputs["table"], again.inputs["table"])
    np.testing.assert_array_equal(first.truth["weights"], longer.truth["weights"])
    assert not np.array_equal(first.truth["weights"], other.truth["weights"])
    assert not np.array_equal(first.inputs["table"], other.inputs["table"])
    assert (first.rescaled, first.source) == ((), "generated")


@pytest.mark.parametrize(
    "options",
    [
        {"rank": 13},
        {"rank": 6, "features": 5},
        {"structure": "graph", "rank": 13},
        {"task_count": 65},
        {"rows": 14},
    ],
)
def test_what_cannot_be_made_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec({"dataset": {"name": "related_tasks", "options": options}})
    wrong = next(name for name in ("rank", "task_count", "rows") if name in options)
    (problem,) = caught.value.problems
    assert problem.field == f"dataset.options.{wrong}"
    assert problem.value == options[wrong]


def test_a_chain_has_no_rank_to_fit() -> None:
    assert RelatedTasks(structure="graph", graph="chain", task_count=2).rank == 3


def test_the_preview_shows_first_rows_of_tasks() -> None:
    preview = RelatedTasks(features=2, task_count=3, rank=2).preview(Path())
    samples = loaded(features=2, task_count=3, rank=2)
    assert preview.columns == ("task", "x1", "x2", "y")
    assert [row[0] for row in preview.rows] == ["task_01", "task_02", "task_03"]
    assert samples.columns == ("x1", "x2")
    shown = np.array([row[1:] for row in preview.rows])
    np.testing.assert_allclose(shown[:, :2], samples.inputs["table"][::40], atol=6e-4)
    np.testing.assert_allclose(shown[2, 2], samples.targets["task_03"][80], atol=6e-4)


def test_pooled_parts() -> None:
    owner = owners([2, 1])
    np.testing.assert_array_equal(owner, [0, 0, 1])
    numbers = own_targets(["a", "b"], owner, np.float32([1, 2, 3]))
    np.testing.assert_array_equal(numbers["a"], np.float32([1, 2, np.nan]))
    np.testing.assert_array_equal(numbers["b"], np.float32([np.nan, np.nan, 3]))
    assert numbers["a"].dtype == np.float32
    classes = own_targets(["a", "b"], owner, np.array([1, 0, 1]))
    np.testing.assert_array_equal([classes["a"], classes["b"]], [[1, 0, -1], [-1, -1, 1]])
    parts = [{split: np.array([i]) for i, split in enumerate(SPLITS)}] * 2
    np.testing.assert_array_equal(pooled_splits(parts, [3, 3])["validation"], [1, 4])
