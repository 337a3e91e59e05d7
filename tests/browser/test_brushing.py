"""Brushing links both ways: points marked in the front's picture are the lines, brushed axes fade the points."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page_server import Server, wait_until
from ui.tradeoff_charts import HARDLY
from ui.words import catalogue

EN = catalogue("en")
OPACITIES = """() => [...document.querySelectorAll('.js-plotly-plot')]
    .filter(plot => plot.data?.[0]?.type === 'scatter')
    .flatMap(plot => plot.data).filter(trace => Array.isArray(trace.marker?.opacity))
    .flatMap(trace => trace.marker.opacity.map((opacity, i) => [trace.customdata[i], opacity]))"""
LINES = "(plot) => plot.data[0].dimensions[0].values.length"


@pytest.mark.acceptance
def test_brushing_links_both_ways(page: Page, server: Server) -> None:
    """Eleven λ on wine, three epochs each."""
    page.goto(f"{server.url}/?epochs=3")
    page.locator(".st-key-start_pause").wait_for()
    page.get_by_role("link", name=EN["page.tradeoffs"]).click()
    points = page.locator(".st-key-tradeoff_points input")
    points.fill("11")
    points.press("Enter")
    page.get_by_role("button", name=EN["evaluation.start"].format(count=12)).click()
    expect(page.get_by_text(EN["evaluation.done"].format(done=12, count=12))).to_be_visible(timeout=90_000)
    axes = page.locator(".mtl-parallel-plot")
    first = axes.locator(".axis-brush").first
    first.wait_for()
    count = axes.evaluate(LINES)
    assert count >= 9
    faded = lambda: {place for place, opacity in page.evaluate(OPACITIES) if opacity == HARDLY}  # noqa: E731
    assert faded() == set()
    drag(page, first, 0.55, 0.95)
    wait_until(lambda: 0 < len(faded()) < count, 20, "some points to fade", page)
    told = EN["tradeoff.brushed"].format(inside=count - len(faded()), count=count)
    expect(page.get_by_text(told)).to_be_visible()
    before = faded()
    box = page.locator(".js-plotly-plot .scatterlayer .point").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text(EN["tradeoff.parallel_about"].format(count=1))).to_be_visible()
    wait_until(lambda: axes.evaluate(LINES) == 1, 20, "one line", page)
    assert faded() == before, "what is brushed stays brushed"
    page.get_by_role("button", name=EN["tradeoff.unpick"]).click()
    wait_until(lambda: axes.evaluate(LINES) == count, 20, "all lines", page)
    page.get_by_role("button", name=EN["tradeoff.unbrush"]).click()
    wait_until(lambda: faded() == set(), 20, "no point to be faded", page)
    expect(page.get_by_role("button", name=EN["tradeoff.unbrush"])).to_be_hidden()


def drag(page: Page, axis: Locator, start: float, end: float) -> None:
    """Brush an axis between two places, 0 at its top and 1 at its foot."""
    axis.scroll_into_view_if_needed()
    box: Any = axis.bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + start * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + end * box["height"], steps=8)
    page.mouse.up()
