"""The race in a real browser: it plays, can be held and moved, and walks from where somebody clicks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.page_server import Server, wait_until
from ui.words import catalogue

EN = catalogue("en")
INK = """(canvas) => { const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0; for (let i = 3; i < data.length; i += 4) sum += data[i] > 0; return sum; }"""
"""How many pixels of a canvas are drawn on."""


@pytest.fixture
def race(page: Page, server: Server) -> Locator:
    """The page of the race, with its pictures."""
    page.goto(f"{server.url}/race")
    pictures = page.locator("section.race")
    pictures.locator(".plane canvas.front").wait_for()
    return pictures


def step(race: Locator) -> int:
    return int(race.get_attribute("data-step") or -1)


def moves(page: Page, race: Locator) -> None:
    """Wait until the clock has gone on, and the walks with it."""
    before, ink = step(race), race.locator(".plane canvas.front").evaluate(INK)
    wait_until(lambda: step(race) > before, 10, "the clock to go on", page)
    wait_until(lambda: race.locator(".plane canvas.front").evaluate(INK) > ink, 10, "longer paths", page)


def test_it_plays_by_itself_stops_and_goes_on(page: Page, race: Locator) -> None:
    moves(page, race)
    race.get_by_role("button", name=EN["race.pause"]).click()
    held = step(race)
    page.wait_for_timeout(300)
    assert step(race) == held
    race.get_by_role("button", name=EN["race.play"]).click()
    moves(page, race)


def test_keys_hold_it_and_move_it(page: Page, race: Locator) -> None:
    race.locator(".plane canvas.front").focus()
    page.keyboard.press("End")
    assert step(race) == 35_000
    page.keyboard.press("ArrowLeft")
    assert step(race) == 34_300
    page.keyboard.press("Home")
    assert step(race) == 0
    page.keyboard.press("Space")
    moves(page, race)
    page.keyboard.press("Space")
    expect(race.get_by_role("button", name=EN["race.play"])).to_be_visible()


def test_the_legend_hides_a_method_in_both_pictures(page: Page, race: Locator) -> None:
    race.locator(".plane canvas.front").focus()
    page.keyboard.press("End")
    fronts = [race.locator(f".{panel} canvas.front") for panel in ("plane", "space")]
    before = [front.evaluate(INK) for front in fronts]
    chip = race.get_by_role("group", name=EN["race.legend"]).get_by_role("button", name="Nash-MTL")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert all(front.evaluate(INK) < ink for front, ink in zip(fronts, before, strict=True))


def test_a_click_lets_the_methods_walk_from_there(page: Page, race: Locator) -> None:
    race.locator(".plane canvas.front").click(position={"x": 200, "y": 120})
    expect(page.get_by_text(EN["race.own_back"])).to_be_visible(timeout=15_000)
    wait_until(lambda: race.locator(".scrub").get_attribute("max") == "300", 15, "the clock of 3000 steps", page)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=60_000)
    race.locator(".plane canvas.front").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    moves(page, race)
    page.get_by_text(EN["race.own_back"]).click()
    wait_until(lambda: race.locator(".scrub").get_attribute("max") == "350", 15, "the recorded walks", page)


def test_the_slider_of_the_concave_front_moves_the_walks(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/race?toy=front")
    race = page.locator("section.race")
    slider = race.locator(".lambda input")
    slider.wait_for()
    race.locator(".space canvas.front").focus()
    page.keyboard.press("End")
    read = "(canvas) => canvas.toDataURL()"
    before = race.locator(".space canvas.front").evaluate(read)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(race.locator(".lambda")).to_contain_text("0.55")
    assert race.locator(".space canvas.front").evaluate(read) != before


@pytest.mark.parametrize("width", [400, 1440])
def test_it_fits_and_keeps_still_for_who_wants_no_motion(browser: Browser, server: Server, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark", reduced_motion="reduce", locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{server.url}/race")
    race = page.locator("section.race")
    race.locator(".plane canvas.front").wait_for()
    wait_until(lambda: step(race) == 35_000, 10, "the walks at their end", page)
    expect(race.get_by_role("button", name=EN["race.play"])).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    context.close()
