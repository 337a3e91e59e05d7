"""What a refresh costs the browser, what travels for it, and how long a page takes to be there: in a real Chromium.

A refresh is one run of the panel's fragment: progress bar, formula, network, tiles, the loss chart and the view below
it. Milliseconds are what the page's main thread takes of a processor, all its tasks together, from one pause between
refreshes to another; drawing to the screen is done elsewhere. The notes have the same by the clock on the wall, which
other work on the machine lengthens. Bytes are those of the websocket, uncompressed as they travel.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.live_page import ends_a_refresh, kind_of, live_page
from benchmarks.pairs import Found, NotMeasured, Pair
from benchmarks.warm import wait
from tests.browser.page_server import CHROMIUM, FLAGS, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

SIZE: Any = {"width": 1440, "height": 1000}
CURVES = ".mtl-chart-plot .main-svg"
FIRST_PAINT = (".st-key-start_pause button", "svg.network:visible", ".tile")
"""Controls, the network and the recorded run's metrics: as tests/browser/test_pages.py has it."""
FEED = "mtl_feed"
REFRESHES = 16
"""Of a round: eight seconds."""
WARM_REFRESHES = 6
SETTLED_MS = 200
"""After the last message of a refresh the browser has drawn it, and the next is not asked for yet."""
PATIENCE_S = 60.0
PARTS = ("Task", "Script", "Layout", "RecalcStyle", "Wall")
"""The browser's counters: all tasks, parts of them, and all tasks by the clock on the wall."""


@dataclass
class Traffic:
    """What came over the websocket.

    Attributes:
        refreshes: that have ended.
        sizes: bytes by what they carried.
    """

    refreshes: int = 0
    sizes: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        """Begin anew."""
        self.refreshes = 0
        self.sizes.clear()

    def frame(self, payload: bytes | str) -> None:
        """Take a message of the server's; text is none of Streamlit's."""
        if isinstance(payload, str):
            return
        message = ForwardMsg.FromString(payload)
        self.sizes[kind_of(message)] += len(payload)
        self.refreshes += ends_a_refresh(message)


@dataclass(frozen=True)
class Window:
    """What so many refreshes took.

    Attributes:
        refreshes: in it.
        milliseconds: of the main thread for a refresh, by part.
        bytes: for a refresh, by what they carried.
    """

    refreshes: int
    milliseconds: dict[str, float]
    bytes: dict[str, float]


def window(before: dict[str, float], after: dict[str, float], traffic: Traffic) -> Window:
    """A window from the browser's clocks (s) at both ends and what came in between.

    Raises:
        ValueError: if nothing was refreshed in it.
    """
    count = traffic.refreshes
    if count == 0:
        raise ValueError("no refresh ended in this window")
    taken = {part: 1000 * (after[f"{part}Duration"] - before[f"{part}Duration"]) / count for part in PARTS}
    return Window(count, taken, {kind: size / count for kind, size in traffic.sizes.most_common()})


@contextmanager
def _chromium() -> Iterator[Browser]:
    """A browser that nobody has used.

    Raises:
        NotMeasured: where there is none, or nothing to drive it with.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        raise NotMeasured(f"no Chromium on the PATH (looked for {', '.join(CHROMIUM)})")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NotMeasured("playwright is not installed (requirements-dev.txt)") from error
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _opened(page: Page, domain: str) -> CDPSession:
    """The page's counters by ``threadTicks`` (the main thread's processor time) or ``timeTicks`` (the wall's clock)."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": domain})
    return devtools


def _clocks(processor: CDPSession, wall: CDPSession) -> dict[str, float]:
    """The page's counters, in seconds."""
    taken, long = (
        {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        for devtools in (processor, wall)
    )
    return taken | {"WallDuration": long["TaskDuration"]}


def _after(page: Page, traffic: Traffic, refreshes: int) -> None:
    """Wait until so many refreshes have come, and the last one is drawn."""
    until = time.monotonic() + PATIENCE_S
    while traffic.refreshes < refreshes:
        if time.monotonic() > until:
            raise TimeoutError(f"{traffic.refreshes} of {refreshes} refreshes within {PATIENCE_S:.0f} s")
        page.wait_for_timeout(10)
    page.wait_for_timeout(SETTLED_MS)


@cache
def _windows(rounds: int) -> tuple[Window, ...]:
    """Look at a live run, and measure a window a round; once for all figures."""
    with _chromium() as browser, live_page() as live:
        page, traffic, found = browser.new_page(viewport=SIZE), Traffic(), []
        page.on("websocket", lambda socket: socket.on("framereceived", traffic.frame))
        page.goto(f"{live.server.url}/?run={live.run}")
        page.locator(CURVES).first.wait_for()
        devtools = _opened(page, "threadTicks"), _opened(page, "timeTicks")
        _after(page, traffic, WARM_REFRESHES)
        for _ in range(rounds):
            traffic.clear()
            before = _clocks(*devtools)
            _after(page, traffic, REFRESHES)
            found.append(window(before, _clocks(*devtools), traffic))
        live.still_goes_on()
    return tuple(found)


def _refresh(rounds: int) -> Found:
    """Milliseconds that the main thread takes for a refresh."""
    seen = _windows(rounds)
    parts = {part: round(statistics.median(one.milliseconds[part] for one in seen), 1) for part in PARTS}
    return Found([one.milliseconds[PARTS[0]] for one in seen], notes=parts)


def _bytes(rounds: int) -> Found:
    """Kilobytes for a refresh; the notes tell what they carried."""
    seen = _windows(rounds)
    kinds = {kind: round(size / 1000, 2) for kind, size in seen[-1].bytes.items()}
    return Found([sum(one.bytes.values()) / 1000 for one in seen], notes=kinds)


def _chart(rounds: int) -> Found:
    """Kilobytes of the one message for curves, tiles, formula and progress."""
    return Found([one.bytes.get(FEED, 0.0) / 1000 for one in _windows(rounds)])


def _painted(page: Page, url: str) -> float:
    """Seconds from the link until controls, network and metrics are there."""
    began = time.perf_counter()
    page.goto(url)
    for part in FIRST_PAINT:
        page.locator(part).first.wait_for()
    return time.perf_counter() - began


@cache
def _paints(rounds: int) -> tuple[tuple[float, float], ...]:
    """Seconds of each round's two visits."""
    return tuple(_visits() for _ in range(rounds))


def _visits() -> tuple[float, float]:
    """Seconds of a visit with server and browser just started, and of another tab's once a worker is warm."""
    with (
        _chromium() as browser,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        serve(Path(folder)) as server,
    ):
        person = browser.new_context(viewport=SIZE)
        first = person.new_page()
        cold = _painted(first, server.url)
        wait(server.warm, "a warm worker", 0.05)
        first.close()
        return cold, _painted(person.new_page(), server.url)


def _paint(which: int) -> Callable[[int], Found]:
    """The first visits (0) or the second ones (1)."""
    return lambda rounds: Found([both[which] for both in _paints(rounds)])


def _figure(name: str, words: str, target: float, unit: str, measure: Callable[[int], Found], rounds: int = 5) -> Pair:
    return Pair(f"browser/{name}", "–", words, target, measure, lower=True, unit=unit, rounds=rounds, quick=0)


PAIRS = (
    _figure("refresh", "a refresh of the live panel, the browser's main thread", 60.0, "ms", _refresh),
    _figure("bytes", "a refresh of the live panel over the websocket, the whole of it", 15.0, "kB", _bytes),
    _figure("chart bytes", "its message with what is new on curves, tiles, formula and progress", 15.0, "kB", _chart),
    _figure("first paint cold", "first paint, server and browser just started", 3.0, "s", _paint(0)),
    _figure("first paint warm", "first paint in another tab", 2.0, "s", _paint(1)),
)
