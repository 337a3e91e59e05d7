"""What each column of an upload is used for: suggested, edited, handed to the engine; and its findings in words."""

from __future__ import annotations

from string import Formatter

import pytest

from mtl_core.userdata.adding import examine
from mtl_core.userdata.findings import TEMPLATES, Finding
from tests.userdata.makers import flats, looked_at
from ui import own_findings, own_table, own_uses
from ui.own_uses import KINDS, ROLES, TYPES, Use
from ui.plain_text import plain
from ui.words import LANGUAGES, catalogue

NAMES = list(flats())


def test_what_is_suggested_is_what_the_engine_would_choose() -> None:
    inspection = looked_at(flats())
    uses = own_uses.suggested(inspection)
    assert examine(inspection, own_uses.choices(uses)).choices == examine(inspection).choices
    assert {name: use.role for name, use in uses.items()} == {
        "flat id": "ignore",
        **dict.fromkeys(("area", "age", "district", "rent"), "input"),
        "quiet": "target",
    }


def test_the_table_shows_a_type_for_every_role() -> None:
    inspection = looked_at(flats())
    uses = own_uses.with_targets(own_uses.suggested(inspection), ["rent", "quiet"], inspection)
    rows = own_table.frame(inspection, uses).set_index("column")
    assert rows["role"].to_dict()["rent"] == "target"
    assert rows["type"].to_dict() == {
        "flat id": "category",
        "area": "number",
        "age": "number",
        "district": "category",
        "rent": "number",
        "quiet": "yes_no",
    }
    assert rows.loc["age", "seen"] == f"{len(set(flats()['age'])) - 1} different, 12 missing"


def test_edits_of_the_table_change_the_uses() -> None:
    uses = own_uses.suggested(looked_at(flats()))
    edited = own_uses.edited(uses, NAMES, {4: {"role": "target", "unit": "€"}, 1: {"type": "category"}})
    assert edited["rent"] == Use("target", None, "€")
    assert edited["area"] == Use("input", "category")
    assert {name: edited[name] for name in NAMES if name not in ("rent", "area")} == {
        name: uses[name] for name in NAMES if name not in ("rent", "area")
    }
    assert own_uses.choices(edited)["area"].kind == "categorical"
    assert len(own_uses.edited(uses, NAMES, {4: {"unit": "x" * 50}})["rent"].unit) == 20, "as much as the engine takes"
    assert own_uses.edited(uses, NAMES, {4: {"unit": "![](//x.y)"}})["rent"].unit == "!(//x.y)", "no picture"
    assert own_uses.edited(edited, NAMES, {4: {"unit": None}})["rent"].unit == "", "an emptied cell"


def test_a_target_that_is_none_any_more_becomes_an_input_again() -> None:
    inspection = looked_at(flats())
    uses = own_uses.suggested(inspection)
    both = own_uses.with_targets(uses, ["rent", "quiet"], inspection)
    assert [name for name, use in both.items() if use.role == "target"] == ["rent", "quiet"]
    neither = own_uses.with_targets(both, ["flat id"], inspection)
    assert (neither["rent"].role, neither["quiet"].role, neither["flat id"].role) == ("input", "input", "target")
    assert own_uses.with_targets(neither, [], inspection)["flat id"].role == "ignore", "as it was suggested"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", TYPES)
def test_a_type_fits_a_role_or_is_named(role: str, kind: str) -> None:
    uses = {"a": Use(role, kind)}
    fits = role == "ignore" or kind in KINDS[role]
    assert own_uses.impossible(uses) == ([] if fits else ["a"])
    if fits:
        assert own_uses.choices(uses)["a"].role == role


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", TEMPLATES)
def test_every_finding_has_words_with_its_values(code: str, language: str) -> None:
    words, (_, what, advice) = catalogue(language), TEMPLATES[code]
    mine = words[f"finding.{code}"] + words.get(f"advice.{code}", "")
    assert placeholders(mine) == placeholders(what + advice)
    assert not advice or f"advice.{code}" in words


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_texts_of_a_file_never_become_markup() -> None:
    line = own_findings.line(Finding("twin", "[a](https://x.y)", {"other": "![b](https://x.y) :red[c] $d$ `e`"}))
    assert "[a](https" not in line
    assert "](https" not in line
    assert plain("a_b*c") == r"a\_b\*c"
    assert r"\:red\[c\] \$d\$ \`e\`" in line
