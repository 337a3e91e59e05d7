"""Many tasks in specs and links: one λ for all with exceptions, neighbours as ranges."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.datasets import DATASETS
from mtl_core.errors import SpecError
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.ui.many_store import ManyTasks, many_run
from ui import draft as drafts
from ui.hub import Hub, RunView
from ui.many_tasks import grouped
from ui.series import Change
from ui.task_ranges import folded, unfolded
from ui.url_state import from_params, to_params

NAMES = [f"school_{i + 1}" for i in range(139)]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "many_tasks", ManyTasks)


def spec_of(lambdas: dict[str, float] | None = None, **fields: Any) -> RunSpec:
    return parse_spec({"dataset": {"name": "many_tasks"}, "weighting": {"lambdas": lambdas or {}}, **fields})


@pytest.fixture
def view(store: Store) -> RunView:
    return Hub(store).view(many_run(store, "finished", steps=6))


# --- λ of all tasks at once


def test_a_star_is_lambda_of_every_task_that_is_not_named() -> None:
    lambdas = spec_of({"*": 0.5, "school_3": 2.0}).weighting.lambdas
    assert lambdas["school_3"] == 2.0
    assert {value for task, value in lambdas.items() if task != "school_3"} == {0.5}
    assert list(lambdas) == NAMES
    assert set(spec_of().weighting.lambdas.values()) == {1 / 139}


@pytest.mark.parametrize("bad", [-1, "fast", None, float("nan")])
def test_a_bad_star_is_one_problem_not_139(bad: Any) -> None:
    with pytest.raises(SpecError) as refused:
        spec_of({"*": bad})
    assert [problem.field for problem in refused.value.problems] == ["weighting.lambdas.*"]


def test_the_value_for_all_can_be_set_in_a_spec() -> None:
    spec = spec_of({"school_3": 2.0}).with_value("weighting.lambdas.*", 0.25)
    assert set(spec.weighting.lambdas.values()) == {0.25}


def test_the_short_form_of_many_lambdas_is_one_value_and_the_exceptions() -> None:
    assert "weighting" not in spec_of({"*": 1 / 139}).differences()
    assert spec_of({"*": 0.5, "school_3": 2.0}).differences()["weighting"]["lambdas"] == {"*": 0.5, "school_3": 2.0}
    few = {"school_3": 2.0, "school_9": 0.5}
    assert spec_of(few).differences()["weighting"]["lambdas"] == few
    scattered = {name: 1 + i / 100 for i, name in enumerate(NAMES[:40])}
    assert spec_of(scattered).differences()["weighting"]["lambdas"] == scattered
    two = parse_spec({"weighting": {"lambdas": {"*": 1.0}}})
    assert two.differences()["weighting"]["lambdas"] == {"quality": 1.0, "good": 1.0}


@pytest.mark.parametrize("lambdas", [{"*": 0.5}, {"*": 0.5, "school_3": 2.0}, {"school_3": 2.0}, {"*": 1 / 139}])
def test_the_link_of_many_lambdas_is_short_and_leads_back(lambdas: dict[str, float]) -> None:
    spec = spec_of(lambdas)
    link = to_params(drafts.of_spec(spec))
    assert len(link) <= 1 + len(lambdas)
    found, dropped = from_params(link)
    assert dropped == []
    assert drafts.build(found).spec == spec


def test_a_bad_lambda_for_all_is_dropped_from_a_link() -> None:
    found, dropped = from_params({"dataset": "many_tasks", "lambda": "-2"})
    assert [(one.name, one.value) for one in dropped] == [("lambda", "-2")]
    assert found == {"dataset.name": "many_tasks"}


def test_grouped_takes_the_named_apart_and_those_that_differ() -> None:
    lambdas = {"a": 1.0, "b": 1.0, "c": 2.0, "d": 1.0}
    assert grouped(lambdas) == (1.0, {"c": 2.0})
    assert grouped(lambdas, ["a"]) == (1.0, {"a": 1.0, "c": 2.0})
    assert grouped({"a": 2.0, "b": 2.0, "c": 1.0}, ["a", "b"]) == (1.0, {"a": 2.0, "b": 2.0}), "the rest decides"
    assert grouped({"a": 2.0, "b": 3.0}, ["a", "b"])[1] == {"a": 2.0, "b": 3.0}


def test_a_view_knows_every_lambda_after_changes_of_all_and_of_one(view: RunView) -> None:
    for field, value in (("*", 2.0), ("school_3", 5.0), ("*", 1.0), ("school_9", 0.0)):
        view.series.changes.append(Change(4, f"weighting.lambdas.{field}", None, value))
    assert view.lambdas["school_3"] == 1.0
    assert view.value("weighting.lambdas.school_9", 7.0) == 0.0
    assert view.value("weighting.lambdas.school_1", 7.0) == 1.0
    assert view.value("optimizer.lr", 7.0) == 7.0


# --- tasks in a link


def test_neighbours_in_a_link_are_ranges() -> None:
    chosen = [*NAMES[:24], "school_30", "school_40", "school_41", "school_139"]
    short = folded(chosen, NAMES)
    assert short == ["school_1..school_24", "school_30", "school_40", "school_41", "school_139"]
    assert unfolded(short, NAMES) == chosen
    assert folded(["b", "a"], ["a", "b"]) == ["b", "a"], "few tasks are named one by one"
    assert unfolded(["school_9..school_3", "x..y"], NAMES) == ["school_9..school_3", "x..y"]


def test_a_link_with_half_of_many_tasks_is_short_enough_to_be_read() -> None:
    for chosen in (NAMES[10:90], NAMES[::2], [n for i, n in enumerate(NAMES) if i % 5]):
        spec = spec_of(tasks=chosen)
        link = to_params(drafts.of_spec(spec))
        assert len(link["tasks"]) < 1_000
        found, dropped = from_params(link)
        assert dropped == []
        assert drafts.build(found).spec.tasks == chosen


def test_no_hidden_layer_and_many_lambdas_go_through_a_link_together() -> None:
    spec = spec_of({"*": 0.5}, architecture={"name": "separate", "hidden": []})
    link = to_params(drafts.of_spec(spec))
    assert link["hidden"] == "[]"
    found, dropped = from_params(link)
    assert dropped == []
    assert drafts.build(found).spec == spec
