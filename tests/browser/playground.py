"""The Playground as a person uses it: what can be pressed, and what can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.page_server import Server, wait_until

CURVES = ".mtl-chart-plot"
POINTS = """(plot) => (plot.data || []).filter(trace => trace.uid !== 'marks')
    .map(trace => ({name: trace.name, points: trace.x.length, last: trace.x.at(-1) ?? 0, visible: trace.visible}))"""
MARKS = "(plot) => (plot.data || []).filter(trace => trace.uid === 'marks').flatMap(trace => trace.x)"
START_AND_TIME = """() => new Promise((resolve, reject) => {
    const points = () => JSON.stringify((document.querySelector('.mtl-chart-plot')?.data || [])
        .filter(trace => trace.uid !== 'marks' && trace.x.length).map(trace => [trace.x, trace.y]));
    const [link, before, begun] = [location.search, points(), performance.now()];
    document.querySelector('.st-key-start_pause button').click();
    const look = () => {
        const [now, seconds] = [points(), (performance.now() - begun) / 1000];
        const its = location.search !== link && document.querySelector('.st-key-stop button');
        if (its && now !== before && now !== '[]') resolve(seconds);
        else if (seconds > 20) reject(new Error('no point on the curve within 20 s'));
        else requestAnimationFrame(look);
    };
    look();
})"""
"""Presses Start; seconds until the link names another run, which can be stopped, and its point is on the curve."""


@dataclass
class Playground:
    """One tab that shows the Playground."""

    page: Page
    server: Server

    def open(self, query: str = "") -> Playground:
        """Go there and wait until the controls are there."""
        self.page.goto(f"{self.server.url}/{query}")
        self.button("start_pause").wait_for()
        return self

    def button(self, key: str) -> Locator:
        """The button with this Streamlit key."""
        return self.page.locator(f".st-key-{key} button").first

    def start(self) -> str:
        """Press Start; the id of the run that began."""
        before = self.run()
        self.button("start_pause").click()
        wait_until(lambda: self.run() not in (None, before), 20, "the run in the link", self.page)
        pause = self.page.locator(".st-key-pause_resume")
        wait_until(lambda: pause.count() or self.record().ended_for_now, 20, "the run's own buttons", self.page)
        return str(self.run())

    def run(self) -> str | None:
        """Id of the run in the link."""
        found = re.search(r"[?&]run=([\w-]+)", self.page.url)
        return found[1] if found else None

    def record(self) -> Any:
        """What the store has of the run in the link."""
        run = self.run()
        assert run is not None, "no run in the link"
        return self.server.store.get(run)

    def curves(self) -> list[dict[str, Any]]:
        """Name, number of points, last x and visibility of every series of the loss chart."""
        found: list[dict[str, Any]] = self.page.locator(CURVES).first.evaluate(POINTS)
        return found

    def last_step(self) -> float:
        """The furthest point on the curves."""
        return max((curve["last"] for curve in self.curves()), default=0)

    def marks(self) -> list[float]:
        """Steps at which the curves carry a mark."""
        found: list[float] = self.page.locator(CURVES).first.evaluate(MARKS)
        return found

    def pace(self, name: str) -> None:
        """Choose Slow motion, Watch or Full speed by its place."""
        place = ("slow", "watch", "full").index(name)
        self.page.locator(".st-key-pace").get_by_role("radio").nth(place).click()

    def slider(self, path: str) -> Locator:
        """The handle of a slider that steers the run."""
        key = f"live-{self.run()}-ladder-{path.replace('.', '-')}"
        return self.page.locator(f".st-key-{key} input[type=range]").first

    def problems(self) -> list[str]:
        """Texts of what went wrong in the program itself."""
        return self.page.locator("[data-testid=stException], [data-testid=stAlertContentError]").all_inner_texts()

    def until(self, condition: Any, seconds: float, what: str) -> float:
        """Wait for a condition while the tab goes on; seconds that it took."""
        return wait_until(condition, seconds, what, self.page)
