"""Lines that move on between two drawings of Plotly's lie where it would draw them; pointing shows the newest."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.page_server import PATIENCE, Server
from tests.browser.playground import CURVES, Playground

WATCH = """(plot) => {
    plot.drawings = 0;
    const react = window.Plotly.react;
    window.Plotly.react = (node, ...given) => {
        plot.drawings += node === plot;
        return react(node, ...given);
    };
    plot.moves = 0;
    let drawings = 0;
    new MutationObserver(() => {
        plot.moves += plot.drawings === drawings;
        drawings = plot.drawings;
    }).observe(plot.querySelector('.scatterlayer'), {subtree: true, attributes: true, attributeFilter: ['d']});
}"""
"""Counts Plotly's drawings, and changes of lines without one."""
ENDS = """(plot) => [...plot.querySelectorAll('.scatterlayer > .trace')].map((node) => {
    const path = node.querySelector('path.js-line');
    const end = path.getPointAtLength(path.getTotalLength());
    const {name, x, y} = plot.data.find((trace) => trace.uid === node.__data__[0].trace.uid);
    const {xaxis, yaxis} = plot._fullLayout;
    return {name, lies: [end.x, end.y], should: [xaxis.c2p(x.at(-1)), yaxis.c2p(y.at(-1))]};
})"""
"""Where each line ends, and where the last of its points lies on the axes; in px."""
HOVERED = "(plot) => (plot._hoverdata || []).map((point) => point.x)"


@pytest.fixture
def watched(page: Page, server: Server) -> Playground:
    """A run at the pace of Watch whose lines have some points, with nobody pointing at the chart."""
    playground = Playground(page, server).open("?epochs=2000")
    playground.pace("watch")
    playground.start()
    playground.until(lambda: playground.last_step() > 30, PATIENCE, "some points on the curves")
    page.mouse.move(5, 5)
    page.locator(CURVES).first.evaluate(WATCH)
    return playground


def test_lines_move_on_to_where_their_points_are(watched: Playground) -> None:
    plot = watched.page.locator(CURVES).first
    names = {curve["name"] for curve in watched.curves()}
    for moves in (2, 4, 6):
        watched.until(lambda more=moves: plot.evaluate("(plot) => plot.moves") >= more, PATIENCE, "lines that move")
        lines: list[dict[str, Any]] = plot.evaluate(ENDS)
        assert {line["name"] for line in lines} == names
        for line in lines:
            assert line["lies"] == pytest.approx(line["should"], abs=1.0), line["name"]


def test_who_points_at_the_chart_is_told_of_the_newest_points(watched: Playground) -> None:
    plot = watched.page.locator(CURVES).first
    watched.until(lambda: plot.evaluate("(plot) => plot.moves") >= 2, PATIENCE, "lines that move without a drawing")
    box = plot.bounding_box()
    assert box is not None
    before = plot.evaluate("(plot) => plot.drawings")
    right = box["x"] + box["width"] - 30
    watched.page.mouse.move(right, box["y"] + box["height"] / 2)
    watched.until(lambda: plot.evaluate("(plot) => plot.drawings") > before, PATIENCE, "a drawing of the whole")

    def newest() -> bool:
        watched.page.mouse.move(right, box["y"] + box["height"] / 2 + 1)
        watched.page.mouse.move(right, box["y"] + box["height"] / 2)
        shown = plot.evaluate(HOVERED)
        return bool(shown) and max(shown) >= 0.9 * watched.last_step()  # the pointer is 30 px from the end

    watched.until(newest, PATIENCE, "the newest points under the pointer")
