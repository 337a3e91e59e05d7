"""Small things that the tests of the data sets share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from mtl_core.datasets.base import Progress


def drain(work: Generator[Progress, None, Any]) -> tuple[Any, list[Progress]]:
    """What a generator returns, and the progress that it yielded on the way."""
    seen: list[Progress] = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return end.value, seen


def files_in(folder: Path) -> dict[str, int]:
    """Every file under a folder with its time of change."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@dataclass
class Server:
    """A local server: ``contents`` by path; ``cut`` paths break off half way, ``silent`` ones never answer."""

    contents: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving() -> Iterator[Server]:
    """Start a :class:`Server` on a free port; end it and its threads afterwards."""
    server, released = Server(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            if self.path in server.silent:
                released.wait(30)
                return
            content = server.contents.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path in server.cut else content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name for it)
            """Keep the test's output clean."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        released.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
