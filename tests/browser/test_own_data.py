"""A file of one's own, from upload to a trained model and to another person's browser; nothing but the page is used."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mtl_core.userdata import keeping
from tests.browser.page_server import Server
from tests.browser.playground import Playground
from tests.userdata.makers import archive, scenes

ROWS = 240
READ_WITHIN = 20_000
"""Milliseconds after which a file has been read, also on a busy machine."""
CANVAS_HEAD, CANVAS_ROW = 35, 35
"""Heights in the table of columns, which is drawn on a canvas: cells are reached by the keyboard from the first one."""


def mixed_table() -> bytes:
    """Flats as an office writes them: ``;``, decimal commas, ``?`` and holes, an id, and two targets with holes too."""
    draw = np.random.default_rng(5)
    area, age = draw.uniform(20, 120, ROWS).round(1), draw.integers(0, 90, ROWS)
    place = draw.choice(["hills", "harbour", "old town"], ROWS)
    rent = (10 * area - 2 * age + draw.normal(0, 40, ROWS)).round(2)
    quiet = np.where((place == "hills") ^ (draw.uniform(size=ROWS) < 0.1), "yes", "no")
    lines = ["flat id;area;age;district;rent;quiet"]
    for i in range(ROWS):
        cells = [f"F{i:04d}", str(area[i]).replace(".", ","), str(age[i]), place[i], str(rent[i]).replace(".", ",")]
        cells[1] = "?" if i % 9 == 0 else cells[1]
        cells[2] = "" if i % 7 == 0 else cells[2]
        cells[3] = "NA" if i % 10 == 0 else cells[3]
        cells[4] = "?" if i % 50 == 3 else cells[4]
        lines.append(";".join([*cells, "" if i % 60 == 5 else str(quiet[i])]))
    return "\r\n".join(lines).encode("utf-8-sig")


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A tab in somebody else's browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def upload(page: Page, server: Server, name: str, content: bytes) -> None:
    """Open the page of data and choose a file."""
    page.goto(f"{server.url}/data")
    chosen = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator(".st-key-own_data input[type=file]").set_input_files(files=[chosen])  # type: ignore[list-item]


def pressed(page: Page, key: str) -> Locator:
    """A button by its Streamlit key."""
    return page.locator(f".st-key-{key} button").first


def cell(page: Page, row: int, column: int, text: str) -> None:
    """Write into a cell of the table of columns, by the keyboard."""
    table = page.locator(".st-key-own_data [data-testid=stDataFrame]").nth(1)
    table.click(position={"x": 30, "y": CANVAS_HEAD + CANVAS_ROW / 2})
    expect(table.locator("[aria-selected=true]")).to_have_count(1)
    for key in ["ArrowDown"] * row + ["ArrowRight"] * column:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.locator("#portal input:visible, #portal textarea:visible").first.wait_for()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def confirm(page: Page) -> None:
    """What a person answers about the table of flats: a second target, its unit."""
    targets = page.locator(".st-key-own_targets")
    expect(targets).to_contain_text("quiet", timeout=READ_WITHIN)
    targets.locator("input").click()
    page.get_by_role("option", name="rent", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text(f"{ROWS} rows to learn from").filter(has_text="rent")).to_be_visible()
    cell(page, row=4, column=3, text="€")
    expect(page.get_by_text(f"{ROWS} rows to learn from").filter(has_text="€")).to_be_visible()


def train(page: Page, server: Server) -> Playground:
    """From the page of data to a run that has finished."""
    pressed(page, "own_to_playground").click()
    playground = Playground(page, server)
    playground.button("start_pause").wait_for()
    playground.until(server.warm, 60, "a warm worker")
    playground.pace("full")
    playground.start()
    playground.until(lambda: playground.record().status == "finished", 60, "the run to finish")
    playground.until(lambda: playground.last_step() >= 100, 20, "its curves")
    return playground


def test_a_mixed_csv_becomes_a_trained_model_and_is_private_until_shared(
    page: Page, server: Server, stranger: Page
) -> None:
    upload(page, server, "flats_2024.csv", mixed_table())
    confirm(page)
    page.locator(".st-key-own_data summary").click()
    for finding in ("flat id looks like a number or name", "area 27 of 240 values are missing", "with a decimal comma"):
        expect(page.get_by_text(finding).first).to_be_visible()
    pressed(page, "own_use").click()
    playground = train(page, server)
    assert playground.problems() == []
    metrics = playground.record().result["metrics"]["validation"]
    assert metrics["rent"]["r2"] > 0.8
    assert metrics["quiet"]["accuracy"] > 0.7
    data = playground.record().spec["dataset"]["options"]["data"]
    manifest = keeping.manifest_of(data, server.home)
    assert [(task.name, task.unit) for task in manifest.tasks()] == [("rent", "€"), ("quiet", "")]
    assert [column.name for column in manifest.inputs()] == ["area", "age", "district"], "the id is left out"

    link = f"{server.url}/?dataset=own&option.data={data}"
    for address in (link, f"{server.url}/?run={playground.run()}", page.url):
        stranger.goto(address)
        Playground(stranger, server).button("start_pause").wait_for()
        expect(stranger.locator("[data-testid=stAlert]").filter(has_text="private").first).to_be_visible()
        expect(stranger.get_by_text(re.compile("flats 2024|rent|quiet"))).to_have_count(0)

    page.goto(f"{server.url}/data")
    page.locator(f".st-key-own_share-{data} label").first.click()
    expect(page.locator("[data-testid=stCode]").filter(has_text=data)).to_be_visible()
    stranger.goto(link)
    expect(stranger.locator(".st-key-form-dataset-name input")).to_have_value(re.compile("flats 2024"))
    expect(stranger.get_by_text("rent").first).to_be_visible()


def test_a_broken_row_is_named_and_the_upload_stays(page: Page, server: Server) -> None:
    lines = mixed_table().split(b"\r\n")
    upload(page, server, "broken.csv", b"\r\n".join([*lines[:3], lines[3] + b";more", *lines[4:]]))
    expect(page.get_by_text("line 4 has 7 fields instead of 6")).to_be_visible(timeout=READ_WITHIN)
    page.locator(".st-key-own_leave_out label").first.click()
    expect(page.locator(".st-key-own_targets")).to_contain_text("quiet", timeout=READ_WITHIN)
    expect(page.get_by_text("4 (7)")).to_be_visible()


@pytest.mark.acceptance
def test_an_export_can_be_uploaded_again_and_deleted(page: Page, server: Server) -> None:
    upload(page, server, "squares.zip", archive(scenes()))
    pressed(page, "own_use").click()
    card = page.locator("[class*=st-key-own_card]").filter(has_text="squares")
    with page.expect_download() as coming:
        card.locator("[class*=st-key-own_export] button").first.click()
    path = coming.value.path()
    assert {"data.csv", "manifest.json"} <= set(zipfile.ZipFile(path).namelist())
    upload(page, server, "again.zip", path.read_bytes())
    expect(page.get_by_text("40 rows × 5 columns")).to_be_visible(timeout=READ_WITHIN)
    pressed(page, "own_use").click()
    again = page.locator("[class*=st-key-own_card]").filter(has_text="again")
    again.locator("[class*=st-key-own_delete] button").first.click()
    pressed(page, "own_delete_now").click()
    expect(again).to_have_count(0)
    expect(card).to_have_count(1)
