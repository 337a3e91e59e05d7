"""A finished run taken away from the page: its script gives its numbers, its report needs no network."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mtl_core.export.exported import file_name
from mtl_core.runs.store import Store
from tests.browser.page_server import Server
from tests.browser.playground import Playground
from tests.export.helpers import execute
from ui.words import catalogue

EN = catalogue("en")


def finished_run(page: Page, server: Server) -> str:
    """Three epochs on wine, trained from the Playground."""
    playground = Playground(page, server).open("?epochs=3")
    run = playground.start()
    playground.until(lambda: playground.record().status == "finished", 60, "the run to finish")
    return run


def downloaded(page: Page, run: str, what: list[str], folder: Path) -> Path:
    """The file that the run's menu on the page of runs gives for these kinds of export."""
    menu = page.locator(f".st-key-export-{run}")
    menu.get_by_role("button").first.click()
    kinds = page.locator(f".st-key-export_what-{run}")
    chosen = {"script"}
    for name in chosen ^ set(what):
        kinds.get_by_role("button", name=EN[f"export.{name}"]).click()
    page.locator(f".st-key-export_make-{run} button").click()
    take = page.locator(f".st-key-export_take-{run} button")
    expect(take).to_be_visible(timeout=60_000)
    with page.expect_download() as taken:
        take.click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    return file


def numbers_of(store: Store, run: str) -> dict[tuple[str, str, str], float]:
    """The run's last losses and metrics of validation and test, by split, task and name."""
    found = {}
    for event in reversed(store.last_events(run, "evaluation", limit=8)):
        if event.values["split"] == "train":
            continue
        for task, metrics in event.values["metrics"].items():
            values = {"loss": event.values["loss"][task]} | metrics
            found |= {(event.values["split"], task, name): value for name, value in values.items()}
    return found


@pytest.mark.acceptance
def test_the_script_gives_the_runs_numbers(page: Page, server: Server, tmp_path: Path) -> None:
    run = finished_run(page, server)
    page.get_by_role("link", name=EN["page.runs"]).click()
    file = downloaded(page, run, ["script"], tmp_path)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "taken")
    ((code, shown),) = execute([tmp_path / "taken"], tmp_path)
    assert code == 0, shown
    rows = [line.split() for line in shown.splitlines() if line.startswith(("validation", "test"))]
    found = {(split, task, name): float(value) for split, task, name, _, value in rows}
    assert len(found) > 6
    assert found == pytest.approx(numbers_of(server.store, run), rel=1e-5, abs=1e-9)


@pytest.mark.acceptance
def test_the_report_opens_without_a_network(
    page: Page, context: BrowserContext, server: Server, tmp_path: Path
) -> None:
    run = finished_run(page, server)
    page.get_by_role("link", name=EN["page.runs"]).click()
    file = downloaded(page, run, ["report"], tmp_path)
    requests: list[str] = []
    tab = context.new_page()
    tab.on("request", lambda request: requests.append(request.url))
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    context.set_offline(True)
    tab.goto(file.as_uri())
    expect(tab.get_by_text(run).first).to_be_visible()
    assert tab.locator("svg.chart").count() >= 4
    assert tab.locator("svg.chart polyline").first.bounding_box() is not None
    context.set_offline(False)
    assert problems == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.acceptance
def test_picked_runs_come_as_one_zip(page: Page, server: Server, tmp_path: Path) -> None:
    runs = [finished_run(page, server) for _ in range(2)]
    page.get_by_role("link", name=EN["page.runs"]).click()
    for run in runs:
        page.locator(f".st-key-pick-{run} label").click()
    expect(page.get_by_role("button", name=EN["export.several"].format(count=2))).to_be_visible()
    page.locator(".st-key-export-picked").get_by_role("button").first.click()
    page.locator(".st-key-export_make-picked button").click()
    take = page.locator(".st-key-export_take-picked button")
    expect(take).to_be_visible(timeout=60_000)
    with page.expect_download() as taken:
        take.click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        names = archive.namelist()
    assert len(names) == 6
    assert {name.split("/")[0] for name in names} == {file_name(server.store.get(run), "") for run in runs}
