"""The gradients as a person watches them: the arrows move while a run goes on, and measuring is switched off and on."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page_server import Server
from tests.browser.playground import Playground
from ui.gradient_control import RUNGS
from ui.words import catalogue

EN = catalogue("en")
CURVE = ".st-key-gradient_cosine .mtl-chart-plot"
LAST = "(plot) => Math.max(0, ...(plot.data || []).flatMap(trace => trace.x))"


def choose_every(page: Page, run: str, steps: int) -> None:
    """Press one of the switch's values."""
    switch = page.locator(f".st-key-live-{run}-gradients-every")
    switch.get_by_role("radio").nth(RUNGS.index(steps)).click()


def measured(server: Server, run: str) -> list[int]:
    """Steps of the stored measurements."""
    return [event.step for _, event in server.store.events_since(run, kinds=["gradients"])]


def changes(server: Server, run: str) -> list[Any]:
    """(step, new value) of the changes that the run took."""
    return [(event.step, event.values["new"]) for _, event in server.store.events_since(run, kinds=["change"])]


def words_of(table: Locator) -> str:
    """What stands under the arrows."""
    return table.inner_text()


@pytest.mark.acceptance
def test_the_arrows_move_and_measuring_is_switched_off_and_on(page: Page, server: Server) -> None:
    playground = Playground(page, server).open("?epochs=600")
    playground.until(server.warm, 60, "a warm worker")
    playground.pace("slow")
    run = playground.start()
    page.locator(".st-key-detail_view").get_by_text(EN["views.gradients"], exact=True).click()
    expect(page.locator(".st-key-gradient_arrows svg")).to_be_visible()
    choose_every(page, run, 1)

    table, plot = page.locator(".st-key-gradient_fates table"), page.locator(CURVE)
    plot.scroll_into_view_if_needed()
    playground.until(lambda: plot.evaluate(LAST) > 0, 20, "the first point on the curve of the cosine")
    plot.evaluate("(plot) => { plot.stays = true; }")
    before, at = words_of(table), plot.evaluate(LAST)
    playground.until(lambda: words_of(table) != before, 10, "other numbers under the arrows")
    playground.until(lambda: plot.evaluate(LAST) > at, 10, "a further point on the curve of the cosine")
    assert plot.evaluate("(plot) => plot.stays"), "the chart is not mounted anew"

    choose_every(page, run, 0)
    playground.until(lambda: changes(server, run)[-1:] and changes(server, run)[-1][1] == 0, 10, "the order")
    off = changes(server, run)[-1][0]
    playground.until(lambda: playground.record().step > off + 20, 20, "twenty steps more")
    assert max(measured(server, run)) <= off
    expect(page.get_by_text(EN["gradients.switched_off"])).to_be_visible()

    choose_every(page, run, 10)
    playground.until(lambda: max(measured(server, run)) > off + 20, 20, "a measurement after it was switched on")
    assert [new for _, new in changes(server, run)] == [1, 0, 10]
    assert playground.problems() == []
    playground.button("stop").click()
    playground.until(lambda: playground.record().status == "stopped", 20, "the run to stop")


@pytest.mark.acceptance
def test_columns_that_share_nothing_are_compared(page: Page, server: Server) -> None:
    playground = Playground(page, server).open("?architecture=soft&epochs=30")
    playground.until(server.warm, 60, "a warm worker")
    playground.pace("full")
    playground.start()
    playground.until(lambda: playground.record().status == "finished", 30, "the run to finish")
    chooser = page.locator(".st-key-detail_view")
    chooser.get_by_text(EN["views.gradients"], exact=True).click()
    expect(page.get_by_text(EN["gradients.why_apart"])).to_be_visible()
    chooser.get_by_text(EN["views.columns"], exact=True).click()
    expect(page.locator(".st-key-columns_strip figure[data-rows]")).to_be_visible()
    rows = page.locator(".st-key-columns_strip figure").evaluate("figure => JSON.parse(figure.dataset.rows)")
    assert rows == ["hidden0", "hidden1"]
    assert playground.problems() == []
