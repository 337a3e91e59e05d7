"""``streamlit run app.py`` on a free port with a home of its own, for browser tests and the screenshot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_core.execution.local import runner_info
from mtl_core.runs.store import Store
from tests.processes import end_processes_of
from tests.source import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
STARTS_WITHIN = 60
PATIENCE = 20
"""Seconds that a person's step may take where no test times it: two cores also do the other worker's tests."""


def wait_until(condition: Callable[[], object], seconds: float, what: str, page: Page | None = None) -> float:
    """Look every 20 ms until the condition holds; seconds that it took.

    Args:
        condition: asked again and again.
        seconds: at most.
        what: is waited for, in words.
        page: a tab that must go on while this waits.

    Raises:
        AssertionError: where it does not hold in time.
    """
    begun = time.perf_counter()
    while not condition():
        took = time.perf_counter() - begun
        assert took < seconds, f"not within {seconds} s: {what}"
        if page is None:
            time.sleep(0.02)
        else:
            page.wait_for_timeout(20)
    return time.perf_counter() - begun


@dataclass
class Server:
    """``streamlit run app.py`` in a process of its own."""

    home: Path
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> Store:
        """The store that the page shows."""
        return Store(self.home)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"port": self.port, "headless": "true", "address": "127.0.0.1"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [part for name, value in options.items() for part in (f"--server.{name}", str(value))]
        with self.log.open("ab") as log:
            environment = {**os.environ, "MTL_HOME": str(self.home)}
            self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        wait_until(self.answers, STARTS_WITHIN, f"the page's server; see {self.log}")

    def answers(self) -> bool:
        """Whether the health check says ok."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def warm(self) -> bool:
        """Whether the runner has a worker that has imported torch."""
        runner = runner_info(self.home)
        return runner is not None and bool(runner.device)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait(timeout=10)
            self.process = None


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """A server, its runner and its workers; all ended afterwards."""
    server = Server(folder / "home", free_port(), folder / "server.log")
    try:
        server.start()
        yield server
    finally:
        server.kill()
        end_processes_of(server.home)
