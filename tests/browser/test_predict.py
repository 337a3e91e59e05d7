"""A finished run is played with: values of a table, drawings, pictures of one's own, single tasks beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.page_server import Server, wait_until
from tests.browser.playground import Playground
from tests.source import PROJECT
from ui.words import catalogue

EN = catalogue("en")
NETWORK = 60_000
"""Milliseconds in which the process that answers is there and has read a network."""
FOCUSED = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at.textContent.trim();
}"""
"""Words on the button that the keyboard is at."""
WIDE = """(board) => [...board.querySelectorAll('*')]
    .filter(part => part.offsetParent && part.getBoundingClientRect().right > innerWidth + 1)
    .map(part => `${part.tagName}.${part.className}`)"""


@pytest.fixture(scope="module")
def wine(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of wine, finished."""
    return trained(server, tmp_path_factory.mktemp("wine"), "dataset: wine_quality\nepochs: 10\n")


@pytest.fixture(scope="module")
def digits(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of digits, finished after few epochs."""
    return trained(server, tmp_path_factory.mktemp("digits"), "dataset: digits\nepochs: 4\n")


def trained(server: Server, folder: Path, spec: str) -> str:
    """The run of this spec, trained by the command line in the server's home."""
    file = folder / "spec.yaml"
    file.write_text(spec, encoding="utf-8")
    command = [sys.executable, "-m", "mtl_core", "train", str(file)]
    before = {run.id for run in server.store.runs()}
    environment = {**os.environ, "MTL_HOME": str(server.home)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (run,) = [run.id for run in server.store.runs() if run.id not in before]
    return run


def board_of(page: Page) -> Locator:
    """The board, once the first answers are on it."""
    board = page.locator("section.predict[data-answered]")
    board.wait_for(timeout=NETWORK)
    return board


def opened(page: Page, server: Server, run: str) -> Locator:
    page.goto(f"{server.url}/predict?run={run}")
    return board_of(page)


def answered(board: Locator) -> int:
    """Number of the question that is answered."""
    return int(board.get_attribute("data-answered") or -1)


def slider_of(board: Locator, column: str) -> Locator:
    """Slider and number of a column."""
    return board.locator(".slider").filter(has=board.page.get_by_title(column, exact=True))


def after(page: Page, board: Locator, act: Any) -> None:
    """Do something, and wait until its question is answered."""
    before = answered(board)
    act()
    wait_until(lambda: answered(board) > before, 10, "the answer", page)


def test_from_training_to_moving_a_slider(page: Page, server: Server) -> None:
    playground = Playground(page, server).open("?epochs=10")
    playground.pace("full")
    run = playground.start()
    playground.until(lambda: playground.record().status == "finished", 60, "the run to finish")
    page.get_by_role("link", name=EN["predict.play"]).click()
    board = board_of(page)
    assert f"run={run}" in page.url
    expect(board.locator(".slider")).to_have_count(11)
    expect(board.locator(".legend > .alone")).to_be_hidden()
    quality, good = (board.locator(f".task.{kind}") for kind in ("regression", "binary"))
    expect(quality.locator(".truth").first).to_be_visible()
    before = [quality.locator("strong").inner_text(), good.locator(".share").first.inner_text()]

    alcohol = slider_of(board, "alcohol")
    slider, number = alcohol.locator("input.range"), alcohol.locator("input.number")
    slider.focus()
    at = float(number.input_value())
    after(page, board, lambda: page.keyboard.press("ArrowRight"))
    assert float(number.input_value()) > at
    after(page, board, lambda: page.keyboard.press("End"))
    expect(quality.locator("strong")).not_to_have_text(before[0])
    expect(board.locator(".legend > .truth")).to_be_hidden()
    assert playground.problems() == []

    page.locator(".st-key-train_alone button").click()
    expect(board.locator(".legend > .alone")).to_be_visible(timeout=NETWORK)
    expect(quality.locator(".said .alone")).to_be_visible()
    assert float(number.input_value()) == float(slider.get_attribute("max") or 0), "what was set stays"
    page.get_by_role("button", name="▶").click()
    expect(board.locator(".place")).to_have_text("test row 2 of 200")
    expect(quality.locator(".said .truth")).to_be_visible()
    page.set_viewport_size({"width": 400, "height": 800})
    assert board.evaluate(WIDE) == []
    assert playground.problems() == []


@pytest.mark.acceptance
def test_values_of_a_table_by_number_missing_and_typical(page: Page, server: Server, wine: str) -> None:
    board = opened(page, server, wine)
    row = slider_of(board, "pH")
    number = row.locator("input.number")

    def fill(text: str) -> None:
        number.fill(text)
        number.press("Enter")

    after(page, board, lambda: fill("9"))
    expect(row).to_have_class("slider beyond")
    after(page, board, lambda: fill(""))
    expect(row).to_have_class("slider missing")
    after(page, board, board.get_by_role("button", name=EN["predict.typical"]).click)
    expect(row).to_have_class("slider")
    assert 2 < float(number.input_value()) < 5
    expect(board.locator("p.error")).to_be_hidden()


@pytest.mark.acceptance
def test_a_digit_is_drawn_read_and_cleared(page: Page, server: Server, digits: str) -> None:
    board = opened(page, server, digits)
    board.get_by_role("button", name=EN["predict.draw"], exact=True).click()
    pad = board.locator("canvas.ink")
    box = pad.bounding_box()
    assert box is not None

    def draw() -> None:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 6)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 5 / 6, steps=8)
        page.mouse.up()

    after(page, board, draw)
    expect(board.locator(".class.best .label")).to_have_text("1")
    expect(board.locator("figure.seen")).to_be_visible()
    expect(board.locator(".task.segmentation figure.run canvas")).to_be_visible()
    expect(board.locator(".pad .hint")).to_be_hidden()
    board.get_by_role("button", name=EN["predict.clear"]).click()
    expect(board.locator(".pad .hint")).to_be_visible()
    expect(board.locator("figure.seen")).to_be_hidden()
    assert not any(
        pad.evaluate("pad => [...pad.getContext('2d').getImageData(0, 0, 84, 84).data].filter((_, i) => i % 4 < 3)")
    )
    after(page, board, draw)
    expect(board.locator(".class.best .label")).to_have_text("1")


@pytest.mark.acceptance
def test_a_picture_of_ones_own_is_read(page: Page, server: Server, digits: str) -> None:
    board = opened(page, server, digits)
    paper = np.full((200, 300), 250, np.uint8)
    paper[30:170, 140:160] = 20
    page.get_by_text(EN["predict.own_title"]).click()
    upload = page.locator(".st-key-predict_own input[type=file]")
    after(page, board, lambda: upload.set_input_files(given("one.png", picture(paper))))
    expect(board).to_have_attribute("data-source", "own")
    expect(board.locator(".class.best .label")).to_have_text("1")
    upload.set_input_files(given("none.png", b"no picture at all"))
    expect(board.locator("p.error")).to_contain_text("your picture", timeout=10_000)
    expect(board.locator(".class.best .label")).to_have_text("1")
    after(page, board, board.get_by_role("button", name=EN["predict.from_test"]).click)
    expect(board.locator("p.error")).to_be_hidden()


def given(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def picture(pixels: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.mark.acceptance
def test_all_of_it_is_reached_by_the_keyboard(page: Page, server: Server, digits: str) -> None:
    board = opened(page, server, digits)
    board.get_by_role("button", name="◀").focus()
    reached = [page.evaluate(FOCUSED)]
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert reached == ["◀", "▶", EN["predict.from_test"], EN["predict.draw"], EN["predict.own_picture"]]
    board.get_by_role("button", name="▶").focus()
    after(page, board, lambda: page.keyboard.press("Enter"))
    expect(board.locator(".place")).to_have_text("test row 2 of 200")
    board.get_by_role("button", name=EN["predict.draw"], exact=True).focus()
    page.keyboard.press("Space")
    expect(board.locator(".pad")).to_be_visible()


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["wine", "digits"])
def test_a_small_screen_is_wide_enough(page: Page, server: Server, name: str, request: pytest.FixtureRequest) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    board = opened(page, server, request.getfixturevalue(name))
    assert board.evaluate(WIDE) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    if name == "digits":
        board.get_by_role("button", name=EN["predict.draw"], exact=True).click()
        assert board.evaluate(WIDE) == []
