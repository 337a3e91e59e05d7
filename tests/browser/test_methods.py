"""The page of methods in a real browser: open, filter, try a method; and the form that then shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page_server import Server
from tests.browser.playground import Playground
from ui.methods import methods
from ui.words import catalogue

EN = catalogue("en")
CARDS = "[data-testid=stMarkdownContainer] h5"


def opened(page: Page, server: Server, query: str = "") -> Playground:
    """The page, with its cards."""
    page.goto(f"{server.url}/methods{query}")
    page.locator(CARDS).first.wait_for()
    return Playground(page, server)


@pytest.mark.acceptance
def test_a_method_is_found_tried_and_trained(page: Page, server: Server) -> None:
    playground = opened(page, server)
    expect(page.locator(CARDS)).to_have_count(len(methods()), timeout=20_000)
    expect(page.locator(".katex-display")).to_have_count(len(methods()))
    expect(page.locator(".katex-error")).to_have_count(0)
    box = page.get_by_role("textbox", name=EN["methods.search"])
    box.fill("surgery")
    box.press("Enter")
    expect(page.locator(CARDS)).to_have_count(1)
    playground.button("try-pcgrad").click()
    playground.button("start_pause").wait_for()
    expect(page.get_by_role("combobox", name=EN["form.weighting"])).to_have_value(f"PCGrad · {EN['form.of_gradients']}")
    playground.until(lambda: "weighting=pcgrad" in page.url, 10, "the method in the link")
    playground.start()
    playground.until(lambda: playground.record().status == "finished", 60, "the run to end")
    assert playground.record().spec["weighting"]["name"] == "pcgrad"
    assert playground.problems() == []


def test_a_link_opens_one_method_alone(page: Page, own_server: Server) -> None:
    playground = opened(page, own_server, "?method=cagrad&lang=zh")
    expect(page.locator(CARDS)).to_have_text(["CAGrad"])
    expect(page.get_by_text(catalogue("zh")["weighting.cagrad"])).to_be_visible()
    playground.button("show_all").click()
    expect(page.locator(CARDS)).to_have_count(len(methods()), timeout=20_000)
    playground.until(lambda: "method=" not in page.url, 10, "the link without the method")
    assert playground.problems() == []


def test_nothing_is_wider_than_a_small_screen(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    opened(page, server)
    expect(page.locator(CARDS)).to_have_count(len(methods()), timeout=20_000)
    wide = page.evaluate(
        "() => [...document.querySelectorAll('[class*=st-key-formula_]')]"
        ".filter(box => box.getBoundingClientRect().right > innerWidth + 1).map(box => box.className)"
    )
    assert wide == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
