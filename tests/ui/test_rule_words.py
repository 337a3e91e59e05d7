"""The rules that a spec may break, told in the page's language."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from mtl_core.errors import SpecError
from mtl_core.spec import parse_spec
from tests.ui.small_store import opened, told, whole
from ui import rule_words
from ui.rule_words import TEMPLATES, rule_text
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
SCENES = {"name": "captioned_scenes"}
WRONG: tuple[tuple[Any, str], ...] = (
    ({"epochs": -3}, "at_least"),
    ({"epochs": "x"}, "whole"),
    ({"epochs": 1.5}, "whole"),
    ({"optimizer": {"lr": 0}}, "above"),
    ({"optimizer": {"lr": "x"}}, "number"),
    ({"optimizer": {"lr": float("inf")}}, "finite"),
    ({"optimizer": {"name": "foo"}}, "choice"),
    ({"architecture": {"name": "x"}}, "unknown_name"),
    ({"architecture": {"batch_norm": "x"}}, "flag"),
    ({"architecture": {"hidden": 3}}, "list"),
    ({"nonsense": 1}, "unknown_field"),
    ({"tasks": ["zz"]}, "unknown_task"),
    ({"tasks": ["good", "good"]}, "once_task"),
    ({"weighting": {"lambdas": {"zz": 1}}}, "no_such_task"),
    ({"batch_size": 99_999}, "full_or_rows"),
    ({"dataset": {"validation": 5}}, ""),
    ({"dataset": {**SCENES, "options": {"rows": 401}}}, "multiple"),
    ({"dataset": {**SCENES, "options": {"rows": 10**9}}}, "at_most"),
    ({"dataset": {**SCENES, "modalities": ["sound"]}}, "unknown_input"),
    ({"tasks": ["mask"], "dataset": {**SCENES, "modalities": ["text"]}}, "needs_input"),
)
REWORDED = ("whole", "number", "flag")
"""Said more plainly than the engine does, in English too."""


def rule_of(raw: Any) -> str:
    with pytest.raises(SpecError) as caught:
        parse_spec(raw)
    return caught.value.problems[0].rule


@pytest.mark.parametrize(("raw", "key"), WRONG)
def test_what_the_engine_says_of_usual_mistakes_has_a_template(raw: Any, key: str) -> None:
    rule = rule_of(raw)
    matching = [name for name, pattern in TEMPLATES.items() if pattern.fullmatch(rule)]
    assert matching, rule
    assert not key or matching[0] == key
    assert matching[0] in REWORDED or rule_text(rule) == rule, "in English as the engine says it"


def test_both_catalogues_have_the_words_and_numbers_of_each_template() -> None:
    for key, pattern in TEMPLATES.items():
        for words in (EN, ZH):
            found = {name for _, name, _, _ in Formatter().parse(words[f"rules.{key}"]) if name}
            assert found == set(pattern.groupindex), key


def test_alternatives_and_choices_are_joined_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_words, "t", lambda key, **values: ZH[key].format(**values))
    assert rule_text(rule_of({"batch_size": 0})) == "必须是 'full'，或者必须大于或等于 1"
    assert rule_text(rule_of({"optimizer": {"name": "foo"}})) == "必须是 'adam', 'adamw' 或 'sgd'"
    assert rule_text("a rule that nobody knows") == "a rule that nobody knows"


def test_a_chinese_page_names_rules_in_chinese(home: object) -> None:
    app = opened(lang="zh", epochs="-3", lr="x", architecture="nope")
    assert told(app) == []
    text = "\n".join(warning.value for warning in app.warning)
    assert ZH["rules.at_least"].format(limit=1) in text
    assert ZH["rules.number"] in text
    assert not re.search(r"must be|unknown", text)
    assert "nope" in whole(app)
