"""The page's own script: slots that a panel feeds, nodes that stay, and asking for what never came."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ui import parts
from ui.chart_data import ChartData, Trace
from ui.live_chart import chart_update
from ui.markup import markup_update
from ui.sent import Sent

if TYPE_CHECKING:
    from playwright.sync_api import Page

GIVE = """([part, id, data]) => {
    const parentElement = document.getElementById(id);
    window.asked ??= 0;
    window.mtl(part, { parentElement, data, setTriggerValue: () => { window.asked += 1; } });
}"""
PLACES = "<div id=feed></div><div id=chart style='width:400px'></div><div id=tiles></div>"


def chart(count: int) -> ChartData:
    x = [float(i) for i in range(count)]
    return ChartData((Trace("a", x, x, "#000000"),), view="run")


@pytest.fixture
def blank(page: Page) -> Page:
    """An empty page with the script, and a slot for a chart and for tiles."""
    page.set_content(PLACES)
    page.evaluate("() => { window.mtlPlotly = new Promise(() => {}) }")  # it never comes: the sketch is drawn
    page.add_script_tag(content=parts.script())
    return page


def give(page: Page, part: str, place: str, data: dict[str, Any]) -> None:
    """As Streamlit hands data to a component."""
    page.evaluate(GIVE, [part, place, data])


def points(page: Page) -> int:
    """How many places the chart's line goes through in its sketch."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return len(re.findall(r"[ML]", page.locator("#chart svg path").last.get_attribute("d") or ""))


def test_a_feed_brings_a_chart_up_to_date_and_asks_for_what_it_missed(blank: Page) -> None:
    sent = Sent()
    give(blank, "chart", "chart", chart_update(chart(20), sent, key="loss") | {"slot": "loss"})
    first = points(blank)
    with sent.drawing():
        update = chart_update(chart(30), sent, key="loss")
    give(blank, "feed", "feed", {"slots": {"loss": update}})
    grown = points(blank)
    assert grown > first
    assert blank.evaluate("window.asked") == 0

    give(blank, "feed", "feed", {"slots": {"loss": update | {"now": "later", "base": "never seen"}}})
    assert blank.evaluate("window.asked") == 1, "it follows on something that never came"
    assert points(blank) == grown
    give(blank, "feed", "feed", {"slots": {"loss": update | {"now": "later", "base": "never seen"}}})
    assert blank.evaluate("window.asked") == 1, "it waits for the answer"


def test_a_slot_that_is_drawn_again_keeps_what_it_was_fed(blank: Page) -> None:
    given = markup_update("<p>1</p>", None, key="tiles") | {"slot": "tiles"}
    give(blank, "markup", "tiles", given)
    blank.evaluate("document.querySelector('#tiles p').tagged = true")
    give(blank, "feed", "feed", {"slots": {"tiles": markup_update("<p>2</p>", None, key="tiles")}})
    give(blank, "markup", "tiles", given)
    assert blank.locator("#tiles").inner_text() == "2"
    assert blank.evaluate("document.querySelector('#tiles p').tagged"), "the node stays: what one points at stays"


def test_markup_that_never_came_is_asked_for(blank: Page) -> None:
    give(blank, "markup", "tiles", markup_update("<p>1</p>", None, key="tiles") | {"slot": "tiles"})
    give(blank, "feed", "feed", {"slots": {"tiles": {"mark": "another"}}})
    assert blank.evaluate("window.asked") == 1
    assert blank.locator("#tiles").inner_text() == "1"
