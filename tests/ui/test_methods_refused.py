"""Methods that cannot work with a set-up: marked in the lists, told why in both languages, and never started."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.errors import SpecError
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.weightings import WEIGHTINGS
from tests.ui.small_store import markup, opened, run_of, told, whole
from ui import rule_words
from ui.fields import shape_of
from ui.formula import direction_text
from ui.methods_fields import MARKS, _typed
from ui.methods_refused import refused_architectures, refused_weightings
from ui.rule_words import TEMPLATES, rule_text
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
WEIGHTING, SHARING = "form:weighting.name", "form:architecture.name"
GRADIENTS = {name for name, model in WEIGHTINGS.items() if model.needs_gramian}
SHAPES_GAN = {"dataset": {"name": "shapes"}, "generation": {"name": "gan"}}
UB = {"name": "mgda", "at_representation": True}
REFUSED: tuple[tuple[Any, str], ...] = (
    ({"tasks": ["good"], "weighting": {"name": "dwa"}}, "least_tasks"),
    ({"architecture": {"name": "soft"}, "weighting": {"name": "nash"}}, "nothing_shared"),
    ({"dataset": {"name": "wine_colours"}, "weighting": UB}, "one_batch"),
    ({**SHAPES_GAN, "weighting": UB}, "losses_once"),
    ({"architecture": {"name": "mtan"}}, "needs_maps"),
    ({"tasks": ["good"], "architecture": {"name": "cross_stitch"}}, "least_columns"),
    ({"architecture": {"name": "mmoe", "hidden": []}}, "needs_layers"),
)


@pytest.mark.parametrize(("raw", "key"), REFUSED, ids=[key for _, key in REFUSED])
def test_why_a_method_is_refused_is_told_in_both_languages(raw: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(raw)
    rule = caught.value.problems[0].rule
    assert [name for name, pattern in TEMPLATES.items() if pattern.fullmatch(rule)] == [key]
    assert rule_text(rule) == rule
    monkeypatch.setattr(rule_words, "t", lambda key, **values: ZH[key].format(**values))
    assert re.search(r"[一-鿿]", rule_text(rule))


@pytest.mark.parametrize(
    "raw", [{}, {"architecture": {"name": "separate"}}, {"tasks": ["good"]}, {"dataset": {"name": "school"}}]
)
def test_what_is_marked_is_what_the_spec_refuses(raw: Any) -> None:
    spec = parse_spec(raw)
    marked = {"weighting": refused_weightings(spec), "architecture": refused_architectures(spec)}
    for field, registry in (("weighting", WEIGHTINGS), ("architecture", ARCHITECTURES)):
        refused = {name for name in registry if f"{field}.name" in broken({**raw, field: {"name": name}})}
        assert refused == set(marked[field])


def broken(raw: Any) -> list[str]:
    """The fields that a spec breaks the rules of."""
    try:
        parse_spec(raw)
    except SpecError as error:
        return [problem.field for problem in error.problems]
    return []


def test_the_list_says_what_a_method_weighs_and_what_cannot_work_here(home: object) -> None:
    app = opened(architecture="separate")
    options = app.selectbox(key=WEIGHTING).options
    assert options[0] == f"{EN['choice.weighting_name_fixed']} · {EN['form.of_losses']}"
    marked = {name for name, text in zip(WEIGHTINGS, options, strict=True) if EN["form.not_here"] in text}
    assert marked == GRADIENTS


def test_a_refused_weighting_stays_chosen_says_why_and_nothing_starts(home: object, store: Store) -> None:
    app = opened(weighting="cagrad", **{"weighting.c": "0.3"})
    assert told(app) == []
    app.get_by_key(SHARING).set_value("separate").run()
    assert told(app) == []
    rule = EN["rules.nothing_shared"].format(architecture="separate")
    assert any(rule in caption.value and ":red" in caption.value for caption in app.caption), "beside its field"
    assert app.selectbox(key=WEIGHTING).value == "cagrad", "what was chosen stays"
    assert app.button(key="start").disabled
    assert store.runs() == []
    app.get_by_key(SHARING).set_value("hard").run()
    assert app.selectbox(key=WEIGHTING).value == "cagrad"
    assert not app.button(key="start").disabled
    assert app.slider(key="form:weighting.c").value == 0.3, "and so do its fields"


def test_a_refused_architecture_stays_chosen_and_says_why(home: object) -> None:
    app = opened()
    app.get_by_key(SHARING).set_value("mtan").run()
    assert told(app) == []
    assert any(EN["rules.needs_maps"] in caption.value for caption in app.caption)
    assert app.get_by_key(SHARING).value == "mtan"
    assert app.button(key="start").disabled
    app.selectbox(key="form:dataset.name").select("digits").run()
    assert told(app) == []
    assert not app.button(key="start").disabled
    assert app.get_by_key(SHARING).value == "mtan"


@pytest.mark.parametrize("name", list(WEIGHTINGS))
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_weighting_shows_its_sentence_and_its_formula(home: object, name: str, lang: str) -> None:
    app = opened(weighting=name, lang=lang)
    assert told(app) == []
    words = catalogue(lang)
    assert words[f"weighting.{name}"] in whole(app)
    assert (words["form.preference"] in whole(app)) == (name != "fixed")
    assert ("**d** =" in whole(app)) == (name != "fixed")
    assert (words["formula.adam"] in whole(app)) == (name not in {"uncertainty", "imtl_l", "stch"})


def test_a_running_method_shows_the_weights_that_it_used(home: object, store: Store) -> None:
    run = run_of(store, "running", until=30, spec={"weighting": {"name": "dwa"}})
    app = opened(run=run)
    assert told(app) == []
    line = markup(app)["formula"]
    assert "<b>d</b> = " in line
    assert "0.5 · ∇<i>L</i><sub>quality</sub>" in line, "the recorded steps weighed both by 0.5"


def test_the_direction_names_weights_until_they_are_known() -> None:
    spec = parse_spec({"weighting": {"name": "mgda"}, "architecture": {"name": "partial"}})
    colours, lambdas = {"quality": "#111111", "good": "#222222"}, spec.weighting.lambdas
    unknown = direction_text(spec, lambdas, {}, colours, (0.01, None))
    assert unknown.startswith('<p class="formula"><b>d</b> = ')
    assert "<i>w</i><sub>1</sub> · 0.5 ·" in unknown
    assert unknown.endswith("0.01 · ∇Ω</p>")
    known = direction_text(spec, lambdas, {"quality": 0.4, "good": 0.6}, colours, None)
    assert "0.4 · ∇" in known
    assert "0.6 · ∇" in known
    assert "<i>w</i>" not in known


def test_small_numbers_are_typed_not_slid() -> None:
    for name, model in WEIGHTINGS.items():
        for field_name, field in model.model_fields.items():
            shape = shape_of(field.annotation, field.metadata)
            if shape is not None and shape.kind == "number":
                typed = shape_of(_typed(field).annotation, _typed(field).metadata)
                assert typed is not None
                on_a_mark = (field.default * MARKS).is_integer()
                assert (typed.high == shape.high) == on_a_mark, (name, field_name)


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [({}, True), ({"architecture": "soft"}, False), ({"architecture": "soft", "gamma": "0"}, True)],
)
def test_the_scale_of_lambda_counts_beside_a_penalty(home: object, parameters: dict[str, str], shown: bool) -> None:
    assert (catalogue("en")["formula.adam"] in whole(opened(**parameters))) == shown


@pytest.mark.parametrize(("name", "shown"), [("mgda", True), ("gradnorm", False), ("fixed", False)])
def test_heads_follow_their_own_task_where_gradients_are_weighed(home: object, name: str, shown: bool) -> None:
    assert (catalogue("en")["formula.own_heads"] in whole(opened(weighting=name))) == shown
