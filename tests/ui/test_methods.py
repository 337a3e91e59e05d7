"""The list of methods: whole, worded in both languages, filtered, sorted, and each with a valid example."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.regularizers import REGULARIZERS
from mtl_core.weightings import WEIGHTINGS
from ui import draft, url_state
from ui.methods import KINDS, Method, architectures_of, chosen, method_called, methods, needs, works_with
from ui.methods_cards import OF_FIELD, SENTENCE
from ui.methods_costs import Costs, costs, times
from ui.methods_formulas import (
    ARCHITECTURE_FORMULAS,
    FORMULAS,
    PAPERS,
    REGULARIZER_FORMULAS,
    WEIGHTING_FORMULAS,
)
from ui.words import catalogue

EVERY = methods()
NAMES = [method.name for method in EVERY]


def called(name: str) -> Method:
    method = method_called(name)
    assert method is not None
    return method


def picked(
    kind: str | None = None, search: str = "", order: str = "listed", prices: Mapping[str, float] | None = None
) -> list[str]:
    words = {method.name: f"{method.name} {method.source}" for method in EVERY}
    found = chosen(EVERY, kind=kind, search=search, order=order, words=words, costs=prices or {})
    return [method.name for method in found]


def test_every_entry_of_the_three_registries_is_listed_once() -> None:
    assert sorted(NAMES) == sorted([*WEIGHTINGS, *ARCHITECTURES, *REGULARIZERS])
    assert [KINDS.index(method.kind) for method in EVERY] == sorted(KINDS.index(method.kind) for method in EVERY)


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_every_method_has_name_sentence_and_words_for_its_fields(name: str, code: str) -> None:
    method, words = called(name), catalogue(code)
    assert f"choice.{OF_FIELD[method.field]}_{name}" in words
    assert len(words[f"{SENTENCE[method.field]}.{name}"]) >= 10
    fields = [f"{method.field}_{option}" for option, _, _ in method.options() if option != "adjacency"]
    assert [field for field in fields if f"field.{field}" not in words or f"help.{field}" not in words] == []


def test_every_method_has_a_formula_and_no_formula_is_of_nothing() -> None:
    assert set(WEIGHTING_FORMULAS) == set(WEIGHTINGS)
    assert set(ARCHITECTURE_FORMULAS) == set(ARCHITECTURES)
    assert set(REGULARIZER_FORMULAS) == set(REGULARIZERS)
    for name, formula in FORMULAS.items():
        assert formula.count("{") == formula.count("}"), name
        assert "$" not in formula, "it is put between dollars"


def test_papers_are_of_methods_and_at_addresses_that_stay() -> None:
    assert set(PAPERS) <= set(NAMES)
    hosts = r"https://(arxiv\.org/abs/\d{4}\.\d{5}|doi\.org/10\.|openreview\.net/forum|aclanthology\.org|jmlr\.org)"
    assert [name for name, link in PAPERS.items() if not re.match(hosts, link)] == []


@pytest.mark.parametrize(
    ("name", "year"), [("mgda", 2012), ("stch", 2024), ("hard", 1993), ("fixed", None), ("nuclear_norm", 2008)]
)
def test_the_year_is_that_of_the_source(name: str, year: int | None) -> None:
    assert called(name).year == year


def test_what_a_step_needs_follows_from_the_class() -> None:
    found = {name: needs(called(name).model) for name in ("fixed", "dwa", "famo", "pcgrad", "gradnorm", "hard")}
    assert found == {
        "fixed": ["passes_1"],
        "dwa": ["passes_1", "remembers"],
        "famo": ["passes_1", "forward", "learns"],
        "pcgrad": ["passes_k", "draws"],
        "gradnorm": ["passes_k", "learns"],
        "hard": [],
    }


def test_what_a_method_works_with_follows_from_the_rules_of_the_spec() -> None:
    assert works_with(called("fixed"))[1] == ()
    assert works_with(called("mgda"))[1] == ("one_task",)
    assert works_with(called("mtan"))[1] == ("table",), "the table with samples of their own says nothing more"
    assert set(ARCHITECTURES) - set(architectures_of(called("nash"))) == {"separate", "soft"}
    assert architectures_of(called("famo")) == tuple(ARCHITECTURES)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_every_method_is_valid_and_survives_its_link(name: str) -> None:
    method = called(name)
    spec = method.example()
    found, dropped = url_state.from_params(url_state.to_params(draft.of_spec(spec)))
    assert dropped == []
    back = draft.build(found)
    assert back.problems == ()
    held = [term.name for term in back.spec.regularizers] if method.field == "regularizers" else []
    assert name in held or getattr(back.spec, method.field).name == name
    if method.field == "regularizers":
        assert back.spec.layout().tied(heads=True), "there is something that it ties"


def test_the_filter_keeps_a_kind_and_every_word() -> None:
    assert picked(kind="regularizer") == list(REGULARIZERS)
    assert set(picked(kind="losses")) | set(picked(kind="gradients")) == set(WEIGHTINGS)
    assert picked(search="  LIU 2021 ") == ["imtl_l", "cagrad", "imtl_g"]
    assert picked(kind="gradients", search="impartial") == ["imtl_g"]
    assert picked(search="no such thing") == []


def test_the_order_by_cost_and_year_puts_the_unknown_last() -> None:
    by_cost = picked(kind="losses", order="cost", prices={"stch": 0.9, "dwa": 1.5, "fixed": 1.0})
    assert by_cost[:3] == ["stch", "fixed", "dwa"]
    by_year = picked(order="year")
    assert by_year[0] == "hard"
    assert {"fixed", "separate"} == set(by_year[-2:])


def test_costs_are_read_and_told_with_two_digits(tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    body = {"ratios": {"mgda": {"wine_quality": 2.26, "digits": 1.9}}, "machine": "m", "torch": "2", "date": "d"}
    file.write_text(json.dumps(body), encoding="utf-8")
    costs.cache_clear()
    found = costs(file)
    assert (found.of("mgda"), found.of("fixed")) == (2.26, None)
    assert [times(ratio) for ratio in (0.984, 2.26, 12.4)] == ["0.98", "2.3", "12"]
    assert costs(tmp_path / "none.json") == Costs()
    costs.cache_clear()


def test_recorded_costs_are_of_methods_that_are_there() -> None:
    recorded = costs().ratios
    assert set(recorded) <= {*WEIGHTINGS, *ARCHITECTURES}
    assert all(0.1 < ratio < 100 for by_set in recorded.values() for ratio in by_set.values())


def test_defaults_are_told_as_the_spec_has_them() -> None:
    told = {name: default for name, default, _ in called("mgda").options()}
    assert told == {"at_representation": "false", "epsilon": "0.001", "iterations": "100"}
    assert called("pcgrad").options() == []
    assert "hidden" not in {name for name, _, _ in called("mmoe").options()}
