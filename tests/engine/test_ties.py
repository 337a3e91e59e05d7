"""W and what follows from it: golden numbers, and independent ones from numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtl_core.ties import correlation, known_truth, pictured, singular_values, weight_matrix
from tests.engine.conftest import Run


def test_w_has_a_column_a_task() -> None:
    columns = {"a": [torch.tensor([[1.0, 2.0]]), torch.tensor([3.0])], "b": [torch.zeros(1, 2), torch.ones(1)]}
    assert weight_matrix(columns).tolist() == [[1, 0], [2, 0], [3, 1]]


@pytest.mark.parametrize("shape", [(50, 3), (4, 4), (3, 40)])
def test_singular_values_are_those_of_numpy(shape: tuple[int, int]) -> None:
    weights = np.random.default_rng(0).normal(size=shape)
    wanted = np.linalg.svd(weights, compute_uv=False)[:16]
    np.testing.assert_allclose(singular_values(torch.from_numpy(weights)), wanted, rtol=1e-9)


def test_correlation_is_that_of_numpy_and_a_constant_column_correlates_with_none() -> None:
    weights = np.random.default_rng(1).normal(size=(20, 5))
    np.testing.assert_allclose(correlation(torch.from_numpy(weights)).numpy(), np.corrcoef(weights.T), atol=1e-12)
    weights[:, 2] = 3.0
    found = correlation(torch.from_numpy(weights)).numpy()
    assert found[2].tolist() == [0, 0, 1, 0, 0]


def test_long_columns_are_not_kept_whole() -> None:
    short = {task: [torch.randn(8)] for task in "ab"}
    long = {task: [torch.randn(2_000)] for task in "ab"}
    assert set(pictured(short)) == {"ties.weights", "ties.correlation"}
    assert set(pictured(long)) == {"ties.correlation"}
    assert pictured({}) == {}


def test_the_truth_of_the_chosen_tasks_in_their_order() -> None:
    truth = {"weights": np.arange(6.0).reshape(2, 3), "correlation": np.arange(9.0).reshape(3, 3)}
    found = known_truth(truth, ["a", "b", "c"], ["c", "a"])
    assert found["truth.weights"].tolist() == [[2, 0], [5, 3]]
    assert found["truth.correlation"].tolist() == [[8, 6], [2, 0]]


def test_two_heads_on_one_trunk_say_nothing_and_are_not_looked_at(run: Run) -> None:
    for fields, told in (({}, False), ({"architecture": {"hidden": []}}, True), ({"architecture": "soft"}, True)):
        events = run("tiny_table", **fields)
        ties = [
            e.values for e in events if e.kind == "evaluation" and e.values["split"] == "train" and "ties" in e.values
        ]
        shown = [e for e in events if e.kind == "preview" and e.payload and "ties.correlation" in e.payload]
        assert (bool(ties), bool(shown)) == (told, told), fields
