"""Downloads: with progress, a short time-out and a checksum; written aside and renamed into place."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mtl_core.datasets.base import Progress
from mtl_core.datasets.files import checksum_of, write_aside
from mtl_core.errors import DataError
from mtl_core.settings import DATA_DIR_VARIABLE, home_dir

TIMEOUT_SECONDS = 5.0
"""Longest silence: looking up the name, connecting, or between two pieces of the file."""
RETRY_SECONDS = 600.0
"""After a server could not be reached, runs do not wait for it again for this long."""
POLL_SECONDS = 0.2
CHUNK_BYTES = 1 << 16


class Unreachable(DataError):
    """No server gave the file: no network, no answer in time, an HTTP error, a connection that broke off."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that is published somewhere.

    Attributes:
        name: file name.
        urls: addresses, tried in this order.
        checksum: ``md5:…`` or ``sha256:…`` of its content.
        size: bytes.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    size: int


def obtain(file: RemoteFile, path: Path, *, again: bool = False) -> Generator[Progress, None, tuple[bytes, str]]:
    """Download a file and keep it at ``path``; returns its content and a note, empty where it was kept.

    Args:
        again: try even if no server could be reached a short while ago.

    Raises:
        Unreachable: if no server gave the file.
        DataError: if what a server gave has another checksum; nothing of it is kept.
    """
    if not again:
        check_not_tried(file)
    try:
        content = yield from download(file)
    except Unreachable as error:
        remember(file, str(error))
        raise
    except DataError as error:
        advice = f"Nothing of it was kept. Try again later, or put the right file at {path} yourself."
        raise DataError(f"{error}. {advice}") from error
    forget(file)
    try:
        write_aside(content, path)
    except OSError as error:
        return content, (
            f"{file.name} was downloaded but could not be kept at {path} ({error.strerror or error}), so each run has "
            f"to download it. Set {DATA_DIR_VARIABLE} to a folder that can be written."
        )
    return content, ""


def download(file: RemoteFile) -> Generator[Progress, None, bytes]:
    """The content of a published file; each address is tried until one gives the right content.

    Raises:
        Unreachable: if no server gave the file.
        DataError: if a server gave a file with another checksum and none gave the right one.
    """
    reasons: list[str] = []
    altered: list[str] = []
    for url in file.urls:
        try:
            content = yield from _receive(url, file)
        except Unreachable as error:
            reasons.append(str(error))
            continue
        found = checksum_of(content, file.checksum)
        if found == file.checksum:
            return content
        altered.append(
            f"{url} gave {len(content)} bytes with checksum {found}; "
            f"{file.name} must have {file.size} bytes and {file.checksum}"
        )
    if altered:
        raise DataError("; ".join(altered))
    raise Unreachable("; ".join(reasons))


def _receive(url: str, file: RemoteFile) -> Generator[Progress, None, bytes]:
    received = bytearray()
    with closing(pieces(url, file)) as coming:
        for piece in coming:
            received += piece
            yield Progress(file.name, len(received), file.size)
            if len(received) > file.size:  # more than it can be: the checksum will say so
                break
    return bytes(received)


def pieces(url: str, file: RemoteFile) -> Generator[bytes, None, None]:
    """What an address gives, piece by piece, and an empty piece now and then while nothing comes.

    A thread reads: looking up a name can block for long, and the generator must not.

    Raises:
        Unreachable: if nothing comes for :data:`TIMEOUT_SECONDS`, or the connection breaks off.
    """
    inbox: SimpleQueue[bytes | Unreachable] = SimpleQueue()
    cancelled = Event()
    Thread(target=_pump, args=(url, inbox, cancelled), daemon=True, name=f"download {file.name}").start()
    heard = time.monotonic()
    try:
        yield b""
        while True:
            try:
                piece = inbox.get(timeout=POLL_SECONDS)
            except Empty:
                if time.monotonic() - heard > TIMEOUT_SECONDS:
                    raise Unreachable(f"{url}: no answer within {TIMEOUT_SECONDS:g} s") from None
                yield b""
                continue
            heard = time.monotonic()
            if isinstance(piece, Unreachable):
                raise piece
            if not piece:
                return
            yield piece
    finally:
        cancelled.set()


def _pump(url: str, inbox: SimpleQueue[bytes | Unreachable], cancelled: Event) -> None:
    """Read the address into the inbox, piece by piece; an empty piece is the end."""
    read = 0
    try:
        if not url.startswith(("https://", "http://")):
            raise ValueError("only https:// and http:// addresses are opened")
        request = Request(url, headers={"User-Agent": "mtl-lab"})  # noqa: S310 (the scheme was looked at)
        with cast(HTTPResponse, urlopen(request, timeout=TIMEOUT_SECONDS)) as response:  # noqa: S310
            length = int(response.headers.get("Content-Length") or 0)
            while not cancelled.is_set() and (piece := response.read1(CHUNK_BYTES)):
                read += len(piece)
                inbox.put(piece)
        if read < length:
            raise Unreachable(f"the connection broke off after {read} of {length} bytes")
        inbox.put(b"")
    except HTTPError as error:
        inbox.put(Unreachable(f"{url}: the server answered {error.code} {error.reason}"))
    except (OSError, HTTPException, ValueError, Unreachable) as error:
        reason = getattr(error, "reason", None) or error
        inbox.put(Unreachable(f"{url}: {reason}"))


def _marker(file: RemoteFile) -> Path:
    key = hashlib.sha256("\n".join(file.urls).encode()).hexdigest()[:16]
    return home_dir() / "cache" / f"unreachable-{key}.txt"


def check_not_tried(file: RemoteFile) -> None:
    """Do nothing, unless no server could be reached a short while ago.

    Raises:
        Unreachable: with the reason of that time.
    """
    try:
        age = time.time() - _marker(file).stat().st_mtime
        failure = _marker(file).read_text("utf-8") if 0 <= age < RETRY_SECONDS else ""
    except OSError:  # no such note: the ordinary case
        return
    if failure:
        raise Unreachable(f"{failure} (tried less than {RETRY_SECONDS / 60:.0f} minutes ago, so not tried again now)")


def remember(file: RemoteFile, reason: str) -> None:
    """Note that no server could be reached."""
    with suppress(OSError):  # without the note the next run merely waits once more
        write_aside(reason.encode(), _marker(file))


def forget(file: RemoteFile) -> None:
    """Take the note away."""
    with suppress(OSError):  # a note that stays costs one run a download that it could have had
        _marker(file).unlink()
