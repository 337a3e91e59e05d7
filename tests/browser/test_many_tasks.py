"""More tasks than fit beside each other: one λ with an exception, small curves, and the tasks' matrix."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page_server import Server
from tests.browser.playground import Playground
from ui.words import catalogue

EN = catalogue("en")
TASKS = [f"task_{i:02d}" for i in range(1, 13)]
WATCH = """() => {
    const column = document.querySelector('.st-key-playground_output');
    window.spoiledFrames = 0;
    const look = () => {
        const sight = column.querySelector('.st-key-first_sight');
        const panel = column.querySelector('.stMarkdownBadge, .st-key-tiles, .mtl-chart-plot');
        const above = sight?.getBoundingClientRect().top < panel?.getBoundingClientRect().top;
        window.spoiledFrames += above || !(sight || panel);
        requestAnimationFrame(look);
    };
    look();
}"""
"""Counts the frames with neither the first sight of the data nor a run's panel, or with the sight above the panel."""


@pytest.mark.acceptance
def test_twelve_tasks_from_one_lambda_to_their_matrix(page: Page, server: Server) -> None:
    playground = Playground(page, server).open("?dataset=related_tasks&epochs=12")
    playground.until(server.warm, 60, "a warm worker")
    expect(page.locator(".rows tbody tr")).to_have_count(8)
    page.evaluate(WATCH)
    expect(page.get_by_text(EN["sliders.every"].format(count=12))).to_be_visible()

    page.locator(".st-key-form-exceptions input").click()
    page.get_by_role("option", name="task_03", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text(EN["sliders.others"].format(count=11))).to_be_visible()
    handle = page.locator(".st-key-form-ladder-weighting-lambdas-task_03 input[type=range]").first
    handle.focus()
    handle.press("End")
    playground.until(lambda: "lambda.task_03=100" in page.url, 10, "the exception in the link")

    playground.pace("full")
    playground.start()
    playground.until(lambda: playground.record().status == "finished", 30, "the run to finish")
    lambdas = playground.record().spec["weighting"]["lambdas"]
    assert lambdas.pop("task_03") == 100
    assert len(set(lambdas.values())) == 1
    assert list(lambdas) == [task for task in TASKS if task != "task_03"]

    playground.until(lambda: playground.last_step() == 12, 20, "its curves")
    expect(page.locator(".multiples > div")).to_have_count(12)
    expect(page.locator(".multiples b").filter(has_text="task_03")).to_be_visible()
    expect(page.get_by_text(EN["many.worst"]).first).to_be_visible()
    page.locator(".st-key-detail_view").get_by_text(EN["views.relations"], exact=True).click()
    matrix = page.locator("figure[data-rows]")
    expect(matrix.first).to_be_visible()
    assert sorted(matrix.first.evaluate("figure => JSON.parse(figure.dataset.rows)")) == TASKS
    expect(matrix).to_have_count(2), "learned and true"
    expect(page.locator(".st-key-first_sight")).to_have_count(0)
    assert page.evaluate("window.spoiledFrames") == 0, "the column is never blank"
    assert playground.problems() == []
