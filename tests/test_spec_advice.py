"""What a data set recommends of a spec, and where it gives way."""

from __future__ import annotations

from typing import Any

from mtl_core.spec import parse_spec


def test_a_data_sets_lambdas_fit_the_tasks_of_the_run_and_give_way_to_one_for_all() -> None:
    def lambdas(**fields: Any) -> dict[str, float]:
        return parse_spec({"dataset": "captioned_scenes", **fields}).weighting.lambdas

    assert lambdas() == {"match": 0.05, "object": 0.05, "mask": 1.0}
    assert lambdas(tasks=["match", "mask"]) == {"match": 0.05, "mask": 1.0}
    assert lambdas(weighting={"lambdas": {"mask": 3}}) == {"match": 0.05, "object": 0.05, "mask": 3.0}
    assert lambdas(weighting={"lambdas": {"*": 2}}) == {"match": 2.0, "object": 2.0, "mask": 2.0}
    assert lambdas(dataset={"name": "captioned_scenes", "modalities": ["text"]}) == {"match": 0.05, "object": 0.05}


def test_a_link_without_some_recommended_lambdas_comes_back_as_it_was() -> None:
    spec = parse_spec({"dataset": "captioned_scenes", "tasks": ["match", "mask"], "weighting": {"lambdas": {"*": 0.5}}})
    assert parse_spec(spec.differences()) == spec
    assert parse_spec({"dataset": "captioned_scenes"}).differences() == {"dataset": {"name": "captioned_scenes"}}
