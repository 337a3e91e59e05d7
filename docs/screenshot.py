"""Draws docs/playground.png: the real page while wine trains (``make screenshot``)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.browser.page_server import CHROMIUM, FLAGS, serve

PICTURE = Path(__file__).with_name("playground.png")
SIZE: ViewportSize = {"width": 1440, "height": 1000}


def main() -> None:
    """Start the page, start a run, wait until the curve has grown, take the picture."""
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=FLAGS)
        page = chromium.new_page(viewport=SIZE, color_scheme="light")
        page.goto(server.url)
        page.get_by_role("button", name="Start").first.click()
        page.wait_for_function("location.search.includes('run=')")
        (run,) = server.store.runs()
        while server.store.get(run.id).epoch < 60:
            page.wait_for_timeout(200)
        page.screenshot(path=PICTURE)
        chromium.close()


if __name__ == "__main__":
    main()
