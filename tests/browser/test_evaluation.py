"""Several runs as one question, from the Playground's form to the folds and arms and back, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mtl_core.runs.groups import get_group, list_groups, members_of
from mtl_core.runs.records import ENDED, RunRecord
from tests.browser.page_server import Server
from tests.browser.playground import Playground
from ui.words import catalogue

EN = catalogue("en")
ENDS_WITHIN = 35
SHOWN_WITHIN = 10_000
"""Milliseconds, on a busy machine."""


@pytest.fixture
def asked(page: Page, server: Server) -> Callable[[str, str], Playground]:
    """The page of evaluation with one of its questions, about what the Playground's link says."""

    def ask(query: str, question: str) -> Playground:
        playground = Playground(page, server).open(query)
        playground.until(server.warm, 60, "a warm worker")
        page.get_by_role("link", name=EN["page.evaluation"]).click()
        page.locator(".st-key-evaluation_question").get_by_text(EN[f"evaluation.{question}"], exact=True).click()
        expect(page.get_by_text(EN[f"evaluation.{question}_about"])).to_be_visible()
        return playground

    return ask


def started(playground: Playground, runs: int) -> list[RunRecord]:
    """Press the button that names this many runs, and wait until all of them have finished."""
    page, store = playground.page, playground.server.store
    before = {group.id for group in list_groups(store)}
    button = page.locator(".st-key-evaluation_start button")
    expect(button).to_contain_text(EN["evaluation.start"].format(count=runs))
    button.click()
    playground.until(lambda: {group.id for group in list_groups(store)} - before, 10, "the group in the store")
    (group,) = {group.id for group in list_groups(store)} - before
    playground.until(lambda: f"group={group}" in page.url, 10, "the group in the link")
    ended = lambda: all(run.status in ENDED for run in members_of(store, group))  # noqa: E731
    playground.until(ended, ENDS_WITHIN, "every run to end")
    members = members_of(store, group)
    assert [run.status for run in members] == ["finished"] * runs, [run.error for run in members]
    done = EN["evaluation.done"].format(done=runs, count=runs)
    expect(page.get_by_text(done)).to_be_visible(timeout=SHOWN_WITHIN)
    assert get_group(store, group).kind in ("crossvalidation", "modalities")
    return members


@pytest.mark.acceptance
def test_two_folds_of_wine_with_mean_and_deviation_and_back_to_a_run(
    page: Page, asked: Callable[[str, str], Playground]
) -> None:
    playground = asked("?epochs=4", "crossvalidation")
    folds = page.locator(".st-key-evaluation_folds input")
    folds.fill("2")
    folds.press("Enter")
    first, second = started(playground, runs=2)

    strips = page.locator("[class*=st-key-evaluation_strips] svg")
    expect(strips.first).to_be_visible()
    expect(page.get_by_text("±").first).to_be_visible()
    table = page.locator("[data-testid=stDataFrame] table").first
    for column in ("fold 1", "fold 2", EN["evaluation.mean"], EN["evaluation.sd"]):
        expect(table.get_by_text(column, exact=True)).to_have_count(1)
    page.get_by_text(EN["evaluation.members"].format(count=2)).click()
    rows = page.locator("[class*=st-key-member] button")
    expect(rows).to_have_count(2)
    page.locator(f".st-key-member-{second.id} button").click()
    playground.button("start_pause").wait_for()
    playground.until(lambda: playground.run() == second.id, 10, "the fold's run in the link")
    playground.until(lambda: playground.last_step() == 4, 20, "its curve")
    assert playground.record().spec["dataset"]["split"]["fold"] == 1
    assert first.id != second.id
    assert playground.problems() == []


@pytest.mark.acceptance
def test_inputs_left_out_are_three_arms_and_a_sentence(page: Page, asked: Callable[[str, str], Playground]) -> None:
    small = "architecture.recurrent=8&channels=4,8&hidden=8&architecture.fusion=concat&epochs=1"
    playground = asked(f"?dataset=captioned_scenes&option.rows=400&{small}", "modalities")
    seeds = page.locator(".st-key-evaluation_seeds input")
    seeds.fill("1")
    seeds.press("Enter")
    members = started(playground, runs=3)

    arms = ["image + text", "only image", "only text"]
    assert [run.label for run in members] == arms
    assert [run.spec["tasks"] for run in members] == [["match", "object", "mask"]] * 2 + [["match", "object"]]
    page.get_by_text(EN["evaluation.members"].format(count=3)).click()
    captions = page.locator("[data-testid=stExpander] [data-testid=stCaptionContainer]")
    expect(captions).to_have_text([re.compile(f"{re.escape(arm)} · .* s") for arm in arms])
    sentences = page.locator("[data-testid=stMarkdown] li")
    expect(sentences.filter(has_text="match").filter(has_text="only text")).to_have_count(1)
    expect(sentences.filter(has_text="mask").filter(has_text="only image")).to_have_count(1)
    assert playground.problems() == []
