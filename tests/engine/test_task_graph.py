"""The task graph: its edges, what it refuses, and its way through a spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from mtl_core.errors import SpecError
from mtl_core.regularizers.graph import Graph
from mtl_core.regularizers.l2_distance import L2Distance
from mtl_core.spec import parse_spec
from tests.engine.test_regularizers import TRIANGLE, drawn


@pytest.mark.parametrize("shape", ["complete", "chain", "matrix"])
def test_graph_is_the_sum_over_its_edges(shape: str) -> None:
    found = Graph(name="graph", shape=shape, adjacency=TRIANGLE)
    matrix = drawn((3, 5)).requires_grad_()
    columns = dict(zip("abc", ([row] for row in matrix), strict=True))
    edges = {"complete": {"ab": 1, "ac": 1, "bc": 1}, "chain": {"ab": 1, "bc": 1}, "matrix": {"ab": 2, "ac": 0.5}}
    wanted = sum(w * (columns[i][0] - columns[j][0]).square().sum() for (i, j), w in edges[shape].items())
    penalty = found.penalty(columns)
    torch.testing.assert_close(penalty, wanted)
    slope, reference = (torch.autograd.grad(value, matrix, retain_graph=True)[0] for value in (penalty, wanted))
    torch.testing.assert_close(slope, reference)


def test_the_complete_graph_is_l2_distance() -> None:
    columns = {f"task_{k}": [row] for k, row in enumerate(drawn((139, 28)))}
    torch.testing.assert_close(Graph(name="graph").penalty(columns), L2Distance(name="l2_distance").penalty(columns))


@pytest.mark.parametrize(
    ("adjacency", "rule"),
    [
        ({"y": {"positive": -1}}, "weights must be finite and at least 0, y – positive has -1"),
        ({"y": {"y": 1}}, "a task is no neighbour of its own, y – y has 1"),
        ({"y": {"positive": 1}, "positive": {"y": 2}}, "an edge has one weight, y – positive has 1 and back 2"),
        ({"y": {"positive": True}}, "must be a number, not true or false"),
        ({"y": {"positive": "much"}}, "number"),
        ({"y": {"nope": 1}}, "no task of tiny_table has this name"),
        ({"nope": {}}, "no task of tiny_table has this name"),
    ],
)
def test_a_task_graph_that_is_none_is_refused_by_its_rule(adjacency: dict[str, Any], rule: str) -> None:
    fields = {"name": "graph", "shape": "matrix", "adjacency": adjacency}
    with pytest.raises(SpecError) as refused:
        parse_spec({"dataset": {"name": "tiny_table"}, "regularizers": [fields]})
    (problem,) = refused.value.problems
    assert problem.field.startswith("regularizers.0.adjacency")
    assert rule in problem.rule


def test_a_drawn_graph_survives_its_way_through_a_spec() -> None:
    fields = {"name": "graph", "strength": 0.5, "shape": "matrix", "adjacency": {"y": {"positive": 0.5}}}
    spec = parse_spec({"dataset": {"name": "tiny_table"}, "regularizers": [fields]})
    assert parse_spec(json.loads(spec.model_dump_json())) == spec
    assert spec.model_dump(mode="json")["regularizers"] == [fields]
    graph = spec.regularizers[0]
    assert isinstance(graph, Graph)
    assert graph.weights(["positive", "y"]) == [[0, 0.5], [0.5, 0]]
