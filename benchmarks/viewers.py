"""What many viewers cost: so many sessions look at one live run, each asks for the panel anew twice a second.

The viewers are raw websockets that say what a browser says; they draw nothing. They live in one process and share the
machine's cores with the server and the run, so a figure is above what viewers at machines of their own would see; the
notes tell what a refresh takes of either process. A viewer whose answer is later than its next question skips that
question, since the server joins questions that wait; the notes count them.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.live_page import LivePage, ends_a_refresh, live_page
from benchmarks.pairs import Found, Pair

EVERY = 0.5
"""Seconds between two questions of a viewer: ``run_every`` of the panel."""
WARM_SECONDS, ROUND_SECONDS, SHORT_SECONDS = 3.0, 10.0, 5.0
PATIENCE = 60.0
NO_AIM = 10_000.0


class Viewer:
    """A session that looks at a run.

    Args:
        socket: an open connection to the server.
        query: of the link, without ``?``.
    """

    def __init__(self, socket: ClientConnection, query: str) -> None:
        self.socket, self.query = socket, query
        self.page = self.fragment = ""
        self.known: set[str] = set()

    async def open(self) -> None:
        """Ask for the whole page; afterwards the fragment that runs by itself is known."""
        await self._ask()
        while not (self._told(message := await self._next()) and self.fragment):
            _no_error(message)

    async def refresh(self) -> float:
        """Ask for the fragment once; seconds until the server has sent the last of it."""
        began = time.perf_counter()
        await self._ask(fragment_id=self.fragment, is_auto_rerun=True)
        self.known.clear()
        while not ends_a_refresh(message := await self._next()):
            self._told(message)
        return time.perf_counter() - began

    async def watch(self, first: float, end: float) -> tuple[list[float], int]:
        """Refresh in time from ``first`` to ``end`` on the clock; seconds of each, and how many were skipped."""
        due, seconds, skipped = first, [], 0
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            seconds.append(await self.refresh())
            due, missed = next_due(due, time.perf_counter())
            skipped += missed
        return seconds, skipped

    async def _ask(self, **fields: Any) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.cached_message_hashes.extend(self.known)
        for name, value in fields.items():
            setattr(message.rerun_script, name, value)
        await self.socket.send(message.SerializeToString())

    async def _next(self) -> ForwardMsg:
        async with asyncio.timeout(PATIENCE):
            payload = await self.socket.recv(decode=False)
        message: ForwardMsg = ForwardMsg.FromString(payload)
        return message

    def _told(self, message: ForwardMsg) -> bool:
        """Remember what a browser would, large messages too; whether the whole page has been drawn."""
        if name := message.ref_hash or (message.hash if message.metadata.cacheable else ""):
            self.known.add(name)
        match message.WhichOneof("type"):
            case "new_session":
                self.page = message.new_session.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                self.fragment = message.auto_rerun.fragment_id
            case "script_finished":
                return message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return False


def _no_error(message: ForwardMsg) -> None:
    if message.WhichOneof("type") == "script_finished":
        raise RuntimeError(f"the page was drawn without a live panel (status {message.script_finished})")


def next_due(due: float, now: float, every: float = EVERY) -> tuple[float, int]:
    """When the question after the one at ``due`` is put, and how many in between were skipped because it is ``now``."""
    steps = max(1, math.ceil((now - due) / every))
    return due + steps * every, steps - 1


def percentile(values: list[float], percent: float) -> float:
    """The least value that at least so many percent of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


@dataclass(frozen=True)
class Round:
    """What the viewers saw together.

    Attributes:
        seconds: of each refresh.
        skipped: questions that were not put because the answer before was late.
        server: seconds of processor time that the page's process took for a refresh.
        viewers: the same of this process.
    """

    seconds: list[float]
    skipped: int
    server: float
    viewers: float


async def _round(viewers: list[Viewer], seconds: float, server: psutil.Process) -> Round:
    """All watch for so long, each from a moment of its own within the first half second."""
    moments, busy, own = random.Random(len(viewers)), sum(server.cpu_times()[:2]), time.process_time()
    start = time.perf_counter() + 0.05
    end = start + seconds
    watching = (viewer.watch(start + moments.uniform(0, EVERY), end) for viewer in viewers)
    found = await asyncio.gather(*watching)
    every = [one for taken, _ in found for one in taken]
    took = sum(server.cpu_times()[:2]) - busy, time.process_time() - own
    return Round(every, sum(skipped for _, skipped in found), took[0] / len(every), took[1] / len(every))


async def _rounds(live: LivePage, count: int, rounds: int) -> list[Round]:
    """Open so many sessions, one after another, and let them watch."""
    assert live.server.process is not None
    server = psutil.Process(live.server.process.pid)
    address = f"ws://127.0.0.1:{live.server.port}/_stcore/stream"
    async with AsyncExitStack() as stack:
        viewers = []
        for _ in range(count):
            socket = await stack.enter_async_context(connect(address, subprotocols=["streamlit"], max_size=None))  # type: ignore[list-item]
            viewers.append(Viewer(socket, f"run={live.run}"))
            await viewers[-1].open()
        await _round(viewers, WARM_SECONDS, server)
        length = SHORT_SECONDS if rounds == 1 else ROUND_SECONDS
        return [await _round(viewers, length, server) for _ in range(rounds)]


@cache
def _seen(count: int, rounds: int) -> tuple[Round, ...]:
    """Measured once for all percentiles of it."""
    with live_page() as live:
        found = asyncio.run(_rounds(live, count, rounds))
        live.still_goes_on()
    return tuple(found)


def _percentile(count: int, percent: float) -> Callable[[int], Found]:
    """This percentile of a refresh in each round, in ms."""

    def measure(rounds: int) -> Found:
        seen = _seen(count, rounds)
        notes = {
            "refreshes": sum(len(one.seconds) for one in seen),
            "skipped": sum(one.skipped for one in seen),
            "server_cpu_ms": round(1000 * sum(one.server for one in seen) / len(seen), 1),
            "viewers_cpu_ms": round(1000 * sum(one.viewers for one in seen) / len(seen), 1),
        }
        return Found([1000 * percentile(one.seconds, percent) for one in seen], notes=notes)

    return measure


def _figure(count: int, percent: int, target: float) -> Pair:
    who = "one viewer" if count == 1 else f"{count} viewers"
    words = f"a refresh of the live panel, {who} at 2 Hz, p{percent}"
    name, measure = f"viewers/{count} p{percent}", _percentile(count, percent)
    return Pair(name, "–", words, target, measure, lower=True, unit="ms", rounds=3, quick=0)


PAIRS = (
    _figure(1, 50, 60.0),
    _figure(10, 50, 60.0),
    _figure(40, 50, 60.0),
    _figure(40, 95, 300.0),
    _figure(60, 50, NO_AIM),
)
